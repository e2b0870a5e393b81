/**
 * `bench nexmark`: the queries of Nexmark through the public door, on each tier. Events are made before the clock starts;
 * an event is a row that is pushed. Every final answer is held against DuckDB's over the first of the same rows.
 */
import { type Answer, mismatches } from '../lib/answer.ts'
import { type Clock, cpuClock, wallClock } from '../lib/clock.ts'
import { duckDbOver } from '../lib/duckdb.ts'
import { type BenchOptions, wantsCase } from '../lib/options.ts'
import type { Reporter } from '../lib/report.ts'
import { median } from '../lib/stats.ts'
import { timedTiers } from '../windows/tiers.ts'
import type { NexmarkCase } from './case.ts'
import { nexmarkCases } from './cases.ts'
import { type Feed, feedOf } from './feed.ts'
import { answerOf, type BenchTier, timeRun } from './measure.ts'
import { type NexmarkLine, report } from './report.ts'

/** The batch of the engine. */
const BATCH = 8192
const ROWS = 1 << 20
const CHECKED_ROWS = 1 << 16
/** A round is a run over all rows. */
const ROUNDS_MAX = 5

export async function benchNexmark(options: BenchOptions, reporter: Reporter): Promise<void> {
  const wanted = nexmarkCases.filter(({ name }) => wantsCase(options, name))
  for (const spec of wanted) await benchCase(spec, options, reporter)
}

async function benchCase(spec: NexmarkCase, options: BenchOptions, reporter: Reporter): Promise<void> {
  const rounds = Math.min(options.rounds, ROUNDS_MAX)
  reporter.begin(spec.name, rounds)
  const batchRows = options.batch ?? BATCH
  const wrong = await mismatchesOf(spec, feedOf(spec, CHECKED_ROWS, batchRows))
  const feed = feedOf(spec, spec.rows ?? ROWS, batchRows)
  const subjects = await subjectsOf(spec, feed, [...wrong.keys()], options.cpu ? cpuClock : wallClock)
  // The first run of a process finds the door and what hands out results cold.
  for (const { time } of subjects) await time()
  const speeds = subjects.map(subject => ({ ...subject, found: [] as number[] }))
  for (let round = 0; round < rounds; round++) {
    for (const { time, found } of speeds) found.push(await time())
    reporter.step()
  }
  reporter.done([])
  const lines = speeds.map(
    ({ tier, found }): NexmarkLine => ({
      bench: 'nexmark',
      case: spec.name,
      tier,
      eventsPerSecond: Math.round(median(found)),
      mismatches: wrong.get(tier as BenchTier) ?? 0,
    }),
  )
  report(options.json, spec.about, lines)
}

interface NexmarkSubject {
  readonly tier: string
  /** Rows in a second. */
  readonly time: () => Promise<number>
}

/** The tiers, and DuckDB on one thread over tables that it has already: for scale, on a machine that is never quiet. */
async function subjectsOf(
  spec: NexmarkCase,
  feed: Feed,
  tiers: readonly BenchTier[],
  now: Clock,
): Promise<readonly NexmarkSubject[]> {
  const duckDb = await duckDbOver(spec.sql, feed.tables)
  const timeDuckDb = async (): Promise<number> => {
    const start = now()
    await duckDb.pass()
    return (feed.rows * 1000) / (now() - start)
  }
  return [
    ...tiers.map(tier => ({ tier, time: () => timeRun({ spec, tier, feed }, now) })),
    { tier: 'duckdb', time: timeDuckDb },
  ]
}

/** Of the tiers that the query runs on. Native code may not be there in time where others keep the machine busy. */
async function mismatchesOf(spec: NexmarkCase, feed: Feed): Promise<ReadonlyMap<BenchTier, number>> {
  const expected: Answer = await (await duckDbOver(spec.sql, feed.tables)).answer()
  const found = new Map<BenchTier, number>()
  for (const tier of timedTiers()) {
    const answer = await answerOf({ spec, tier, feed })
    if (answer) found.set(tier, mismatches(expected, answer))
    else console.error(`  SKIPPED: ${spec.name} on ${tier}: its code was not made in time`)
  }
  return found
}
