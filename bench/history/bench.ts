/**
 * `bench history`: the whole engine, rows in order and with what they learn of each other, against maps and a heap by hand. DuckDB
 * must give the same answer; it is not timed, as it is asked once for all.
 */
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { duckDb } from '../lib/duckdb.ts'
import { engine } from '../lib/engine.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { TimeShift } from '../lib/time-shift.ts'
import { LAG_MS, paymentsData } from '../windows/payments.ts'
import { timedTiers } from '../windows/tiers.ts'
import { byHand } from './by-hand.ts'
import { cases, type HistoryCase } from './cases.ts'

const ROWS = 1 << 17
const KEYS = 1000
const BATCH = 8192

const pairs: readonly Pair[] = [['engine', 'hand-js']]
const time: TimeShift = { column: 'ts', ticks: BigInt(ROWS + LAG_MS) }

export async function benchHistory(options: BenchOptions, report: Reporter): Promise<void> {
  for (const spec of cases) if (wantsCase(options, spec.name)) await benchCase(spec, options, report)
}

async function benchCase(spec: HistoryCase, options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  const data = paymentsData(KEYS)(ROWS, seededRandom())
  const engines = timedTiers().map(tier => engine({ stream: spec.stream, tier, data, batchRows, time }))
  const subjects = [...(await Promise.all(engines)), byHand(data, time, spec.learner, spec.isSorted)]
  await checkAnswers(spec.name, [...subjects, await duckDb(spec.sql, data)])
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done(linesOf({ bench: 'history', case: spec.name, batch: batchRows }, pairs, times))
}
