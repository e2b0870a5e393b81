/** Types of lookups: what comes out is inferred, and keys that do not fit do not compile. */
import { test } from 'node:test'
import { memoryTable, t, table } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

const venues = table(
  'venues',
  { name: t.utf8, symbol: t.utf8, city: t.utf8.orNull, seats: t.int32 },
  { key: ['name'] },
)
const pairs = table('pairs', { symbol: t.utf8, size: t.int64, fee: t.float64 }, { key: ['symbol', 'size'] })

test('the columns of the table are added, under names that are free', () => {
  const inner = trades.select(f => ({ venue: f.venue, symbol: f.symbol })).lookup(venues, { venue: 'name' })
  interface Inner {
    readonly venue: string | null
    readonly symbol: string
    readonly name: string
    readonly right_symbol: string
    readonly city: string | null
    readonly seats: number
  }
  same<RowIn<typeof inner>, { [K in keyof Inner]: Inner[K] }>(true)
})

test('a left lookup may find nothing', () => {
  const left = trades
    .select(f => ({ symbol: f.symbol, quantity: f.quantity }))
    .lookup(pairs, { symbol: 'symbol', quantity: 'size' }, { type: 'left', ordered: false })
    .select(f => ({ symbol: f.symbol, fee: f.fee, size: f.size }))
  interface Left {
    readonly symbol: string
    readonly fee: number | null
    readonly size: bigint | null
  }
  same<RowIn<typeof left>, { [K in keyof Left]: Left[K] }>(true)
})

test('keys are columns of the stream and of the key, of one type', () => {
  const refused = (): void => {
    // @ts-expect-error: no column of the stream
    trades.lookup(venues, { place: 'name' })
    // @ts-expect-error: no column of the key
    trades.lookup(venues, { venue: 'city' })
    // @ts-expect-error: another type
    trades.lookup(venues, { quantity: 'name' })
    // @ts-expect-error: a column that may be null is no key
    table('x', { a: t.int32.orNull, b: t.utf8 }, { key: ['a'] })
    // @ts-expect-error: a row without a column of the table
    memoryTable(pairs, [{ symbol: 'A', size: 1n }])
  }
  void refused
})
