/** `bench aggregates`: the whole engine, aggregates that keep values or are the user's own, against maps of groups by hand. */
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { engine } from '../lib/engine.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { TimeShift } from '../lib/time-shift.ts'
import { LAG_MS, paymentsData } from '../windows/payments.ts'
import { timedTiers } from '../windows/tiers.ts'
import { WINDOW_MS } from './by-hand.ts'
import { type AggregateCase, cases } from './cases.ts'

const ROWS = 1 << 17
/** Rows of a group: some hundred. */
const KEYS = 100
const BATCH = 8192

const pairs: readonly Pair[] = [['engine', 'hand-js']]
/** Whole windows, so that as many leave in every pass. */
const time: TimeShift = {
  column: 'ts',
  ticks: BigInt(Math.ceil((ROWS + LAG_MS) / WINDOW_MS) * WINDOW_MS),
}

export async function benchAggregates(options: BenchOptions, report: Reporter): Promise<void> {
  for (const spec of cases) if (wantsCase(options, spec.name)) await benchCase(spec, options, report)
}

async function benchCase(spec: AggregateCase, options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  const data = paymentsData(KEYS)(ROWS, seededRandom())
  const engines = timedTiers().map(tier => engine({ stream: spec.stream, tier, data, batchRows, time }))
  const subjects = [...(await Promise.all(engines)), spec.hand(data, time)]
  await checkAnswers(spec.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done(linesOf({ bench: 'aggregates', case: spec.name, batch: batchRows }, pairs, times))
}
