/**
 * What must compile and what must not: checked by the compiler when the tests are built. An unused
 * `@ts-expect-error` is an error itself, hence every refusal here is a real one.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hop,
  lit,
  MillraceError,
  type Stream,
  session,
  source,
  t,
  tumble,
  when,
} from '../../compiler/index.ts'
import { type RowIn, same, trades } from './kit.ts'

test('rows have inferred types from end to end', () => {
  const perMinute = trades
    .where(f => f.price.gt(10).and(f.symbol.like('A%')))
    .window(tumble('at', '1m'))
    .groupBy('symbol', 'venue')
    .agg((f, a) => ({
      trades: a.count(),
      volume: a.sum(f.quantity),
      average: a.avg(f.price),
      share: a.sum(f.quantity, { where: f.open }).cast(t.float64).div(a.sum(f.quantity).cast(t.float64)),
      lastVenue: a.last(f.venue),
      flags: a.max(f.flags),
    }))
    .where(f => f.trades.gt(1))
  interface Expected {
    readonly window_start: bigint
    readonly window_end: bigint
    readonly symbol: string
    readonly venue: string | null
    readonly trades: bigint
    readonly volume: bigint
    readonly average: number
    readonly share: number | null
    readonly lastVenue: string | null
    readonly flags: number
  }
  same<RowIn<typeof perMinute>, { [K in keyof Expected]: Expected[K] }>(true)
  assert.deepEqual(
    perMinute.schema.map(column => column.name),
    [
      'window_start',
      'window_end',
      'symbol',
      'venue',
      'trades',
      'volume',
      'average',
      'share',
      'lastVenue',
      'flags',
    ],
  )
})

test('aggregates have the types of their arguments, and are null where those may be', () => {
  const totals = trades.groupBy('symbol').agg((f, a) => ({
    allOpen: a.boolAnd(f.open),
    anyOpen: a.boolOr(f.open, { where: f.price.gt(1) }),
    common: a.bitAnd(f.flags),
    any: a.bitOr(f.huge),
    odd: a.bitXor(f.quantity.nullif(0)),
    spread: a.varPop(f.huge),
    ofSample: a.varSamp(f.price),
    deviation: a.stddevPop(f.small, { where: f.open }),
    ofSome: a.stddevSamp(f.flags),
    together: a.covarPop(f.price, f.huge),
    ofBoth: a.covarPop(f.price, f.quantity.nullif(0)),
    ofPairs: a.covarSamp(f.price, f.small, { where: f.open }),
    related: a.corr(f.price, f.flags),
    venues: a.approxCountDistinct(f.venue, { where: f.open }),
    usual: a.approxQuantile(f.price, 0.5),
    high: a.approxQuantile(f.quantity.nullif(0), 0.99),
    highOpen: a.approxQuantile(f.small, 1, { where: f.open }),
    places: a.countDistinct(f.venue),
    middle: a.median(f.quantity),
    lower: a.quantile(f.price.nullif(0), 0.25),
    middleOpen: a.quantileDisc(f.flags, 0.5, { where: f.open }),
    usualVenue: a.mode(f.venue),
    usualSize: a.mode(f.quantity),
  }))
  interface Expected {
    readonly symbol: string
    readonly allOpen: boolean
    readonly anyOpen: boolean | null
    readonly common: number
    readonly any: bigint
    readonly odd: bigint | null
    readonly spread: number
    readonly ofSample: number | null
    readonly deviation: number | null
    readonly ofSome: number | null
    readonly together: number
    readonly ofBoth: number | null
    readonly ofPairs: number | null
    readonly related: number | null
    readonly venues: bigint
    readonly usual: number
    readonly high: number | null
    readonly highOpen: number | null
    readonly places: bigint
    readonly middle: number
    readonly lower: number | null
    readonly middleOpen: number | null
    readonly usualVenue: string | null
    readonly usualSize: bigint
  }
  same<RowIn<typeof totals>, { [K in keyof Expected]: Expected[K] }>(true)
  assert.deepEqual(
    totals.schema.slice(1).map(({ type, nullable }) => `${type}${nullable ? '?' : ''}`),
    [
      ...['bool', 'bool?', 'uint8', 'uint64', 'int64?'],
      ...['float64', 'float64?', 'float64?', 'float64?'],
      ...['float64', 'float64?', 'float64?', 'float64?'],
      ...['int64', 'float64', 'float64?', 'float64?'],
      ...['int64', 'float64', 'float64?', 'uint8?', 'utf8?', 'int64'],
    ],
  )
})

test('changes have inferred types from end to end', () => {
  const columns = { at: t.timestamp('us'), user: t.int32, name: t.utf8.orNull, gone: t.bool, op: t.int8 }
  const changed = source('users', columns, { time: 'at', changes: 'op' })
  interface User {
    readonly at: bigint
    readonly user: number
    readonly name: string | null
    readonly gone: boolean
  }
  same<
    RowIn<typeof changed>,
    User & { readonly $op: number } extends infer R ? { [K in keyof R]: R[K] } : never
  >(true)
  const names = changed.groupBy('name').agg((_, a) => ({ users: a.count() }), { emit: 'changelog' })
  same<RowIn<typeof names>, { readonly name: string | null; readonly users: bigint; readonly $op: number }>(
    true,
  )
  const distinct = changed.distinct('name')
  same<RowIn<typeof distinct>, { readonly name: string | null; readonly $op: number }>(true)
  const rows = changed.select(f => ({ user: f.user })).asAppend()
  same<RowIn<typeof rows>, { readonly user: number; readonly op: number }>(true)
  const netted = changed.select(f => ({ user: f.user })).consolidate()
  same<RowIn<typeof netted>, { readonly user: number; readonly $op: number }>(true)
  const again = rows.asChanges('op')
  same<RowIn<typeof again>, { readonly user: number; readonly $op: number }>(true)
  const plain = source('users', columns, { time: 'at' })
  const latest = plain
    .select(f => ({ user: f.user, name: f.name, gone: f.gone }))
    .upsert(['user'], { deletes: 'gone' })
  same<RowIn<typeof latest>, { readonly user: number; readonly name: string | null; readonly $op: number }>(
    true,
  )
  const daily = plain.window(tumble('at', '1d')).distinct('user')
  same<
    RowIn<typeof daily>,
    { readonly window_start: bigint; readonly window_end: bigint; readonly user: number }
  >(true)
})

test('expressions have the types that the promotion table says', () => {
  const computed = trades.select(f => ({
    sum: f.small.add(f.flags),
    mixed: f.small.add(f.price),
    wide: f.flags.add(f.quantity),
    maybe: f.venue.concat('x'),
    sure: f.venue.coalesce('none'),
    length: f.symbol.length(),
    hour: f.at.truncate('hour'),
    year: f.day.extract('year'),
    size: when(f.price.gt(100), lit(t.utf8, 'big')).else('small'),
    nothing: when(f.open, f.price).else(null),
    later: f.at.plus('1h'),
    age: f.at.since(f.at),
    tried: f.symbol.tryCast(t.int32),
  }))
  interface Expected {
    readonly sum: number
    readonly mixed: number
    readonly wide: bigint
    readonly maybe: string | null
    readonly sure: string
    readonly length: bigint
    readonly hour: bigint
    readonly year: bigint | null
    readonly size: string
    readonly nothing: number | null
    readonly later: bigint
    readonly age: bigint
    readonly tried: number | null
  }
  same<RowIn<typeof computed>, { [K in keyof Expected]: Expected[K] }>(true)
  const types = Object.fromEntries(computed.schema.map(({ name, type }) => [name, type]))
  assert.deepEqual([types.sum, types.mixed, types.wide], ['int16', 'float64', 'int64'])
})

test('arrow functions see JavaScript values and give JavaScript values', () => {
  const filtered = trades.filter((f, p) => f.quantity > p.least && f.venue !== null, { least: 10n })
  same<RowIn<typeof filtered>, RowIn<typeof trades>>(true)
  const mapped = trades.map(f => ({
    name: f.symbol,
    notional: f.price * Number(f.flags),
    big: f.quantity > 5n,
    venue: f.venue,
  }))
  interface Expected {
    readonly name: string
    readonly notional: number
    readonly big: boolean
    readonly venue: string | null
  }
  same<RowIn<typeof mapped>, { [K in keyof Expected]: Expected[K] }>(true)
})

/** Never called: only the compiler reads it. */
export function mustNotCompile(): void {
  // @ts-expect-error unknown column
  trades.where(f => f.pice.gt(1))
  // @ts-expect-error text has no arithmetic
  trades.where(f => f.symbol.mul(2))
  // @ts-expect-error a number is not compared with text
  trades.where(f => f.price.gt('10'))
  // @ts-expect-error a predicate is a bool
  trades.where(f => f.price)
  // @ts-expect-error uint64 and a signed integer do not meet
  trades.where(f => f.huge.gt(f.quantity))
  // @ts-expect-error not a column of time
  trades.window(session('price', '10s'))
  // @ts-expect-error windows that overlap have no bounds before they are aggregated
  trades.window(hop('at', '1h', '5m')).where(f => f.window_start.isNull())
  const updated = trades.groupBy('venue').agg((f, a) => ({ most: a.max(f.price) }), { emit: 'update' })
  // @ts-expect-error no changes were asked for
  updated.where(f => f.$op.ne(2))
  // @ts-expect-error what is distinct must be a column
  trades.distinct('symbl')
  // @ts-expect-error what marks deletes is a bool
  trades.select(f => ({ symbol: f.symbol, price: f.price })).upsert(['symbol'], { deletes: 'price' })
  // @ts-expect-error codes of changes are int8
  trades.asChanges('small')
  // @ts-expect-error no such way to emit
  trades.groupBy('venue').agg((f, a) => ({ most: a.max(f.price) }), { emit: 'now' })
  // @ts-expect-error a window needs a timestamp
  trades.window(tumble('price', '10s'))
  // @ts-expect-error not a duration
  trades.window(tumble('at', '10 seconds'))
  // @ts-expect-error unknown group key
  trades.groupBy('symbl')
  // @ts-expect-error a column of rows is no value of a group
  trades.groupBy('symbol').agg(f => ({ price: f.price }))
  // @ts-expect-error the name of a key is taken
  trades.groupBy('symbol').agg((_f, a) => ({ symbol: a.count() }))
  // @ts-expect-error no sum of text
  trades.groupBy('symbol').agg((f, a) => ({ total: a.sum(f.venue) }))
  // @ts-expect-error a number is not true or false
  trades.groupBy('symbol').agg((f, a) => ({ all: a.boolAnd(f.flags) }))
  // @ts-expect-error floats have no bits to join
  trades.groupBy('symbol').agg((f, a) => ({ bits: a.bitOr(f.price) }))
  // @ts-expect-error times have no variance
  trades.groupBy('symbol').agg((f, a) => ({ spread: a.varPop(f.at) }))
  // @ts-expect-error a covariance is one of two columns
  trades.groupBy('symbol').agg((f, a) => ({ together: a.covarPop(f.price) }))
  // @ts-expect-error texts have no quantiles
  trades.groupBy('symbol').agg((f, a) => ({ middle: a.approxQuantile(f.venue, 0.5) }))
  // @ts-expect-error a quantile is one at a fraction
  trades.groupBy('symbol').agg((f, a) => ({ middle: a.approxQuantile(f.price, f.price) }))
  // @ts-expect-error only texts are joined
  trades.groupBy('symbol').agg((f, a) => ({ all: a.stringAgg(f.price, ', ') }))
  // @ts-expect-error so many of the largest
  trades.groupBy('symbol').agg((f, a) => ({ most: a.topK(f.price) }))
  const lists = trades.groupBy('symbol').agg((f, a) => ({ prices: a.arrayAgg(f.price) }))
  // @ts-expect-error nothing is computed from a list
  lists.where(f => f.prices.isNotNull())
  // @ts-expect-error nor are lists aggregated
  lists.groupBy('symbol').agg((f, a) => ({ most: a.max(f.prices) }))
  // @ts-expect-error aggregates take columns of rows, not other aggregates
  trades.groupBy('symbol').agg((_f, a) => ({ total: a.sum(a.count()) }))
  // @ts-expect-error the time column is a timestamp
  source('x', { a: t.float64 }, { time: 'a' })
  // @ts-expect-error null must be handled first
  trades.filter(f => f.venue.length > 1)
  // @ts-expect-error unknown parameter
  trades.filter((f, p) => f.price > p.limt, { limit: 1 })
  // @ts-expect-error bigint and number do not mix
  trades.filter(f => f.quantity + 1 > 2)
  // @ts-expect-error case branches of one type
  trades.select(f => ({ x: when(f.open, f.price).else('none') }))
}

test('sources of a group are paused, told of, or drop rows', () => {
  const columns = { at: t.timestamp('ms') }
  const feed = source('feed', columns, { time: 'at', align: 'feeds', maxDrift: '1m', onDrift: 'drop' })
  same<RowIn<typeof feed>, { readonly at: bigint }>(true)
  const other = () =>
    // @ts-expect-error no such policy
    source('feed', columns, { time: 'at', align: 'feeds', onDrift: 'stop' })
  assert.throws(other, { code: 'LDB-0001' })
})

test('what the types refuse is refused at run time as well', () => {
  const untyped = trades as unknown as Stream<Record<string, never>>
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  refused('LDB-1100', () => untyped.where(f => (f.pice as never as { isNull(): never }).isNull()))
  refused('LDB-1100', () => untyped.groupBy('symbl' as never))
  refused('LDB-1201', () => trades.where(f => f.quantity.gt(1.5)))
  refused('LDB-1201', () => trades.where(f => f.flags.eq(256)))
  refused('LDB-2002', () => trades.window(tumble('at', '1.5s' as never)))
  const unnamed = (a: unknown): Record<string, (x: unknown) => never> => a as never
  refused('LDB-1200', () => trades.groupBy().agg((f, a) => ({ x: unnamed(a).boolAnd(f.flags) })))
  refused('LDB-1200', () => trades.groupBy().agg((f, a) => ({ x: unnamed(a).bitXor(f.price) })))
  refused('LDB-1200', () => trades.groupBy().agg((f, a) => ({ x: unnamed(a).corr(f.price) })))
  const quantile = (fraction: unknown): void => {
    trades.groupBy().agg((f, a) => ({ middle: a.approxQuantile(f.price, fraction as number) }))
  }
  for (const fraction of [-0.1, 1.1, Number.NaN, undefined]) refused('LDB-0001', () => quantile(fraction))
  refused('LDB-2003', () => trades.window(tumble('at', '0s')))
})
