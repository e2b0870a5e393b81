/** Asof joins: which row is taken, when it is sure, what is late, and that nothing is kept for good. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, MillraceError, source, t, tumble, virtualClock } from '../../compiler/index.ts'
import { smallLimits } from '../support/engine.ts'
import { joinAgrees, joined, l, left, r, right, tardyLeft, tardyRight } from '../support/two-streams.ts'

const backward = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key))
const outer = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key), { type: 'left' })
const forward = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key), {
  direction: 'forward',
  tolerance: '5s',
})
const nearest = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key), {
  direction: 'nearest',
  tolerance: '5s',
})

const found = (stream: unknown, ...comings: Parameters<typeof joined>[1]): readonly string[] =>
  joined(stream, comings).found

test('backward: the last row that is not later, that of the same time too', async () => {
  const comings = [r(1, 10), r(3, 30), r(5, 50), l(4, 1), l(5, 2), l(0, 3), r(2, 20), l(2, 4)]
  assert.deepEqual(found(backward, ...comings).toSorted(), ['1 30', '2 50', '4 20'])
  await joinAgrees(backward, comings)
})

test('forward: the first row that is not earlier, that of the same time too', async () => {
  const comings = [r(1, 10), r(3, 30), r(5, 50), l(4, 1), l(5, 2), l(0, 3), r(2, 20), l(2, 4), l(6, 5)]
  assert.deepEqual(found(forward, ...comings).toSorted(), ['1 50', '2 50', '3 10', '4 20'])
  await joinAgrees(forward, comings)
})

test('nearest: the nearer of both; of two that are equally near the earlier one', async () => {
  const comings = [r(1, 10), r(3, 30), r(6, 60), l(2, 1), l(4, 2), l(5, 3), l(3, 4), l(0, 5)]
  assert.deepEqual(found(nearest, ...comings).toSorted(), ['1 10', '2 30', '3 60', '4 30', '5 10'])
  await joinAgrees(nearest, comings)
})

test('of several rows at one time the last to arrive is taken backward and as the nearest, the first forward', async () => {
  const comings = [r(3, 30), r(3, 31), r(1, 10), r(3, 32), l(3, 1), r(3, 33), r(1, 11), l(2, 2)]
  assert.deepEqual(found(backward, ...comings).toSorted(), ['1 33', '2 11'])
  assert.deepEqual(found(forward, ...comings).toSorted(), ['1 30', '2 30'])
  assert.deepEqual(found(nearest, ...comings).toSorted(), ['1 33', '2 11'])
  for (const stream of [backward, forward, nearest]) await joinAgrees(stream, comings)
})

test('the tolerance is included, and behind a row that is too far nobody looks further', async () => {
  const near = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key), { tolerance: '2s', type: 'left' })
  const comings = [r(1, 10), l(3, 1), l(4, 2), r(8, 80), l(6, 3), l(7, 4)]
  assert.deepEqual(found(near, ...comings).toSorted(), ['1 10', '2 null', '3 null', '4 null'])
  assert.deepEqual(found(forward, ...comings).toSorted(), ['2 80', '1 80', '3 80', '4 80'].toSorted())
  for (const stream of [near, forward, nearest]) await joinAgrees(stream, comings)
})

test('inner is not left: a row that finds none is no result of the one, and one with nulls of the other', async () => {
  const comings = [l(1, 1), r(2, 20), l(3, 2), l(4, 3, 'b')]
  assert.deepEqual(found(backward, ...comings), ['2 20'])
  assert.deepEqual(found(outer, ...comings), ['1 null', '2 20', '3 null'])
  for (const stream of [backward, outer]) await joinAgrees(stream, comings)
})

test('a null key matches nothing, also not another null; as a left row it comes with nulls', async () => {
  const comings = [r(1, 10, null), l(2, 1, null), r(20, 20)]
  assert.deepEqual(found(backward, ...comings), [])
  assert.deepEqual(found(outer, ...comings), ['1 null'])
  for (const stream of [backward, outer]) await joinAgrees(stream, comings)
})

test('a row waits until the other side has passed its time, and not longer', async () => {
  const eager = left.asofJoin(right, (a, b) => a.key.eq(b.key))
  const comings = [r(1, 10), l(5, 1), r(5, 50), r(5, 51), r(6, 60), l(5, 2)]
  assert.deepEqual(joined(eager, comings).steps, [[], [], [], [], ['1 51'], ['2 51'], []])
  await joinAgrees(eager, comings)
})

test('forward leaves with the first row that nothing can come before, or when the tolerance has passed', async () => {
  const eager = left.asofJoin(right, (a, b) => a.key.eq(b.key), {
    direction: 'forward',
    tolerance: '5s',
    type: 'left',
  })
  const comings = [l(1, 1), l(2, 2, 'b'), r(4, 40), l(4, 3), r(8, 80), l(20, 4), r(25, 250)]
  const steps = [[], [], ['1 40'], ['3 40'], ['2 null'], [], ['4 250'], []]
  assert.deepEqual(joined(eager, comings).steps, steps)
  await joinAgrees(eager, comings)
})

test('nearest leaves when nothing can come that is nearer', async () => {
  const eager = left.asofJoin(right, (a, b) => a.key.eq(b.key), { direction: 'nearest', tolerance: '5s' })
  const comings = [r(8, 80), l(10, 1), r(11, 110, 'b'), r(12, 120, 'b'), l(12, 2, 'b'), r(13, 130, 'b')]
  assert.deepEqual(joined(eager, comings).steps, [[], [], [], ['1 80'], [], ['2 120'], []])
  await joinAgrees(eager, comings)
})

test('at once: what is there now, and nothing waits', async () => {
  const now = tardyLeft.asofJoin(tardyRight, (a, b) => a.key.eq(b.key), {
    direction: 'forward',
    type: 'left',
    wait: false,
  })
  const comings = [l(3, 1), r(4, 40), l(3, 2), r(3, 30), l(3, 3)]
  assert.deepEqual(joined(now, comings).steps, [['1 null'], [], ['2 40'], [], ['3 30'], []])
  await joinAgrees(now, comings)
})

test('rows of both sides that come behind their own watermark are late', async () => {
  const comings = [l(20, 1), r(20, 20), l(9, 2), r(9, 90), l(10, 3), r(10, 100), l(30, 4), r(40, 400)]
  const { found: rows, late } = joined(backward, comings)
  assert.deepEqual([rows, late], [['3 100', '1 20', '4 20'], 2n])
  await joinAgrees(backward, comings)
})

test('memory across batches: a row of long ago is the one that is valid', () => {
  const quotes = Array.from({ length: 300 }, (_, i) => r(i, i, 'other'))
  assert.deepEqual(found(backward, r(0, 10), ...quotes, l(299, 1)), ['1 10'])
})

test('the right side is bounded: of a key the newest row below the watermark stays, and what is newer', () => {
  const comings = Array.from({ length: 2000 }, (_, i) => [r(i, i, `k${i % 7}`), l(i, -i, `k${i % 7}`)]).flat()
  const limits = { stateRows: 64 }
  const { found: rows, error } = joined(
    left.asofJoin(right, (a, b) => a.key.eq(b.key)),
    comings,
    { limits },
  )
  assert.equal(error, undefined)
  assert.deepEqual(
    rows,
    Array.from({ length: 2000 }, (_, i) => `${-i} ${i}`),
  )
})

test('with a tolerance keys are forgotten that nobody asks for any more', () => {
  const comings = Array.from({ length: 2000 }, (_, i) => [r(i, i, `k${i}`), l(i, -i, `k${i}`)]).flat()
  const near = left.asofJoin(right, (a, b) => a.key.eq(b.key), { tolerance: '3s' })
  const { found: rows, error } = joined(near, comings, { limits: { stateRows: 64, stateBytes: 4096 } })
  assert.equal(error, undefined)
  assert.equal(rows.length, 2000)
})

test('rows that look ahead leave no rows behind them', () => {
  const comings = Array.from({ length: 1000 }, (_, i) => [l(i, i, `k${i}`), r(i, i, `k${i}`)]).flat()
  for (const direction of ['forward', 'nearest'] as const) {
    const ahead = left.asofJoin(right, (a, b) => a.key.eq(b.key), { direction, tolerance: '3s' })
    const { found: rows, error } = joined(ahead, comings, { limits: { stateRows: 64 } })
    assert.deepEqual([rows.length, error], [1000, undefined])
  }
})

test('more rows than may wait are a limit that is told', () => {
  const comings = Array.from({ length: 200 }, (_, i) => l(i, i, 'a'))
  const { error } = joined(backward, comings, { limits: { stateRows: 64 }, ends: false })
  assert.match(String(error), /LDB-8013/)
})

test('keys of the same hash are only slow: of many keys each finds its own row', async () => {
  const pairs = (i: number) => [r(1, i, `key ${i * 65_537}`), l(2, -i, `key ${i * 65_537}`)]
  const comings = [...Array.from({ length: 60 }, (_, i) => pairs(i)).flat(), r(40, 0, 'z')]
  const rows = found(backward, ...comings)
  assert.ok(rows.length === 60 && rows.every(row => row.split(' ').reduce((a, b) => a + Number(b), 0) === 0))
  await joinAgrees(backward, comings)
})

test('results have the time of the left side: a window behind finds none late', async () => {
  const counts = outer
    .window(tumble('at', '10s'))
    .agg((c, a) => ({ rows: a.count(), matched: a.count(c.right_n) }))
  const comings = [l(3, 1), r(1, 10), r(15, 150), l(14, 2), r(26, 260), l(40, 3), r(60, 600)]
  const { found: rows, late } = joined(counts, comings, { show: ['rows', 'matched'] })
  assert.deepEqual([rows, late], [['1 1', '1 1', '1 1'], 0n])
  await joinAgrees(counts, comings)
})

test('a side that falls silent holds nobody back', () => {
  const [a, b] = ['left', 'right'].map(name =>
    source(name, { at: t.timestamp('ms'), key: t.utf8 }, { time: 'at', idleAfter: '10ms' }),
  )
  const clock = virtualClock(1000)
  const rows: string[] = []
  const live = compile(
    a.asofJoin(b, (x, y) => x.key.eq(y.key), { type: 'left' }),
    { limits: smallLimits },
  ).open(
    batch => {
      for (const row of batch) rows.push(`${row.at} ${row.right_at}`)
    },
    { clock, tier: 'js' },
  )
  live.source('right').push([{ at: 1n, key: 'a' }])
  live.source('left').push([{ at: 5n, key: 'a' }])
  clock.advance(5)
  live.source('left').push([{ at: 7n, key: 'a' }])
  assert.deepEqual(rows, [])
  clock.advance(6)
  assert.deepEqual(rows, ['5 1'])
  live.end()
  assert.deepEqual(rows, ['5 1', '7 1'])
})

test('times and keys need not have the same names', () => {
  const quotes = source(
    'quotes',
    { symbol: t.utf8, since: t.timestamp('ms'), made: t.timestamp('ms') },
    { time: 'since' },
  )
  const trades = source('trades', { at: t.timestamp('ms'), key: t.utf8 }, { time: 'at' })
  const { schema, node } = trades.asofJoin(quotes, (a, b) => a.key.eq(b.symbol))
  assert.deepEqual(
    schema.map(({ name }) => name),
    ['at', 'key', 'symbol', 'since', 'made'],
  )
  assert.deepEqual(node.relation.time?.columns, ['at'])
  refuses('LDB-2001', () => trades.asofJoin(quotes, (a, b) => a.key.eq(b.symbol), { times: ['at', 'made'] }))
})

const refuses = (code: string, plan: () => unknown): void =>
  assert.throws(plan, error => error instanceof MillraceError && error.code === code)

test('what is not there is refused when it is planned', () => {
  const timeless = source('timeless', { at: t.timestamp('ms'), key: t.utf8 })
  const fine = source('fine', { at: t.timestamp('us'), key: t.utf8 }, { time: 'at' })
  refuses('LDB-2001', () => left.asofJoin(timeless, (a, b) => a.key.eq(b.key)))
  refuses('LDB-2001', () => timeless.asofJoin(right, (a, b) => a.key.eq(b.key)))
  refuses('LDB-1200', () => left.asofJoin(fine, (a, b) => a.key.eq(b.key)))
  refuses('LDB-1001', () => left.asofJoin(right, (a, b) => a.key.eq(b.key).and(a.n.gt(b.n))))
  refuses('LDB-3002', () => left.asofJoin(right, (a, b) => a.key.eq(b.key), { direction: 'forward' }))
  refuses('LDB-2003', () => left.asofJoin(right, (a, b) => a.key.eq(b.key), { tolerance: '-1s' }))
  refuses('LDB-1001', () => left.asChanges('op').asofJoin(right, (a, b) => a.key.eq(b.key)))
  refuses('LDB-1001', () =>
    left.asofJoin(right.asChanges('op'), (a, b) => a.key.eq(b.key), {
      direction: 'nearest',
      tolerance: '1s',
    }),
  )
  refuses('LDB-1001', () => left.window(tumble('at', '1s')).asofJoin(right, (a, b) => a.key.eq(b.key)))
})
