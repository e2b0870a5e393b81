/**
 * `npm run mutants [-- words]`: plants faults in copies of the build, one at a time, and runs the tests on them. A
 * fault that no test sees is a test that is missing.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { wholeNumber } from '../lib/options.ts'
import { Steps } from '../lib/progress.ts'
import { hunt, stepsOf } from './hunt.ts'
import { isSound, printJson, printList, printTable } from './report.ts'
import { mutants } from './rooms/index.ts'
import { endTrials } from './trial.ts'

interface Options {
  readonly json: boolean
  readonly list: boolean
  readonly jobs: number
  readonly seed: number
}

const command = new Command()
  .name('mutants')
  .description('Plants faults in copies of the build and runs the tests that should find them')
  .argument('[words...]', 'only faults whose name or file holds one of these')
  .option('--json', 'one JSON object a line for each fault, and one for all', false)
  .option('--list', 'only say which faults there are', false)
  .option('--jobs <n>', 'test files that run at the same time', wholeNumber, 2)
  .option('--seed <n>', 'begins the random cases of the tests', wholeNumber, 1)
  .parse()

const options = command.opts<Options>()
const words = command.args
const chosen = mutants.filter(
  ({ name, file }) => words.length === 0 || words.some(word => name.includes(word) || file.includes(word)),
)
if (chosen.length === 0) command.error(`no planted fault is named ${words.join(' or ')}`)
if (options.list) printList(chosen)
else await run()

async function run(): Promise<void> {
  const target = nativeTarget()
  if (!target.available) command.error(`faults of native code need native code: ${target.reason}`)
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mutants-'))
  process.on('exit', () => {
    endTrials()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const start = performance.now()
  const bar = options.json ? undefined : new Steps('planted faults', stepsOf(chosen))
  const outcomes = await hunt(chosen, { ...options, folder, onStep: () => bar?.step() }).finally(() =>
    bar?.stop(),
  )
  const seconds = Math.round((performance.now() - start) / 1000)
  if (options.json) printJson(outcomes, seconds)
  else printTable(outcomes, seconds)
  if (!isSound(outcomes)) process.exitCode = 1
}
