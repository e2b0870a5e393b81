/** What rows learn of each other is typed from end to end; wrong columns, frames and defaults do not compile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, tumble } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

const bySymbol = { partitionBy: ['symbol'], orderBy: 'at' } as const

test('columns that rows learn have inferred types, and keep those of their arguments', () => {
  const learned = trades
    .over(bySymbol, (f, over) => ({
      before: over.lag(f.venue),
      known: over.lag(f.symbol, 2, 'none'),
      next: over.lead(f.flags, 2, 0),
      first: over.firstValue(f.price),
      third: over.nthValue(f.price, 3, { rows: 5 }),
      last: over.lastValue(f.venue, { range: '5m' }),
      rows: over.count({ range: '1m' }),
      volume: over.sum(f.quantity, { rows: 10 }),
      open: over.sum(f.quantity, { where: f.open, rows: 10 }),
      least: over.min(f.symbol),
      spread: over.stddevSamp(f.price),
      change: f.price.sub(over.lag(f.price)),
    }))
    .select(f => ({
      before: f.before,
      known: f.known,
      next: f.next,
      first: f.first,
      third: f.third,
      last: f.last,
      rows: f.rows,
      volume: f.volume,
      open: f.open,
      least: f.least,
      spread: f.spread,
      change: f.change,
    }))
  interface Expected {
    readonly before: string | null
    readonly known: string
    readonly next: number
    readonly first: number
    readonly third: number | null
    readonly last: string | null
    readonly rows: bigint
    readonly volume: bigint
    readonly open: bigint | null
    readonly least: string
    readonly spread: number | null
    readonly change: number | null
  }
  same<RowIn<typeof learned>, { [K in keyof Expected]: Expected[K] }>(true)
  assert.deepEqual(
    learned.schema.map(({ nullable }) => nullable),
    [true, false, false, false, true, true, false, false, true, false, true, true],
  )
})

test('sorted rows have the columns that they had', () => {
  const sorted = trades.sort(['symbol', { column: 'price', descending: true, nulls: 'last' }])
  same<RowIn<typeof sorted>, RowIn<typeof trades>>(true)
  const best = trades.window(tumble('at', '1m')).sort(['price'], { limit: 3 })
  assert.ok(best.schema.some(({ name }) => name === 'window_end'))
})

test('what the types refuse is refused at run time as well', () => {
  const refused = (build: () => unknown, code: string): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  // @ts-expect-error no such column
  refused(() => trades.sort(['prise']), 'LDB-1100')
  // @ts-expect-error no such column
  refused(() => trades.over({ partitionBy: ['symbl'], orderBy: 'at' }, () => ({})), 'LDB-1100')
  // @ts-expect-error not the event time
  refused(() => trades.over({ orderBy: 'price' }, (f, over) => ({ x: over.lag(f.price) })), 'LDB-2001')
  // @ts-expect-error a text for a number
  refused(() => trades.over(bySymbol, (f, over) => ({ x: over.lag(f.price, 1, 'none') })), 'LDB-1201')
  // @ts-expect-error texts have no sum
  refused(() => trades.over(bySymbol, (f, over) => ({ x: over.sum(f.symbol) })), 'LDB-1200')
  // @ts-expect-error a frame is of rows or of time
  trades.over(bySymbol, (f, over) => ({ x: over.sum(f.price, { rows: 1, range: '1m' }) }))
})
