/**
 * A union of several sources against the same rows from one: the whole engine, windows by key behind it. Each source has its
 * share of the rows, in order of time, and they are pushed in turn.
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
import type { Answer, Cell } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { checkAnswers } from '../lib/check.ts'
import { copyData, type Data } from '../lib/data.ts'
import { erase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftData, type TimeShift } from '../lib/time-shift.ts'
import { LAG_MS, paymentsData } from '../windows/payments.ts'
import { timedTiers } from '../windows/tiers.ts'

const ROWS = 1 << 18
const KEYS = 1000
const COUNTS = [2, 8]
/** More than the sources are apart by the size of their batches: no row is late. */
const LAG_OF_ALL_MS = 100_000

const shift: TimeShift = { column: 'ts', ticks: BigInt(ROWS + LAG_MS) }

const feeds = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    source(
      `feed${n}`,
      { ts: t.timestamp('ms'), key: t.int32, amount: t.int64 },
      { time: 'ts', outOfOrderness: `${LAG_OF_ALL_MS}ms` },
    ),
  )

function streamOf(count: number): Stream<Columns> {
  const [first, ...others] = feeds(count)
  const all = others.reduce((union, one) => union.union(one), first)
  const totals = all
    .window(tumble('ts', '10s'))
    .groupBy('key')
    .agg((p, a) => ({ rows: a.count(), total: a.sum(p.amount) }))
  return erase(totals)
}

export async function benchUnions(batchRows: number, options: BenchOptions, report: Reporter): Promise<void> {
  for (const count of COUNTS) {
    const name = `union-${count}`
    if (!wantsCase(options, name)) continue
    report.begin(`${name}, ${batchRows} rows a batch`, options.rounds)
    const data = paymentsData(KEYS)(ROWS, seededRandom())
    const subjects: Subject[] = []
    for (const tier of timedTiers())
      for (const sources of [count, 1]) subjects.push(await pushed({ sources, tier, data, batchRows }))
    await checkAnswers(name, subjects)
    const times = await timeInTurn(
      subjects,
      roundsOf(options, () => report.step()),
    )
    report.done(
      linesOf({ bench: 'watermarks', case: name, batch: batchRows }, [['union', 'one source']], times),
    )
  }
}

interface Pushed {
  readonly sources: number
  readonly tier: 'js' | 'native'
  readonly data: Data
  readonly batchRows: number
}

/** Batches go to the sources in turn. */
async function pushed({ sources, tier, data, batchRows }: Pushed): Promise<Subject> {
  const own = copyData(data)
  const batches = batchesOf(own, batchRows)
  const query = compile(streamOf(sources))
  const live = query.open(() => {}, { tier })
  await warmed(live, sources, batches[0])
  return {
    name: sources > 1 ? 'union' : 'one source',
    tier,
    rows: own.rows,
    async answer() {
      const rows: Cell[][] = []
      const fresh = query.open(
        batch => {
          for (const row of rowsOf(query.schema, batch)) rows.push(Object.values(row) as Cell[])
        },
        { tier },
      )
      await warmed(fresh, sources, batches[0])
      pushAll(fresh, sources, batches)
      fresh.end()
      return rows satisfies Answer
    },
    rewind: () => shiftData(own, shift),
    pass: () => pushAll(live, sources, batches),
  }
}

function pushAll(live: LiveQuery, sources: number, batches: readonly RecordBatch[]): void {
  const inputs = Array.from({ length: sources }, (_, n) => live.source(`feed${n}`))
  for (const [i, batch] of batches.entries()) inputs[i % sources].push(batch)
}

async function warmed(live: LiveQuery, sources: number, batch: RecordBatch): Promise<void> {
  for (let n = 0; n < sources; n++) await live.source(`feed${n}`).warm(batch)
}
