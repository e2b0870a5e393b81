/** Types of what comes out: of unions, lists, windows and ways to emit. As in builder.test, every refusal is a real one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countWindow, hop, session, source, t, tumble } from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

test('a union has the columns of its streams, null where one of them may be', () => {
  const one = source('one', { x: t.float64, key: t.utf8.orNull })
  const two = source('two', { x: t.float64.orNull, key: t.utf8.orNull })
  const both = one.union(two)
  same<RowIn<typeof both>, { readonly x: number | null; readonly key: string | null }>(true)
  const plain = one.union(source('three', { x: t.float64, key: t.utf8.orNull }))
  same<RowIn<typeof plain>, { readonly x: number; readonly key: string | null }>(true)
  // @ts-expect-error another type of the same name
  assert.throws(() => one.union(source('other', { x: t.int64, key: t.utf8.orNull })))
  // @ts-expect-error a column is missing
  assert.throws(() => one.union(source('other', { x: t.float64 })))
})

test('lists have the types of their values, and no operations', () => {
  const lists = trades.groupBy('symbol').agg((f, a) => ({
    prices: a.arrayAgg(f.price, { limit: 10 }),
    venues: a.arrayAgg(f.venue, { where: f.open }),
    joined: a.stringAgg(f.symbol, ', '),
    first: a.stringAgg(f.symbol, ', ', { limit: 3 }),
    some: a.stringAgg(f.symbol, ', ', { where: f.open }),
    others: a.stringAgg(f.venue, ', '),
    most: a.topK(f.quantity, 3),
    earliest: a.bottomK(f.day, 3, { where: f.open }),
  }))
  interface Expected {
    readonly symbol: string
    readonly prices: readonly number[]
    readonly venues: readonly (string | null)[]
    readonly joined: string
    readonly first: string
    readonly some: string | null
    readonly others: string | null
    readonly most: readonly bigint[]
    readonly earliest: readonly number[]
  }
  same<RowIn<typeof lists>, { [K in keyof Expected]: Expected[K] }>(true)
  const handedOn = lists.where(f => f.joined.ne('')).select(f => ({ values: f.venues }))
  same<RowIn<typeof handedOn>, { readonly values: readonly (string | null)[] }>(true)
  assert.deepEqual(
    lists.schema.slice(1).map(({ type, nullable }) => `${type}${nullable ? '?' : ''}`),
    [...['list<float64>', 'list<utf8?>', 'utf8', 'utf8', 'utf8?', 'utf8?'], ...['list<int64>', 'list<date>']],
  )
})

test('windows and ways to emit have inferred types from end to end', () => {
  const rolling = trades
    .window(hop('at', '1h', '5m'))
    .groupBy('symbol')
    .agg((f, a) => ({ trades: a.count(), spread: a.stddevPop(f.price) }))
  same<
    RowIn<typeof rolling>,
    {
      readonly window_start: bigint
      readonly window_end: bigint
      readonly symbol: string
      readonly trades: bigint
      readonly spread: number
    }
  >(true)
  const bursts = trades.window(session('at', '5m')).agg((f, a) => ({ open: a.boolOr(f.open) }))
  same<
    RowIn<typeof bursts>,
    { readonly window_start: bigint; readonly window_end: bigint; readonly open: boolean }
  >(true)
  const changes = trades
    .groupBy('venue')
    .agg((f, a) => ({ most: a.max(f.price) }), { emit: 'changelog' })
    .where(f => f.most.gt(2))
    .select(f => ({ twice: f.most.mul(2) }))
  same<RowIn<typeof changes>, { readonly twice: number; readonly $op: number }>(true)
  const refined = trades
    .window(tumble('at', '1h'))
    .agg((f, a) => ({ most: a.max(f.price) }), { emit: 'watermark', lateness: '1m', changes: true })
    .select(f => ({ most: f.most }))
  same<RowIn<typeof refined>, { readonly most: number; readonly $op: number }>(true)
  const early = trades
    .groupBy('venue')
    .agg((f, a) => ({ most: a.max(f.price) }), { early: { every: '1s', clock: 'processing' } })
  same<RowIn<typeof early>, { readonly venue: string | null; readonly most: number }>(true)
  const updates = trades.groupBy('venue').agg((f, a) => ({ most: a.max(f.price) }), { emit: 'update' })
  same<RowIn<typeof updates>, { readonly venue: string | null; readonly most: number }>(true)
  const byRows = trades
    .window(countWindow(100, { slide: 10 }))
    .groupBy('venue')
    .agg((f, a) => ({ most: a.max(f.price) }))
  same<
    RowIn<typeof byRows>,
    { readonly window_number: bigint; readonly venue: string | null; readonly most: number }
  >(true)
  const sometimes = trades.groupBy('venue').agg((f, a) => ({ most: a.max(f.price) }), {
    emit: { everyRows: 10 },
  })
  same<RowIn<typeof sometimes>, { readonly venue: string | null; readonly most: number }>(true)
  // @ts-expect-error: the rows have no number, their windows do
  assert.throws(() => trades.window(countWindow(2)).agg((f, a) => ({ last: a.last(f.window_number) })))
})
