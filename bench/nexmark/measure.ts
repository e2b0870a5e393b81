/** A query of the bench on one tier, as a user runs it: batches are pushed, results are handed out before the push returns. */
import type { RecordBatch } from 'apache-arrow'
import { compile, type LiveQuery, type VirtualClock, virtualClock } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { Answer, Cell } from '../lib/answer.ts'
import type { Clock } from '../lib/clock.ts'
import type { NexmarkCase } from './case.ts'
import { BASE_TIME_MS } from './events.ts'
import type { Feed } from './feed.ts'

export type BenchTier = 'js' | 'native'

export interface Run {
  readonly spec: NexmarkCase
  readonly tier: BenchTier
  readonly feed: Feed
}

/** The rows of the final answer; undefined where the query does not run on the tier. */
export async function answerOf(run: Run): Promise<Answer | undefined> {
  const { stream, latestBy } = run.spec
  const rows: Cell[][] = []
  const { live, clock, isReady } = await open(run, batch => {
    for (const row of rowsOf(stream.schema, batch)) rows.push(Object.values(row) as Cell[])
  })
  if (!isReady) return undefined
  pushAll(live, clock, run.feed)
  const codes = stream.schema.findIndex(({ name }) => name === '$op')
  if (codes >= 0) return settled(rows, codes)
  return latestBy === undefined ? rows : latest(rows, latestBy)
}

/** Rows in a second, from the first push to what the end of the input hands out. Opening and warming up are not timed. */
export async function timeRun(run: Run, now: Clock): Promise<number> {
  const { live, clock, isReady } = await open(run, () => {})
  if (!isReady) throw new Error(`${run.spec.name} does not run on ${run.tier}`)
  const start = now()
  pushAll(live, clock, run.feed)
  return (run.feed.rows * 1000) / (now() - start)
}

async function open(
  { spec, tier, feed }: Run,
  onResult: (batch: RecordBatch) => void,
): Promise<{ live: LiveQuery; clock: VirtualClock; isReady: boolean }> {
  const clock = virtualClock(BASE_TIME_MS)
  const live = compile(spec.stream).open(onResult, {
    tier,
    clock,
    ...(spec.tables && { tables: spec.tables }),
  })
  const firsts = new Map(feed.pushes.toReversed().map(({ source, batch }) => [source, batch]))
  let isReady = true
  for (const [source, batch] of firsts) isReady &&= (await live.source(source).warm(batch)) === tier
  return { live, clock, isReady }
}

function pushAll(live: LiveQuery, clock: VirtualClock, { pushes }: Feed): void {
  const sources = new Map(pushes.map(({ source }) => [source, live.source(source)]))
  for (const { source, batch, at } of pushes) {
    if (at !== undefined) clock.advance(at - clock.now())
    sources.get(source)?.push(batch)
  }
  live.end()
  live.close()
}

/** What is left of changes: rows without their codes, each as often as it was added and not taken back. */
function settled(changes: Answer, codes: number): Answer {
  const counts = new Map<string, { readonly row: readonly Cell[]; count: number }>()
  for (const change of changes) {
    const row = change.filter((_, i) => i !== codes)
    const key = row.join('|')
    const known = counts.get(key) ?? { row, count: 0 }
    known.count += change[codes] === 1 || change[codes] === 2 ? -1 : 1
    counts.set(key, known)
  }
  return [...counts.values()].flatMap(({ row, count }) => new Array<readonly Cell[]>(count).fill(row))
}

/** The last row of each key, which is so many columns. */
function latest(rows: Answer, keys: number): Answer {
  return [...new Map(rows.map(row => [row.slice(0, keys).join('|'), row])).values()]
}
