/** Aggregates of the user's own: what is inferred of them, and what must not compile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineAggregate, source, t } from '../../compiler/index.ts'
import { type RowIn, same } from './kit.ts'

const trades = source('trades', {
  symbol: t.utf8,
  price: t.float64,
  size: t.int32,
  volume: t.int64,
  note: t.utf8.orNull,
  open: t.bool,
})

const weightedAverage = defineAggregate({
  init: () => ({ sum: 0, weight: 0 }),
  add: (state, price: number, size: number) => ({
    sum: state.sum + price * size,
    weight: state.weight + size,
  }),
  merge: (a, b) => ({ sum: a.sum + b.sum, weight: a.weight + b.weight }),
  remove: (state, price, size) => ({ sum: state.sum - price * size, weight: state.weight - size }),
  result: state => (state.weight === 0 ? null : state.sum / state.weight),
})

const longest = defineAggregate({
  init: () => ({ text: '', any: false }),
  add: (state, text: string) => (text.length > state.text.length ? { text, any: true } : state),
  result: state => state.text,
})

test('results of aggregates of your own have inferred types', () => {
  const bySymbol = trades.groupBy('symbol').agg((f, a) => ({
    vwap: a.fold(weightedAverage, f.price, f.size),
    large: a.fold(weightedAverage, f.price, f.size, { where: f.open }),
    constant: a.fold(weightedAverage, f.price, 2),
    longest: a.fold(longest, f.note),
    inline: a.fold(
      {
        init: () => ({ total: 0n, last: null as bigint | null }),
        add: (state, volume) => ({ total: state.total + volume, last: volume }),
        result: state => state.last,
      },
      f.volume,
    ),
    some: a.fold(
      {
        init: () => ({ any: false, text: '' }),
        add: (state, open, text) => ({ any: state.any || open, text: state.text + text.slice(0, 1) }),
        result: state => state.any,
      },
      f.open,
      f.symbol,
      { where: f.open },
    ),
    double: a.fold(weightedAverage, f.price, f.size).mul(2),
  }))
  interface Expected {
    readonly symbol: string
    readonly vwap: number | null
    readonly large: number | null
    readonly constant: number | null
    readonly longest: string
    readonly inline: bigint | null
    readonly some: boolean
    readonly double: number | null
  }
  same<RowIn<typeof bySymbol>, { [K in keyof Expected]: Expected[K] }>(true)
  assert.deepEqual(
    bySymbol.schema.map(({ type, nullable }) => `${type} ${nullable}`),
    [
      'utf8 false',
      'float64 true',
      'float64 true',
      'float64 true',
      'utf8 false',
      'int64 true',
      'bool false',
      'float64 true',
    ],
  )
})

test('arguments that do not fit are refused', () => {
  const grouped = trades.groupBy('symbol')
  const refused = [
    // @ts-expect-error a text is no number
    () => grouped.agg((f, a) => ({ x: a.fold(weightedAverage, f.price, f.symbol) })),
    // @ts-expect-error a bigint is no number
    () => grouped.agg((f, a) => ({ x: a.fold(weightedAverage, f.price, f.volume) })),
    // @ts-expect-error an argument is missing
    () => grouped.agg((f, a) => ({ x: a.fold(weightedAverage, f.price) })),
    // @ts-expect-error there is no such column
    () => grouped.agg((f, a) => ({ x: a.fold(weightedAverage, f.price, f.sice) })),
    // @ts-expect-error the condition is no boolean
    () => grouped.agg((f, a) => ({ x: a.fold(weightedAverage, f.price, f.size, { where: f.size }) })),
  ]
  assert.equal(refused.length, 5)
})

test('definitions whose functions do not fit are refused', () => {
  const count = { init: () => ({ n: 0 }), result: (state: { n: number }) => state.n }
  // @ts-expect-error a field of another type
  defineAggregate({ ...count, add: (_state: { n: number }, x: string) => ({ n: x }) })
  defineAggregate({
    init: () => ({ n: 0 }),
    // @ts-expect-error a field that the state does not have
    add: (state, x: number) => ({ n: state.m + x }),
    result: state => state.n,
  })
  defineAggregate({
    init: () => ({ n: 0 }),
    add: (state, x: number) => ({ n: state.n + x }),
    // @ts-expect-error takes back other values than it adds
    remove: (state, x: string) => ({ n: state.n - x.length }),
    result: state => state.n,
  })
  // @ts-expect-error a date is no part of a state
  defineAggregate({ init: () => ({ at: new Date(0) }), add: state => state, result: () => 1 })
  // @ts-expect-error an object is no result
  defineAggregate({ init: () => ({ n: 0 }), add: state => state, result: state => ({ n: state.n }) })
  assert.ok(true)
})
