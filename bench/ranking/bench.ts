/** `bench ranking`: the whole engine, rows that come first told with each row, against sorted arrays by hand. */
import { loadC } from '../lib/c-code.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { engine } from '../lib/engine.ts'
import { handC, handJs } from '../lib/hand-subject.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import { timedTiers } from '../windows/tiers.ts'
import { latest } from './latest.ts'
import { topOfAll, topOfEach } from './top.ts'

const BATCH = 8192

const cases: readonly CodedCase[] = [latest, topOfEach, topOfAll]

const pairs: readonly Pair[] = [
  ['engine', 'hand-js'],
  ['engine', 'c'],
]

export async function benchRanking(options: BenchOptions, report: Reporter): Promise<void> {
  // First of all: a process that has reserved many arenas may be refused a child by the system.
  for (const { rival } of cases) loadC(rival.cFile)
  for (const spec of cases) if (wantsCase(options, spec.name)) await benchCase(spec, options, report)
}

async function benchCase(spec: CodedCase, options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  const { stream, time } = spec
  const data = spec.data(spec.rows, seededRandom())
  const engines = timedTiers().map(tier => engine({ stream, tier, data, batchRows, time }))
  const c = handC(spec, data, batchRows)
  const subjects = [handJs(spec, data, batchRows), ...(c ? [c] : []), ...(await Promise.all(engines))]
  await checkAnswers(spec.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done(linesOf({ bench: 'ranking', case: spec.name, batch: batchRows }, pairs, times))
}
