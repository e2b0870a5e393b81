/** What the tests of the public behaviour share: a small source, queries over it, and sources that are watched. */
import '../support/no-cache.ts'
import type { RecordBatch, Table } from 'apache-arrow'
import { type LdbCode, type Limits, MillraceError, source, t, tumble } from '../../compiler/index.ts'
import { batchFromRows } from '../../runtime/io/rows.ts'

export const events = source(
  'events',
  { at: t.timestamp('ms'), key: t.utf8, n: t.int64, note: t.utf8.orNull },
  { time: 'at' },
)

export interface EventRow {
  readonly at: bigint
  readonly key: string
  readonly n: bigint
  readonly note: string | null
}

/** Rows and sums by key and window of 10 ms. */
export const sums = events
  .window(tumble('at', '10ms'))
  .groupBy('key')
  .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))

/** No state, no computed column: every row that is wanted comes out as it is. */
export const positive = events.where(f => f.n.gt(0))

/** Small, so that limits are near and many instances fit into one process. */
export const small: Partial<Limits> = {
  memoryBytes: 64 << 20,
  columnBytes: 1 << 12,
  scratchBytes: 1 << 12,
  stateRows: 1 << 10,
  stateBytes: 1 << 14,
}

export const event = (at: number, key = 'a', n = 1, note: string | null = null): EventRow => ({
  at: BigInt(at),
  key,
  n: BigInt(n),
  note,
})

/** `count` rows, one in each millisecond from `from` on. */
export const eventsFrom = (from: number, count: number): EventRow[] =>
  Array.from({ length: count }, (_, i) => event(from + i, 'abc'[i % 3], i + 1))

export const eventBatch = (rows: readonly EventRow[]): RecordBatch => batchFromRows(events.schema, rows)

/** Does an error have this code, and does its message say this? */
export const hasCode =
  (code: LdbCode, message = /(?:)/) =>
  (error: unknown): boolean =>
    error instanceof MillraceError && error.code === code && message.test(error.message)

/** Rows as text, for comparing: `a 2 3` for key a, 2 rows, sum 3. Dates and windows are left out. */
export const lines = (rows: RecordBatch | Table, ...columns: readonly string[]): string[] =>
  Array.from(rows, row => columns.map(name => String(row[name])).join(' '))

export const sumLines = (rows: RecordBatch | Table): string[] => lines(rows, 'key', 'rows', 'sum')

/** What became of a source. */
export interface Watch {
  asked: number
  released: number
}

/** A source of promises that says how often it was asked and whether it was released. */
export function watched<T>(items: Iterable<T>, watch: Watch): AsyncIterable<T> {
  const iterator = items[Symbol.iterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        watch.asked++
        return iterator.next()
      },
      async return() {
        watch.released++
        return { done: true, value: undefined }
      },
    }),
  }
}

/** The same without promises. */
export function watchedSync<T>(items: Iterable<T>, watch: Watch): Iterable<T> {
  const iterator = items[Symbol.iterator]()
  return {
    [Symbol.iterator]: () => ({
      next() {
        watch.asked++
        return iterator.next()
      },
      return() {
        watch.released++
        return { done: true, value: undefined }
      },
    }),
  }
}

export const newWatch = (): Watch => ({ asked: 0, released: 0 })

/** Lets everything happen that can happen now. */
export async function settle(): Promise<void> {
  for (let i = 0; i < TURNS; i++) await new Promise(setImmediate)
}
const TURNS = 20
