/** Rows in order, and with what they learn of each other; each with what is written by hand for it, and with what DuckDB calls it. */
import type { Columns, Stream } from '../../compiler/index.ts'
import { erase } from '../lib/kernel-case.ts'
import { LAG_MS, paymentsWith } from '../windows/payments.ts'
import type { HandRow, Learner } from './by-hand.ts'

export interface HistoryCase {
  readonly name: string
  readonly stream: Stream<Columns>
  readonly learner: Learner
  readonly isSorted: boolean
  readonly sql: string
}

const FRAME_ROWS = 10
const RANGE_MS = 10_000

const payments = paymentsWith(`${LAG_MS}ms`)
const byArrival = { partitionBy: ['key'], orderBy: 'arrival' } as const
const byTime = { partitionBy: ['key'], orderBy: 'ts' } as const

const window = (call: string, order: string, frame = ''): string =>
  `select ts, key, amount, ${call} over (partition by key order by ${order} ${frame}) from data`

/** What is known of a key, by key. */
function known<T>(make: () => T): (key: number) => T {
  const all = new Map<number, T>()
  return key => {
    const one = all.get(key) ?? make()
    all.set(key, one)
    return one
  }
}

const ring = (): { readonly amounts: Float64Array; rows: number; sum: number } => ({
  amounts: new Float64Array(FRAME_ROWS + 1),
  rows: 0,
  sum: 0,
})

const recent = (): { readonly rows: HandRow[]; from: number; sum: number } => ({ rows: [], from: 0, sum: 0 })

/** Rows that have left go when they are half of all. */
function slide(frame: ReturnType<typeof recent>, time: number): void {
  while (frame.rows[frame.from].time < time - RANGE_MS) frame.sum -= frame.rows[frame.from++].amount
  if (2 * frame.from < frame.rows.length) return
  frame.rows.splice(0, frame.from)
  frame.from = 0
}

export const cases: readonly HistoryCase[] = [
  {
    name: 'sort',
    stream: erase(payments.sort()),
    isSorted: true,
    learner: () => (rows, emit) => {
      for (const row of rows) emit(row, undefined)
    },
    sql: 'select ts, key, amount from data order by ts',
  },
  {
    name: 'lag',
    stream: erase(payments.over(byArrival, (p, over) => ({ before: over.lag(p.amount) }))),
    isSorted: false,
    learner: () => {
      const last = new Map<number, number>()
      return ([row], emit) => {
        emit(row, last.get(row.key) ?? null)
        last.set(row.key, row.amount)
      }
    },
    sql: window('lag(amount)', 'rowid'),
  },
  {
    name: 'sum-of-11-rows',
    stream: erase(payments.over(byArrival, (p, over) => ({ sum: over.sum(p.amount, { rows: FRAME_ROWS }) }))),
    isSorted: false,
    learner: () => {
      const frames = known(ring)
      return ([row], emit) => {
        const frame = frames(row.key)
        const at = frame.rows++ % (FRAME_ROWS + 1)
        frame.sum += row.amount - frame.amounts[at]
        frame.amounts[at] = row.amount
        emit(row, frame.sum)
      }
    },
    sql: window('sum(amount)', 'rowid', `rows between ${FRAME_ROWS} preceding and current row`),
  },
  {
    name: 'sum-of-10-s',
    stream: erase(
      payments.over(byTime, (p, over) => ({ sum: over.sum(p.amount, { range: `${RANGE_MS}ms` }) })),
    ),
    isSorted: true,
    learner: () => {
      const frames = known(recent)
      return (rows, emit) => {
        for (const row of rows) {
          const frame = frames(row.key)
          frame.rows.push(row)
          frame.sum += row.amount
        }
        for (const row of rows) {
          const frame = frames(row.key)
          slide(frame, row.time)
          emit(row, frame.sum)
        }
      }
    },
    sql: window('sum(amount)', 'ts', `range between ${RANGE_MS} preceding and current row`),
  },
]
