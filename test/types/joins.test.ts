/** What joins give, as types: columns of both sides, renamed where names clash, null where there may be no partner. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { source, t } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

const quotes = source('quotes', { at: t.timestamp('us'), symbol: t.utf8, bid: t.float64 }, { time: 'at' })
const few = trades.select(f => ({ at: f.at, symbol: f.symbol, price: f.price }))

interface Left {
  readonly at: bigint
  readonly symbol: string
  readonly price: number
}

test('pairs have the columns of both, and nulls where one may have no partner', () => {
  const inner = few.join(quotes, (l, r) => l.symbol.eq(r.symbol).and(l.at.eq(r.at)))
  interface Right {
    readonly right_at: bigint
    readonly right_symbol: string
    readonly bid: number
  }
  same<RowIn<typeof inner>, { readonly [K in keyof (Left & Right)]: (Left & Right)[K] }>(true)
  const left = few.join(quotes, (l, r) => l.at.eq(r.at), { type: 'left' })
  type OrNull<T> = { readonly [K in keyof T]: T[K] | null }
  same<RowIn<typeof left>, { readonly [K in keyof (Left & Right)]: (Left & OrNull<Right>)[K] }>(true)
  const full = few.join(quotes, (l, r) => l.at.eq(r.at), { type: 'full' })
  same<RowIn<typeof full>, OrNull<{ readonly [K in keyof (Left & Right)]: (Left & Right)[K] }>>(true)
  assert.deepEqual(
    full.schema.map(({ name }) => name),
    ['at', 'symbol', 'price', 'right_at', 'right_symbol', 'bid'],
  )
})

test('semi and anti have the columns of the left side; where rows may be taken back there is $op', () => {
  const semi = few.join(quotes, (l, r) => l.at.eq(r.at), { type: 'semi' })
  same<RowIn<typeof semi>, { readonly [K in keyof Left]: Left[K] }>(true)
  const anti = few.join(quotes, (l, r) => l.symbol.eq(r.symbol), { type: 'anti', maxRows: 10 })
  same<
    RowIn<typeof anti>,
    { readonly at: bigint; readonly symbol: string; readonly price: number; readonly $op: number }
  >(true)
  const plain = few.join(quotes, (l, r) => l.symbol.eq(r.symbol), { maxRows: 10 })
  assert.ok(!plain.schema.some(({ name }) => name === '$op'))
  assert.ok(anti.schema.some(({ name }) => name === '$op'))
})

test('what must not compile does not', () => {
  // @ts-expect-error no such column
  assert.throws(() => few.join(quotes, (l, r) => l.at.eq(r.ask)), { code: 'LDB-1100' })
  // @ts-expect-error texts are not compared with numbers
  assert.throws(() => few.join(quotes, (l, r) => l.at.eq(r.at).and(l.symbol.eq(r.bid))))
  // @ts-expect-error no such type
  few.join(quotes, (l, r) => l.at.eq(r.at), { type: 'outer' })
  const behind = few.join(quotes, (l, r) => l.at.eq(r.at), { type: 'left' })
  // @ts-expect-error null must be handled first
  behind.filter(f => f.bid > 1)
})
