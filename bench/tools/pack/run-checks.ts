/** Checks that run the installed package: what the README shows, every tier, `require`, and stacks of its sources. */
import { nativeTarget } from '../../../codegen/llvm/target.ts'
import { readmeOutput } from '../../../test/support/readme.ts'
import { command } from './command.ts'
import type { NodeBinary } from './nodes.ts'
import { attempt, type Outcome, Skipped } from './report.ts'

type Run = (...args: readonly string[]) => string

const checks: readonly (readonly [string, (run: Run) => string])[] = [
  ['example of the README', readme],
  ['JavaScript agrees with the interpreter', javascript],
  ['native code agrees with the interpreter', native],
  ['require from CommonJS', commonJs],
  ['stacks show the sources', stacks],
]

/** All of them in the folder of a user, on one version of Node. */
export const runChecks = (folder: string, { name, found }: NodeBinary): readonly Outcome[] =>
  checks.map(([what, check]) =>
    attempt(what, name, () => {
      if ('reason' in found) throw new Skipped(found.reason)
      return check((...args) => command(found.path, args, folder))
    }),
  )

function readme(run: Run): string {
  expect(run('readme.js').trim() === readmeOutput, 'other output than the README shows')
  return 'prints what it says'
}

interface TierRun {
  readonly tier: string
  readonly results: readonly string[]
}

function tierRuns(run: Run): readonly TierRun[] {
  const lines = run('every-tier.js').trim().split('\n')
  return lines.map(line => JSON.parse(line) as TierRun)
}

function javascript(run: Run): string {
  const [interp, js] = tierRuns(run)
  return agreement(interp, js, 'js')
}

function native(run: Run): string {
  const target = nativeTarget()
  if (!target.available) throw new Skipped(target.reason)
  const [interp, , native] = tierRuns(run)
  return agreement(interp, native, 'native')
}

function agreement(reference: TierRun, subject: TierRun, tier: string): string {
  expect(subject.tier === tier, `it ran on ${subject.tier}`)
  expect(reference.results.length > 0, 'there are no results')
  expect(String(subject.results) === String(reference.results), 'the results differ')
  return `${subject.results.length} results`
}

function commonJs(run: Run): string {
  const found = run('--eval', "console.log(typeof require('millrace').run)").trim()
  expect(found === 'function', `run is a ${found}`)
  return 'loads'
}

/** Both in the stack and in the error's own line about the user's program. */
function stacks(run: Run): string {
  const stack = run('--enable-source-maps', 'mistaken.js')
  expect(/node_modules\/millrace\/compiler\/\S+\.ts:\d+/.test(stack), `no frame of the sources:\n${stack}`)
  expect(/^ {2}at \S+mistaken\.js:\d+:\d+$/m.test(stack), `no line of the program:\n${stack}`)
  return 'lines of .ts files'
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
