/** Duplicates within a time: which row of two is let through, what is late, and that nothing is kept for good. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, source, t, tumble } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'
import { outcome } from '../support/outcome.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

const seconds = (key: string, ...times: readonly number[]): readonly ModelRow[] =>
  times.map(at => row(at * 1000, { key }))

const timesOf = (stream: unknown, rows: readonly ModelRow[]): readonly number[] =>
  outcome(stream, rows).found.map(({ at }) => Number(at) / 1000)

const distinct = slow.deduplicate(['key'], '10s')

test('the first row of a key is let through, and the next one that is far enough from it', async () => {
  const rows = seconds('a', 0, 1, 9, 10, 11, 20, 35)
  assert.deepEqual(timesOf(distinct, rows), [0, 10, 20, 35])
  await agrees(nodeOf(distinct), rows)
})

test('rows out of order are duplicates of rows behind them as well', async () => {
  const tardy = source('events', { at: t.timestamp('ms'), key: t.utf8 }, { time: 'at', outOfOrderness: '1m' })
  const rows = [40, 31, 30, 49, 50, 21, 20, 60].map(at => ({ at: BigInt(at * 1000), key: 'a' }))
  const stream = tardy.deduplicate(['key'], '10s')
  assert.deepEqual(timesOf(stream, rows), [40, 30, 50, 20, 60])
  await agrees(nodeOf(stream), rows)
})

test('keys are told apart, nulls are one of them, and without keys all rows are one', async () => {
  const loose = source('events', { at: t.timestamp('ms'), key: t.utf8.orNull, x: t.float64 }, { time: 'at' })
  const keys = ['a', null, 'b', null, 'a', '']
  const rows = keys.map((key, i) => ({ at: BigInt(i), key, x: i === 4 ? Number.NaN : -0 }))
  assert.equal(outcome(loose.deduplicate(['key'], '1s'), rows).found.length, 4)
  assert.equal(outcome(loose.deduplicate(['x'], '1s'), rows).found.length, 2)
  assert.equal(outcome(loose.deduplicate([], '1s'), rows).found.length, 1)
  await agrees(nodeOf(loose.deduplicate(['key', 'x'], '1s')), rows)
})

test('a row whose duplicates may be forgotten is late and told', () => {
  const { found, told, late } = outcome(events.deduplicate(['key'], '10s'), seconds('a', 0, 30, 21, 20))
  assert.deepEqual([found.length, told, late], [2, 1, 1n])
})

test('rows go on with the time that was theirs: a window behind finds the same rows late for any split', async () => {
  const stream = events
    .deduplicate(['key'], '1m')
    .window(tumble('at', '10s'))
    .agg((_, a) => ({ rows: a.count() }))
  const rows = ['a', 'b', 'a', 'c', 'd'].map((key, i) => row([1, 25, 2, 3, 26][i] * 1000, { key }))
  const { found, late } = outcome(stream, rows)
  assert.deepEqual([found.map(({ rows: n }) => n), late], [[1n, 2n], 1n])
  await agrees(nodeOf(stream), rows)
  await agrees(nodeOf(stream), rows, { batchRows: 1, outputRows: 1, budgetRows: 1 })
})

test('what is kept is bounded by time', () => {
  let found = 0
  const limits = { ...smallLimits, stateRows: 64 }
  const live = compile(events.deduplicate(['key'], '1s'), { limits }).open(
    batch => {
      found += batch.numRows
    },
    { tier: 'js' },
  )
  for (let i = 0; i < 1000; i++) live.push([row(i * 1000, { key: `key ${i}` })] as never)
  live.end()
  assert.equal(found, 1000)
})

test('more keys than there may be are a limit that is told; what was let through stands', () => {
  const rows = Array.from({ length: 200 }, (_, i) => row(0, { key: `key ${i}` }))
  const { found, error } = outcome(events.deduplicate(['key'], '1s'), rows, { limits: { stateRows: 64 } })
  assert.match(String(error), /LDB-8013/)
  assert.ok(found.length >= 32 && found.length <= 64)
})

test('what cannot be right is refused when it is planned', () => {
  assert.throws(() => timeless.deduplicate(['key'], '1s'), { code: 'LDB-2001' })
  assert.throws(() => events.deduplicate(['kye' as never], '1s'), { code: 'LDB-1100' })
  assert.throws(() => events.deduplicate(['key'], '0s'), { code: 'LDB-2003' })
  assert.throws(() => events.window(tumble('at', '1s')).deduplicate(['key'], '1s'), { code: 'LDB-1001' })
  const totals = events.groupBy('key').agg((e, a) => ({ at: a.max(e.at) }), { emit: 'changelog' })
  assert.throws(() => totals.deduplicate(['key'], '1s'), { code: 'LDB-1001' })
})
