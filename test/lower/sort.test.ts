/** Rows in order of event time, and those of windows by what they hold: what is late, what ties do, how long rows wait. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, source, t, tumble } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'
import { outcome, textsOf } from '../support/outcome.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

const stops = { batchRows: 1, outputRows: 1, budgetRows: 1 }
const timesOf = (stream: unknown, rows: readonly ModelRow[]): readonly number[] =>
  outcome(stream, rows).found.map(({ at }) => Number(at))

test('rows out of order leave in order, and what comes behind the watermark is late and told', async () => {
  const rows = [0, 900, 400, 1400, 399, 400, 1400, 1399, 5000].map(at => row(at))
  assert.deepEqual(timesOf(slow.sort(), rows), [0, 400, 400, 900, 1399, 1400, 1400, 5000])
  const { told, late } = outcome(slow.sort(), rows)
  assert.deepEqual([told, late], [1, 1n])
  await agrees(nodeOf(slow.sort()), rows)
  await agrees(nodeOf(slow.sort()), rows, stops)
})

test('a row leaves when the watermark has passed it, and not when it has come to it', () => {
  const found: number[] = []
  const live = compile(slow.sort(), { limits: smallLimits }).open(
    batch => void found.push(...Array.from(batch, one => Number(one.at))),
    { tier: 'js' },
  )
  const push = (at: number): readonly number[] => {
    live.push([row(at)] as never)
    return found.splice(0)
  }
  assert.deepEqual(push(1000), [])
  assert.deepEqual(push(2000), [])
  assert.deepEqual(push(2001), [1000])
  assert.deepEqual(push(1001), [])
  live.end()
  assert.deepEqual(found, [1001, 2000, 2001])
})

test('rows of one time stay in the order in which they came, or are told apart by columns', async () => {
  const rows = [3, 1, 2, 1].map((n, i) => row(i === 3 ? 0 : 7, { n: BigInt(n), key: 'abcd'[i] }))
  const keys = (stream: unknown): string =>
    outcome(stream, rows)
      .found.map(({ key }) => key)
      .join('')
  assert.equal(keys(slow.sort()), 'dabc')
  assert.equal(keys(slow.sort(['n'])), 'dbca')
  assert.equal(keys(slow.sort([{ column: 'key', descending: true }])), 'dcba')
  await agrees(nodeOf(slow.sort(['n', 'key'])), rows)
})

const loose = source(
  'loose',
  { at: t.timestamp('ms'), n: t.int32.orNull, x: t.float64, key: t.utf8.orNull },
  { time: 'at' },
)
const mixed = [
  [2, 1, 'b'],
  [null, Number.NaN, null],
  [1, -0, 'a'],
  [2, 0, ''],
  [null, -1, 'ab'],
].map(([n, x, key]) => ({ at: 5n, n, x, key })) as readonly ModelRow[]

test('null is the largest value, NaN the largest number; both zeros are one', async () => {
  const order = (...by: Parameters<typeof loose.sort>): readonly string[] =>
    outcome(loose.sort(...by), mixed).found.map(({ n, x, key }) => `${n} ${x} ${key}`)
  assert.deepEqual(order(['n', 'x']), ['1 0 a', '2 0 ', '2 1 b', 'null -1 ab', 'null NaN null'])
  assert.deepEqual(order([{ column: 'n', descending: true }]).slice(0, 2), ['null NaN null', 'null -1 ab'])
  assert.deepEqual(order([{ column: 'n', nulls: 'first' }]).at(-1), '2 0 ')
  assert.deepEqual(order([{ column: 'n', descending: true, nulls: 'last' }]).at(-1), 'null -1 ab')
  assert.deepEqual(
    order(['x']).map(text => text.split(' ')[1]),
    ['-1', '0', '0', '1', 'NaN'],
  )
  assert.deepEqual(
    order(['key']).map(text => text.split(' ').at(-1)),
    ['', 'a', 'ab', 'b', 'null'],
  )
  for (const by of [['n', 'x'], ['key'], ['x', { column: 'key', descending: true }]] as const)
    await agrees(nodeOf(loose.sort(by)), mixed, stops)
})

test('the rows of each window leave when it closes, by columns, and no more than so many', async () => {
  const best = slow.window(tumble('at', '10s')).sort([{ column: 'n', descending: true }], { limit: 2 })
  const rows = [1, 3, 2, 11, 12, 13, 14, 9].map((at, i) => row(at * 1000, { n: BigInt((i * 7) % 5) }))
  assert.deepEqual(
    textsOf(
      outcome(
        best.select(r => ({ from: r.window_start, n: r.n })),
        rows,
      ).found,
    ),
    ['0 4', '0 2', '10000 3', '10000 2'],
  )
  assert.equal(outcome(best, rows).late, 1n)
  await agrees(nodeOf(best), rows)
  await agrees(nodeOf(best), rows, stops)
})

test('what follows has its event time: windows close, and no sorted row is late for them', async () => {
  const counted = slow
    .sort()
    .window(tumble('at', '1s'))
    .agg((_, a) => ({ rows: a.count() }))
  const rows = [0, 1500, 700, 1200, 3000, 2100, 2000, 9000].map(at => row(at))
  assert.deepEqual(
    outcome(counted, rows).found.map(({ rows: n }) => n),
    [2n, 2n, 2n, 1n, 1n],
  )
  await agrees(nodeOf(counted), rows, stops)
  const ranked = slow.window(tumble('at', '1s')).sort(['x']).deduplicate(['key'], '1h')
  await agrees(nodeOf(ranked), rows, stops)
})

test('rows wait as long as they must and no longer: few at a time, for ever', () => {
  let found = 0
  const live = compile(slow.sort(), { limits: { ...smallLimits, stateRows: 64 } }).open(
    batch => {
      found += batch.numRows
    },
    { tier: 'js' },
  )
  const rows = Array.from({ length: 2000 }, (_, i) => row(i * 50 + (i % 3) * 200, { key: `key ${i}` }))
  live.push(rows as never)
  live.end()
  assert.equal(found, 2000)
})

test('more rows than may wait are a limit that is told; those that waited leave', () => {
  const rows = Array.from({ length: 200 }, (_, i) => row(i))
  const { found, error } = outcome(slow.sort(), rows, { limits: { stateRows: 64 } })
  assert.match(String(error), /LDB-8013/)
  assert.ok(found.length >= 32 && found.length <= 64)
})

test('what cannot be right is refused when it is planned', () => {
  assert.throws(() => timeless.sort(), { code: 'LDB-2001' })
  assert.throws(() => events.sort(['kye' as never]), { code: 'LDB-1100' })
  assert.throws(() => events.window(tumble('at', '1s')).sort(['n'], { limit: 0 }), { code: 'LDB-0001' })
  const totals = events.groupBy('key').agg((e, a) => ({ at: a.max(e.at) }), { emit: 'changelog' })
  assert.throws(() => totals.sort(), { code: 'LDB-1001' })
})
