/** Functions of texts, times and decimals, as types. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { t } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

test('functions of texts and times have inferred types', () => {
  const rows = trades.select(f => ({
    part: f.symbol.splitPart('.', 1),
    swapped: f.symbol.replace('.', '/'),
    suffix: f.symbol.regexpExtract('[.](.*)$', 1),
    isOption: f.symbol.regexpMatches('[0-9]{8}$'),
    venue: f.venue.splitPart('-', -1),
    day: f.at.dateFormat('yyyy-MM-dd'),
  }))
  interface Expected {
    readonly part: string
    readonly swapped: string
    readonly suffix: string | null
    readonly isOption: boolean
    readonly venue: string | null
    readonly day: string
  }
  same<RowIn<typeof rows>, { [K in keyof Expected]: Expected[K] }>(true)
  assert.deepEqual(
    rows.schema.map(({ nullable }) => nullable),
    [false, false, true, false, true, false],
  )
  // @ts-expect-error a number has no parts
  assert.throws(() => trades.select(f => ({ part: f.price.splitPart('.', 1) })))
  // @ts-expect-error a pattern is known when the plan is made
  assert.throws(() => trades.select(f => ({ part: f.symbol.regexpExtract(f.symbol, 1) })))
})

test('decimals are bigints of units, and combine with each other', () => {
  const rows = trades.select(f => ({
    fee: f.fee,
    total: f.fee.add('0.25').mul(f.fee).sub(f.small),
    size: f.fee.neg().abs().cast(t.float64),
    isLarge: f.fee.gt('100').or(f.fee.le(f.flags.cast(t.decimal(3)))),
  }))
  interface Expected {
    readonly fee: bigint | null
    readonly total: bigint | null
    readonly size: number | null
    readonly isLarge: boolean | null
  }
  same<RowIn<typeof rows>, { [K in keyof Expected]: Expected[K] }>(true)
  const sums = trades.groupBy('symbol').agg((f, a) => ({ fees: a.sum(f.fee), most: a.max(f.fee) }))
  same<RowIn<typeof sums>['fees'], bigint | null>(true)
  assert.deepEqual(
    [...rows.schema, ...sums.schema].map(({ type }) => type),
    ['decimal(9,2)', 'decimal(18,4)', 'float64', 'bool', 'utf8', 'decimal(18,2)', 'decimal(9,2)'],
  )
  // @ts-expect-error a number is no exact value
  assert.throws(() => trades.where(f => f.fee.gt(1)))
  // @ts-expect-error a double is none either
  trades.select(f => ({ x: f.fee.mul(f.price) }))
  // @ts-expect-error decimals are not divided
  assert.throws(() => trades.select(f => ({ x: f.fee.div(f.fee) })))
})
