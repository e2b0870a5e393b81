/** What rows learn of others of their partition: those at a distance, those of a number, and what frames come to. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, source, t, tumble } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'
import { outcome } from '../support/outcome.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

const stops = { batchRows: 1, outputRows: 1, budgetRows: 1 }
const byKey = { partitionBy: ['key'], orderBy: 'arrival' } as const

/** Rows of two partitions in turn, whose numbers are 1, 2, 3 .. */
const turns = (count: number): readonly ModelRow[] =>
  Array.from({ length: count }, (_, i) =>
    row(i * 100, { n: BigInt(i + 1), x: (i + 1) / 8, key: 'ab'[i % 2] }),
  )

const results = (stream: unknown, rows: readonly ModelRow[], names: readonly string[]): readonly string[] =>
  outcome(stream, rows).found.map(one => names.map(name => String(one[name])).join(' '))

test('the value so many rows before, of each column by itself, or what stands for it', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    before: over.lag(r.n),
    third: over.lag(r.x, 3, -1),
    change: r.n.sub(over.lag(r.n, 1, 0n)),
    text: over.lag(r.key, 2, 'none'),
  }))
  const rows = turns(8)
  assert.deepEqual(results(stream, rows, ['before', 'third', 'change', 'text']), [
    'null -1 1 none',
    'null -1 2 none',
    '1 -1 2 none',
    '2 -1 2 none',
    '3 -1 2 a',
    '4 -1 2 b',
    '5 0.125 2 a',
    '6 0.25 2 b',
  ])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('null is a value: what stands for a row that is missing does not stand for it', async () => {
  const loose = source('loose', { n: t.int32.orNull, key: t.utf8.orNull })
  const stream = loose.over({ partitionBy: ['key'], orderBy: 'arrival' }, (r, over) => ({
    before: over.lag(r.n, 1, 7),
    key_before: over.lag(r.key),
    first: over.firstValue(r.n),
  }))
  const rows = [
    [null, null],
    [1, null],
    [2, 'a'],
    [null, null],
    [3, null],
    [4, 'a'],
  ].map(([n, key]) => ({ n, key })) as readonly ModelRow[]
  assert.deepEqual(results(stream, rows, ['before', 'key_before', 'first']), [
    '7 null null',
    'null null null',
    '7 null 2',
    '1 null null',
    'null null null',
    '2 a 2',
  ])
  await agrees(nodeOf(stream), rows, stops)
})

test('rows by their number in a partition, or in a frame', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    first: over.firstValue(r.n),
    third: over.nthValue(r.key, 3),
    oldest: over.firstValue(r.n, { rows: 2 }),
    second: over.nthValue(r.n, 2, { rows: 2 }),
    own: over.lastValue(r.n, { rows: 2 }),
  }))
  const rows = turns(10)
  const ofA = results(stream, rows, ['first', 'third', 'oldest', 'second', 'own']).filter(
    (_, i) => i % 2 === 0,
  )
  assert.deepEqual(ofA, ['1 null 1 null 1', '1 null 1 3 3', '1 a 1 3 5', '1 a 3 5 7', '1 a 5 7 9'])
  await agrees(nodeOf(stream), rows, stops)
})

test('totals of all rows up to one, and of so many before it', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    rows: over.count(),
    total: over.sum(r.n),
    recent: over.sum(r.n, { rows: 1 }),
    own: over.sum(r.n, { rows: 0 }),
    big: over.count({ where: r.n.gt(4n), rows: 1 }),
  }))
  const rows = turns(10)
  const ofB = results(stream, rows, ['rows', 'total', 'recent', 'own', 'big']).filter((_, i) => i % 2 === 1)
  assert.deepEqual(ofB, ['1 2 2 2 0', '2 6 6 4 0', '3 12 10 6 1', '4 20 14 8 2', '5 30 18 10 2'])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('the least and the most of a frame, and what lies between', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    least: over.min(r.key, { rows: 1 }),
    most: over.max(r.n.neg(), { rows: 2 }),
    middle: over.median(r.n, { rows: 2 }),
  }))
  const rows = turns(10)
  const ofB = results(stream, rows, ['least', 'most', 'middle']).filter((_, i) => i % 2 === 1)
  assert.deepEqual(ofB, ['b -2 2', 'b -2 3', 'b -2 4', 'b -4 6', 'b -6 8'])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('nothing is left of doubles that have left a frame', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    sum: over.sum(r.x, { rows: 1 }),
    mean: over.avg(r.x, { rows: 1 }),
  }))
  const rows = [1e300, 1e-300, 1, Number.POSITIVE_INFINITY, 2, 3].map(x => row(0, { x }))
  assert.deepEqual(results(stream, rows, ['sum']), ['1e+300', '1e+300', '1', 'Infinity', 'Infinity', '5'])
  await agrees(nodeOf(stream), rows, stops)
})

const MOST = (1n << 63n) - 1n

test('a frame is in the range of integers though what it slides over is not', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    sum: over.sum(r.n, { rows: 2 }),
    unsigned: over.sum(r.u, { rows: 1 }),
  }))
  const numbers = [-5n, MOST, 3n, -10n, -MOST, -MOST + 20n, 7n]
  const rows = numbers.map((n, i) => row(0, { n, u: i % 2 === 0 ? 1n : (1n << 64n) - 2n }))
  const { found, faults } = outcome(stream, rows)
  assert.deepEqual(
    found.map(({ sum }) => sum),
    [-5n, MOST - 5n, MOST - 2n, MOST - 7n, 0n],
  )
  assert.deepEqual(faults, ['LDB-9002', 'LDB-9002'])
  await agrees(nodeOf(stream), rows, stops)
})

test('a row that is refused is no part of what others learn', async () => {
  const stream = timeless.over(byKey, (r, over) => ({ sum: over.sum(r.n), before: over.lag(r.n) }))
  const rows = [MOST, 1n, -1n, 1n].map(n => row(0, { n }))
  assert.deepEqual(results(stream, rows, ['sum', 'before']), [
    `${MOST} null`,
    `${MOST - 1n} ${MOST}`,
    `${MOST} -1`,
  ])
  await agrees(nodeOf(stream), rows, stops)
})

test('without a partition all rows are one; equal calls are one call, others have nothing in common', async () => {
  const stream = events.over({ orderBy: 'arrival' }, (r, over) => ({
    a: over.lag(r.n),
    b: over.lag(r.n),
    c: over.lag(r.u, 2),
  }))
  assert.equal(nodeOf(stream).kind, 'project')
  const rows = turns(5).map((one, i) => ({ ...one, u: BigInt(10 + i) }))
  assert.deepEqual(results(stream, rows, ['a', 'b', 'c']), [
    'null null null',
    '1 1 null',
    '2 2 10',
    '3 3 11',
    '4 4 12',
  ])
  await agrees(nodeOf(stream), rows, stops)
})

test('a column may take the place of another', async () => {
  const stream = timeless.over(byKey, (r, over) => ({ n: over.sum(r.n).mul(2n), key: over.lag(r.key) }))
  const rows = turns(4)
  assert.deepEqual(results(stream, rows, ['n', 'key']), ['2 null', '4 null', '8 a', '12 b'])
  await agrees(nodeOf(stream), rows)
})

test('more partitions than there may be are a limit that is told', () => {
  const stream = timeless.over(byKey, (r, over) => ({ before: over.lag(r.n) }))
  const rows = Array.from({ length: 200 }, (_, i) => row(0, { key: `key ${i}` }))
  const { found, error } = outcome(stream, rows, { limits: { stateRows: 64 } })
  assert.match(String(error), /LDB-8013/)
  assert.ok(found.length >= 16 && found.length <= 64)
})

test('what cannot be right is refused when it is planned', () => {
  const over = (columns: Parameters<typeof events.over>[1]) => () => events.over(byKey, columns)
  assert.throws(
    over((r, o) => ({ x: o.lag(r.n, 0) })),
    { code: 'LDB-0001' },
  )
  assert.throws(
    over((r, o) => ({ x: o.nthValue(r.n, 4, { rows: 2 }) })),
    { code: 'LDB-0001' },
  )
  assert.throws(
    over((r, o) => ({ x: o.sum(r.n, { range: '1s' }) })),
    { code: 'LDB-1001' },
  )
  assert.throws(
    over((r, o) => ({ x: o.lag(o.lag(r.n)) })),
    { code: 'LDB-1001' },
  )
  assert.throws(
    over((r, o) => ({ x: o.varPop(r.n, { rows: 2 } as object) })),
    { code: 'LDB-1001' },
  )
  assert.throws(() => events.over({ partitionBy: ['kye' as 'key'], orderBy: 'arrival' }, () => ({})), {
    code: 'LDB-1100',
  })
  const totals = events.groupBy('key').agg((e, a) => ({ n: a.max(e.n) }), { emit: 'changelog' })
  assert.throws(() => totals.over({ orderBy: 'arrival' }, (r, o) => ({ x: o.lag(r.n) })), {
    code: 'LDB-1001',
  })
})

test('a row that learns of rows behind it waits for them, or for the end of input; rows of a partition keep their order', async () => {
  const stream = timeless.over(byKey, (r, over) => ({
    next: over.lead(r.n),
    third: over.lead(r.x, 3, -1),
    before: over.lag(r.n),
    text: over.lead(r.key, 2),
  }))
  const rows = turns(9)
  assert.deepEqual(results(stream, rows, ['n', 'next', 'third', 'before', 'text']), [
    '1 3 0.875 null a',
    '2 4 1 null b',
    '3 5 1.125 1 a',
    '4 6 -1 2 b',
    '5 7 -1 3 a',
    '6 8 -1 4 null',
    '7 9 -1 5 null',
    '8 null -1 6 null',
    '9 null -1 7 null',
  ])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

const byTime = { partitionBy: ['key'], orderBy: 'at' } as const

test('in order of event time disorder makes no difference, and what is late is told', async () => {
  const stream = slow.over(byTime, (r, over) => ({ before: over.lag(r.n), total: over.sum(r.n) }))
  const rows = [500, 100, 300, 300, 2000, 900, 1000].map((at, i) => row(at, { n: BigInt(i + 1) }))
  assert.deepEqual(results(stream, rows, ['at', 'before', 'total']), [
    '100 null 2',
    '300 2 5',
    '300 3 9',
    '500 4 10',
    '1000 1 17',
    '2000 7 22',
  ])
  assert.equal(outcome(stream, rows).late, 1n)
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('a range of time has all rows of the time of its own, whichever come first', async () => {
  const stream = slow.over(byTime, (r, over) => ({
    rows: over.count({ range: '200ms' }),
    sum: over.sum(r.n, { range: '200ms' }),
    most: over.max(r.x, { range: '100ms' }),
    first: over.firstValue(r.n, { range: '200ms' }),
    last: over.lastValue(r.n, { range: '0ms' }),
    before: over.lag(r.n, 2),
    three: over.sum(r.n, { rows: 2 }),
    total: over.sum(r.n),
  }))
  const rows = [100, 100, 250, 300, 301, 301, 900].map((at, i) =>
    row(at, { n: BigInt(i + 1), x: 8 - i, key: 'a' }),
  )
  const names = ['rows', 'sum', 'most', 'first', 'last', 'before', 'three', 'total']
  assert.deepEqual(results(stream, rows, names), [
    '2 3 8 1 2 null 1 1',
    '2 3 8 1 2 null 3 3',
    '3 6 6 1 3 1 6 6',
    '4 10 6 1 4 2 9 10',
    '4 18 6 3 6 3 12 15',
    '4 18 6 3 6 4 15 21',
    '1 7 2 7 7 5 18 28',
  ])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('rows that are further back than a range are there for those that count them', async () => {
  const stream = slow.over(byTime, (r, over) => ({
    rows: over.count({ range: '20ms' }),
    before: over.lag(r.n),
    third: over.lag(r.key, 3),
    oldest: over.firstValue(r.n, { rows: 2 }),
  }))
  const rows = turns(16)
  const ofA = results(stream, rows, ['rows', 'before', 'third', 'oldest']).filter((_, i) => i % 2 === 0)
  assert.deepEqual(ofA.slice(0, 6), [
    '1 null null 1',
    '1 1 null 1',
    '1 3 null 1',
    '1 5 a 3',
    '1 7 a 5',
    '1 9 a 7',
  ])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, stops)
})

test('what leads and what has a range go together; behind leads there is no event time', async () => {
  const stream = slow.over(byTime, (r, over) => ({
    next: over.lead(r.n),
    recent: over.count({ range: '1s' }),
    before: over.lag(r.n),
  }))
  const rows = turns(12)
  assert.equal(outcome(stream, rows).found.length, 12)
  await agrees(nodeOf(stream), rows, stops)
  assert.throws(() => stream.window(tumble('at', '1s')), { code: 'LDB-2001' })
})

test('a window behind a range has its event time', async () => {
  const counted = slow
    .over(byTime, (r, over) => ({ recent: over.sum(r.n, { range: '500ms' }) }))
    .window(tumble('at', '1s'))
    .agg((r, a) => ({ most: a.max(r.recent) }))
  const rows = [0, 900, 400, 1500, 1200, 3000, 2500, 6000].map(at => row(at))
  assert.deepEqual(
    outcome(counted, rows).found.map(({ most }) => most),
    [2n, 2n, 1n, 2n, 1n],
  )
  await agrees(nodeOf(counted), rows, stops)
})

test('a row whose sum leaves its range is refused, and stays part of the ranges of others', async () => {
  const stream = events.over(byTime, (r, over) => ({
    sum: over.sum(r.n, { range: '100ms' }),
    before: over.lag(r.n),
  }))
  const rows = [MOST, 1n, -2n, 5n].map((n, i) => row(i * 10, { n }))
  const { found, faults } = outcome(stream, rows)
  assert.deepEqual(
    found.map(({ sum, before }) => `${sum} ${before}`),
    [`${MOST} null`, `${MOST - 1n} 1`],
  )
  assert.deepEqual(faults, ['LDB-9002', 'LDB-9002'])
  await agrees(nodeOf(stream), rows, stops)
})

test('rows that no range reaches any more make room', () => {
  const stream = events.over(byTime, (r, over) => ({ recent: over.max(r.key, { range: '1s' }) }))
  const rows = Array.from({ length: 3000 }, (_, i) => row(i * 100, { key: 'ab'[i % 2] }))
  const { found, error } = outcome(stream, rows, { limits: { stateRows: 64 } })
  assert.equal(error, undefined)
  assert.equal(found.length, 3000)
})

test('rows wait for what they ask for, whether anybody reads it or not', () => {
  const stream = timeless.over(byKey, (r, over) => ({ next: over.lead(r.n, 2) })).select(r => ({ n: r.n }))
  const found: unknown[] = []
  const live = compile(stream, { limits: smallLimits }).open(
    batch => void found.push(...Array.from(batch, one => one.n)),
    { tier: 'js' },
  )
  live.push([1, 2, 3, 4].map(n => row(0, { n: BigInt(n) })) as never)
  assert.deepEqual(found, [1n, 2n])
  live.end()
  assert.deepEqual(found, [1n, 2n, 3n, 4n])
})

test('a column of event time is not taken for the order of arrival', () => {
  const arrivals = source('arrivals', { arrival: t.timestamp('ms'), n: t.int64 }, { time: 'arrival' })
  assert.throws(() => arrivals.over({ orderBy: 'arrival' }, (r, o) => ({ x: o.lag(r.n) })), {
    code: 'LDB-1001',
  })
})

test('where faults make values null, what is learned of them may be null as well', () => {
  const stream = timeless
    .select(r => ({ key: r.key, n: r.n.add(1n) }))
    .over(byKey, (r, over) => ({ sum: over.sum(r.n, { rows: 1 }), before: over.lag(r.n) }))
  const query = compile(stream, { limits: smallLimits, faults: 'null' })
  assert.deepEqual(
    query.schema.map(({ nullable }) => nullable),
    [false, true, true, true],
  )
})
