/** Why is it not emitting: the operator that waits, the source or partition that holds it back, and since when. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, source, t, tumble, virtualClock } from '../../compiler/index.ts'
import { smallLimits } from '../support/engine.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8 }
const row = (at: number, key = 'a') => ({ at: BigInt(at), key })
const [east, west] = ['east', 'west'].map(name => source(name, columns, { time: 'at' }))
const counts = compile(
  east
    .union(west)
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() })),
  { limits: smallLimits },
)

test('an operator behind a union names the source that is the furthest behind, and since when', () => {
  const clock = virtualClock(1000)
  const live = counts.open(() => {}, { tier: 'js', clock })
  const operator = () => live.metrics().operators[0]
  assert.deepEqual(
    [operator().watermark, operator().nextAt, operator().heldBackBy?.watermark],
    [undefined, undefined, undefined],
  )
  live.source('west').push([row(3)])
  clock.advance(500)
  live.source('east').push([row(5), row(25, 'b')])
  clock.advance(500)
  const { watermark, nextAt, heldBackBy, state, late } = operator()
  assert.deepEqual([watermark, nextAt, late], [3n, 10n, 0n])
  assert.deepEqual(heldBackBy, { source: 'west', watermark: 3n, sinceMs: 1000, partition: undefined })
  assert.deepEqual(
    state.map(({ name, entries }) => [name, entries]),
    [
      ['groups', 2],
      ['windows', 2],
      ['texts', 2],
    ],
  )
  live.source('west').idle()
  assert.equal(operator().heldBackBy?.source, 'east')
  assert.equal(operator().heldBackBy?.sinceMs, 1500)
  live.source('west').push([row(7)])
  live.source('west').end()
  assert.deepEqual([operator().watermark, operator().late], [25n, 1n])
  assert.equal(operator().heldBackBy?.source, 'east')
  live.end()
  assert.equal(operator().heldBackBy, undefined)
  assert.equal(live.metrics().counters.rowsIn, 4n)
})

test('a partition is named where it holds its source back', () => {
  const parted = source('parted', columns, { time: 'at', partition: 'key' })
  const query = compile(
    parted.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() })),
    {
      limits: smallLimits,
    },
  )
  const clock = virtualClock(7)
  const live = query.open(() => {}, { tier: 'js', clock })
  live.push([row(2, 'slow'), row(30, 'fast')])
  const [{ heldBackBy }] = live.metrics().operators
  assert.deepEqual(heldBackBy, { source: 'parted', watermark: 2n, sinceMs: 7, partition: 'slow' })
})

test('operators in a row each have their own', () => {
  const twice = compile(
    east
      .window(tumble('at', '10ms'))
      .groupBy('key')
      .agg((_, a) => ({ rows: a.count() }))
      .select(r => ({ end: r.window_end, rows: r.rows }))
      .window(tumble('end', '100ms'))
      .agg((r, a) => ({ rows: a.sum(r.rows) })),
    { limits: smallLimits },
  )
  const live = twice.open(() => {}, { tier: 'js' })
  live.push([row(1), row(12), row(23)])
  const [first, second] = live.metrics().operators
  assert.deepEqual([first.nextAt, second.nextAt, second.heldBackBy?.source], [30n, 100n, 'east'])
  assert.match(first.operator, /^aggregate by/)
})
