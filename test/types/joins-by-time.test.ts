/** Types of joins by the nearest time: columns of both sides, nulls where there may be no row, and what must not compile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { source, t } from '../../compiler/index.ts'
import { type RowIn, same } from './kit.ts'

const orders = source('orders', { at: t.timestamp('ms'), symbol: t.utf8, amount: t.int64 }, { time: 'at' })
const quotes = source(
  'quotes',
  { since: t.timestamp('ms'), symbol: t.utf8, price: t.float64 },
  { time: 'since' },
)

interface Order {
  readonly at: bigint
  readonly symbol: string
  readonly amount: bigint
}
interface Quote {
  readonly since: bigint
  readonly right_symbol: string
  readonly price: number
}
type OrNull<T> = { [K in keyof T]: T[K] | null }

const namesOf = ({ schema }: { readonly schema: readonly { readonly name: string }[] }): readonly string[] =>
  schema.map(({ name }) => name)

const both = ['at', 'symbol', 'amount', 'since', 'right_symbol', 'price']

test('asofJoin: the columns of the other side by their own names, or as right_', () => {
  const inner = orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.symbol), { tolerance: '5s' })
  same<RowIn<typeof inner>, { [K in keyof (Order & Quote)]: (Order & Quote)[K] }>(true)
  const left = orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.symbol), {
    type: 'left',
    times: ['at', 'since'],
  })
  type Outer = Order & OrNull<Quote>
  same<RowIn<typeof left>, { [K in keyof Outer]: Outer[K] }>(true)
  for (const stream of [inner, left]) assert.deepEqual(namesOf(stream), both)
})

test('temporalJoin: the columns of a table of changes without what a change is', () => {
  const table = source(
    'rates',
    { since: t.timestamp('ms'), symbol: t.utf8, price: t.float64, op: t.int8 },
    { time: 'since' },
  ).asChanges('op')
  const inner = orders.temporalJoin(table, (o, q) => o.symbol.eq(q.symbol))
  same<RowIn<typeof inner>, { [K in keyof (Order & Quote)]: (Order & Quote)[K] }>(true)
  assert.deepEqual(namesOf(inner), both)
})

test('probe: a column for the distance, as it is called', () => {
  const probed = orders.probe(quotes, (o, q) => o.symbol.eq(q.symbol), { offsets: ['0s', '1s'] })
  type Probed = Order & { readonly offset: bigint } & Quote
  same<RowIn<typeof probed>, { [K in keyof Probed]: Probed[K] }>(true)
  const named = orders.probe(quotes, (o, q) => o.symbol.eq(q.symbol), {
    offsets: ['1s'],
    as: 'ahead',
    type: 'left',
  })
  type Named = Order & { readonly ahead: bigint } & OrNull<Quote>
  same<RowIn<typeof named>, { [K in keyof Named]: Named[K] }>(true)
  assert.deepEqual(namesOf(named), ['at', 'symbol', 'amount', 'ahead', 'since', 'right_symbol', 'price'])
})

test('what does not fit does not compile', () => {
  const wrong = (): unknown => [
    // @ts-expect-error there is no such column
    orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.name)),
    // @ts-expect-error a text is no number
    orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.price)),
    // @ts-expect-error a price is no time
    orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.symbol), { times: ['at', 'price'] }),
    // @ts-expect-error there is no such direction
    orders.asofJoin(quotes, (o, q) => o.symbol.eq(q.symbol), { direction: 'sideways' }),
    // @ts-expect-error at least one offset
    orders.probe(quotes, (o, q) => o.symbol.eq(q.symbol), { offsets: [] }),
    // @ts-expect-error nothing is outer on the right
    orders.temporalJoin(quotes, (o, q) => o.symbol.eq(q.symbol), { type: 'right' }),
  ]
  assert.equal(typeof wrong, 'function')
})
