/** Queries that have to do with processing time, by a clock that the test turns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, type LiveQuery, source, t, type VirtualClock, virtualClock } from '../../compiler/index.ts'
import { event, events, hasCode, lines, small } from './kit.ts'

const every = { every: '10s', clock: 'processing' } as const
const totals = compile(
  events.groupBy('key').agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }), { early: every }),
  { limits: small },
)

function opened(clock: VirtualClock = virtualClock(3_000)): {
  readonly live: LiveQuery
  readonly seen: string[]
  readonly clock: VirtualClock
} {
  const seen: string[] = []
  const live = totals.open(batch => seen.push(...lines(batch, 'key', 'rows', 'sum')), { clock })
  return { live, seen, clock }
}

test('totals of what has changed, at every multiple of the period, between pushes', () => {
  const { live, seen, clock } = opened()
  live.push([event(1, 'a', 3), event(2, 'b', 4)])
  clock.advance(6_999)
  assert.deepEqual(seen, [])
  clock.advance(1)
  assert.deepEqual(seen, ['a 1 3', 'b 1 4'])
  clock.advance(60_000)
  assert.equal(seen.length, 2)
  live.push([event(3, 'b', 5)])
  clock.advance(10_000)
  assert.deepEqual(seen.slice(2), ['b 2 9'])
  live.end()
  assert.deepEqual(seen.slice(3), ['a 1 3', 'b 2 9'])
  clock.advance(60_000)
})

test('a push looks at the clock first, and so does tick', () => {
  let now = 1_000
  const seen: string[] = []
  const clock = { now: () => now, at: () => () => {} }
  const live = totals.open(batch => seen.push(...lines(batch, 'key', 'rows')), { clock })
  live.push([event(1, 'a')])
  now = 10_000
  live.push([event(2, 'a')])
  assert.deepEqual(seen, ['a 1'])
  now = 20_000
  live.tick()
  assert.deepEqual(seen, ['a 1', 'a 2'])
  // A clock that goes back stands still.
  now = 5_000
  live.push([event(3, 'b')])
  now = 29_999
  live.tick()
  assert.equal(seen.length, 2)
  now = 30_000
  live.tick()
  assert.deepEqual(seen.slice(2), ['b 1'])
})

test('what goes wrong when the clock strikes is thrown by the next call', () => {
  const clock = virtualClock()
  const live = totals.open(
    () => {
      throw new Error('mine')
    },
    { clock },
  )
  live.push([event(1)])
  clock.advance(10_000)
  assert.throws(() => live.push([event(2)]), hasCode('LDB-5004', /mine/))
  live.push([event(2)])
  live.close()
  clock.advance(10_000)
})

test('a clock that strikes inside of a callback waits', () => {
  const clock = virtualClock()
  const seen: string[] = []
  const live = totals.open(
    batch => {
      seen.push(...lines(batch, 'key', 'rows'))
      if (seen.length === 1) clock.advance(30_000)
    },
    { clock },
  )
  live.push([event(1)])
  clock.advance(10_000)
  live.push([event(2)])
  clock.advance(10_000)
  assert.deepEqual(seen, ['a 1', 'a 2'])
  live.end()
})

test('a run gives early results while its source has nothing', async () => {
  const clock = virtualClock()
  let finish = (): void => {}
  const isOver = new Promise<void>(resolve => {
    finish = resolve
  })
  async function* rows() {
    yield [event(1, 'a', 3)]
    await isOver
  }
  const found: string[] = []
  const turn = setInterval(() => clock.advance(10_000), 2)
  for await (const batch of totals.run(rows(), { clock })) {
    found.push(...lines(batch, 'key', 'rows', 'sum'))
    finish()
  }
  clearInterval(turn)
  assert.deepEqual(found, ['a 1 3', 'a 1 3'])
})

test('every source of a union knows the time, whichever has rows', () => {
  const columns = { key: t.utf8 }
  const totalsOf = (name: string) =>
    source(name, columns)
      .groupBy('key')
      .agg((_, a) => ({ rows: a.count() }), { early: every })
  const clock = virtualClock()
  const seen: string[] = []
  const both = compile(totalsOf('left').union(totalsOf('right')), { limits: small })
  const live = both.open(batch => seen.push(...lines(batch, 'key', 'rows')), { clock })
  live.source('left').push([{ key: 'a' }])
  live.source('right').push([{ key: 'b' }])
  clock.advance(10_000)
  assert.deepEqual(seen.toSorted(), ['a 1', 'b 1'])
  live.source('right').push([{ key: 'b' }])
  clock.advance(10_000)
  assert.deepEqual(seen.slice(2), ['b 2'])
  live.close()
})
