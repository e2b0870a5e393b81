/**
 * The workloads of laminar-core's own benches (throughput, latency and window benches) through the public door, an event
 * at a push as the original has it: as a row object that is made inside the clock, and as a batch of one row that is
 * there before. What an engine is built for stands beside it: the same events in batches.
 */
import type { RecordBatch } from 'apache-arrow'
import {
  type Columns,
  compile,
  type LiveQuery,
  type Stream,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { Cell } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { type Data, longs, valuesOf } from '../lib/data.ts'
import { erase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftData } from '../lib/time-shift.ts'
import { timedTiers } from './tiers.ts'

interface Workload {
  readonly name: string
  readonly stream: Stream<Columns>
  /** Events of a pass, and the ticks from one to the next. */
  readonly events: number
  readonly stepMs: number
  /** Time that a pass goes on by. */
  readonly spanMs: number
  /** Is the watermark raised to the end of the span when the events are in, so that their window fires? */
  readonly fires: boolean
}

const START_MS = 1_700_000_000_000
/** Events of a pass of those that go on for long: a batch of the engine. */
const MANY = 8192
const BY_ROW = 'a row at a push'
const BY_BATCH_OF_ONE = 'a batch of one at a push'
const pairs: readonly Pair[] = [
  [BY_ROW, 'batches'],
  [BY_BATCH_OF_ONE, 'batches'],
  [BY_ROW, BY_BATCH_OF_ONE],
]

const events = source(
  'events',
  { ts: t.timestamp('ms'), value: t.int64 },
  { time: 'ts', outOfOrderness: '100ms' },
)
const plain = source('events', { ts: t.timestamp('ms'), value: t.int64 })

/** Every event comes out and no more is done; only the first one does. */
const pass = erase(plain.select(e => ({ ts: e.ts, value: e.value })))
const filtered = erase(plain.filter(e => e.value < 1n))

const counted = (size: '1s' | '10s' | '100s'): Stream<Columns> =>
  erase(events.window(tumble('ts', size)).agg((_e, a) => ({ rows: a.count() })))
const summed = (size: '10s' | '100s'): Stream<Columns> =>
  erase(events.window(tumble('ts', size)).agg((e, a) => ({ total: a.sum(e.value) })))

const throughput = { events: MANY, stepMs: 1, spanMs: 10_000, fires: false }
/** Windows of 10 s, an event each millisecond. Here they do close, as the watermark passes them. */
const hot = { events: MANY, stepMs: 1, spanMs: 10_000, fires: false }
const sustained = { events: 1000, stepMs: 10, spanMs: 100_000, fires: false }
const cycle = (n: number): Workload => ({
  name: `laminar-eowc-cycle-${n}`,
  stream: counted('1s'),
  events: n,
  stepMs: 1000 / n,
  spanMs: 1000,
  fires: true,
})

const workloads: readonly Workload[] = [
  { name: 'laminar-throughput-pass', stream: pass, ...throughput },
  { name: 'laminar-throughput-filter', stream: filtered, ...throughput },
  { name: 'laminar-count-window-hot', stream: counted('10s'), ...hot },
  { name: 'laminar-sum-window-hot', stream: summed('10s'), ...hot },
  { name: 'laminar-count-sustained', stream: counted('100s'), ...sustained },
  { name: 'laminar-sum-sustained', stream: summed('100s'), ...sustained },
  ...[10, 100, 1000].map(cycle),
]

export async function benchLaminar(options: BenchOptions, report: Reporter): Promise<void> {
  for (const one of workloads) {
    if (wantsCase(options, one.name)) await benchWorkload(one, options, report)
  }
}

async function benchWorkload(one: Workload, options: BenchOptions, report: Reporter): Promise<void> {
  report.begin(one.name, options.rounds)
  const subjects: Subject[] = []
  for (const tier of timedTiers())
    for (const name of ['batches', BY_BATCH_OF_ONE, BY_ROW]) subjects.push(await pushed(name, one, tier))
  await checkAnswers(one.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(one.name, subjects)
  report.done(linesOf({ bench: 'windows', case: one.name, batch: 0 }, pairs, times, 'ns/event'))
}

async function pushed(name: string, workload: Workload, tier: 'js' | 'native'): Promise<Subject> {
  const { stream, events: rows, stepMs, spanMs, fires } = workload
  const ts = longs('ts', rows, i => START_MS + i * stepMs, 'timestamp[ms]')
  const data: Data = { rows, columns: [ts, longs('value', rows, i => i)] }
  const feed = feedOf(name, data, stepMs)
  const query = compile(stream)
  let emitted = 0
  const take = (live: LiveQuery): void => {
    const start = valuesOf(data, 'ts', 'timestamp[ms]')[0]
    feed(live, start)
    if (fires) live.advanceTo(start + BigInt(spanMs))
  }
  const open = async (onResult: (batch: RecordBatch) => void): Promise<LiveQuery> => {
    const live = query.open(onResult, { tier })
    const found = await live.warm(batchesOf(data, rows)[0])
    if (found !== tier) throw new Error(`the plan runs on ${found} and not on ${tier}`)
    return live
  }
  const live = await open(batch => {
    emitted += batch.numRows
  })
  return {
    name,
    tier,
    rows,
    async answer() {
      const found: Cell[][] = []
      const once = await open(batch => {
        for (const row of rowsOf(query.schema, batch)) found.push(Object.values(row) as Cell[])
      })
      take(once)
      once.end()
      return found
    },
    rewind: () => shiftData(data, { column: 'ts', ticks: BigInt(spanMs) }),
    pass() {
      emitted = 0
      take(live)
    },
    get emitted() {
      return emitted
    },
  }
}

/** Pushes the events of a pass, whose first one is at that time. */
function feedOf(name: string, data: Data, stepMs: number): (live: LiveQuery, start: bigint) => void {
  const { rows } = data
  if (name !== BY_ROW) {
    const batches = batchesOf(data, name === 'batches' ? rows : 1)
    return live => {
      for (const batch of batches) live.push(batch)
    }
  }
  return (live, start) => {
    const first = Number(start)
    for (let i = 0; i < rows; i++) live.push([{ ts: first + i * stepMs, value: i }])
  }
}
