/** Sources that fall silent by themselves: when they hold nothing back any more, what wakes them, what is late by then. */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compile,
  type SourceOptions,
  source,
  type Tier,
  t,
  tumble,
  virtualClock,
} from '../../compiler/index.ts'
import { batchFromRows } from '../../runtime/io/rows.ts'
import { smallLimits } from '../support/engine.ts'
import { hasCode } from './kit.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8 }
type Options = SourceOptions<'at', never, 'key'>

const countsOf = (options: Options) => {
  const [east, west] = ['east', 'west'].map(name => source(name, columns, { time: 'at', ...options }))
  const counts = east
    .union(west)
    .window(tumble('at', '10ms'))
    .agg((_, a) => ({ rows: a.count() }))
    .select(r => ({ start: r.window_start, rows: r.rows }))
  return compile(counts, { limits: smallLimits })
}

const query = countsOf({ idleAfter: '100ms' })
const row = (at: number, key = 'a') => ({ at: BigInt(at), key })

function opened(of = query, tier: Tier = 'js') {
  const found: string[] = []
  const clock = virtualClock(1000)
  const live = of.open(
    batch => {
      for (const { start, rows } of batch) found.push(`${start}:${rows}`)
    },
    { tier, clock, warmUp: false },
  )
  const idle = (): readonly boolean[] => live.watermarks().map(({ isIdle }) => isIdle)
  const taken = (): string => found.splice(0).join(' ')
  return { live, clock, idle, found, taken, east: live.source('east'), west: live.source('west') }
}

for (const tier of ['interp', 'js'] as const) {
  test(`${tier}: a source without rows for so long holds nothing back until a row wakes it`, () => {
    const { live, clock, idle, taken, east, west } = opened(query, tier)
    west.push([row(3)])
    east.push([row(1), row(25)])
    clock.advance(99)
    east.push([row(31)])
    assert.equal(taken(), '')
    assert.deepEqual(idle(), [false, false])
    clock.advance(1)
    assert.equal(taken(), '0:2 20:1')
    assert.deepEqual(idle(), [false, true])
    assert.equal(live.metrics().operators[0].heldBackBy?.source, 'east')
    west.push([row(4), row(32)])
    assert.deepEqual(idle(), [false, false])
    assert.equal(live.counters.late, 1n)
    east.push([row(50)])
    assert.equal(taken(), '')
    west.push([row(45)])
    assert.equal(taken(), '30:2')
  })
}

test('how rows are split into batches makes no difference', () => {
  const steps = [
    ...([['west', [3, 4]], 60, ['east', [1, 25, 26]], 40, ['east', [12]], ['west', [5, 8, 41]]] as const),
    ...([['east', [30, 61]], 150, ['west', [70, 71]], ['east', [62, 90]]] as const),
  ]
  const play = (split: boolean) => {
    const { live, clock, idle, taken } = opened()
    const seen: unknown[] = []
    for (const step of steps) {
      if (typeof step === 'number') clock.advance(step)
      else {
        const rows = step[1].map(at => row(at))
        for (const part of split ? rows.map(one => [one]) : [rows]) live.source(step[0]).push(part)
      }
      seen.push([taken(), idle(), live.counters.late])
    }
    return seen
  }
  assert.deepEqual(play(true), play(false))
})

test('a source that never had a row is idle, too; of idle ones the one that is the furthest counts', () => {
  const { clock, idle, taken, east } = opened()
  east.push([row(15), row(31)])
  clock.advance(100)
  assert.equal(taken(), '10:1')
  assert.deepEqual(idle(), [true, true])
})

test('rows that are there when the clock is looked at keep their source awake, however late that is', () => {
  let now = 1000
  const east = source('east', columns, { time: 'at' })
  const live = query.open(() => {}, { tier: 'js', clock: { now: () => now, at: () => () => {} } })
  live.source('east').push([row(25)])
  live.source('west').push([row(3)])
  now = 1099
  live.source('west').push([row(4)])
  const idle = (): readonly boolean[] => live.watermarks().map(({ isIdle }) => isIdle)
  assert.deepEqual(idle(), [false, false])
  now = 1150
  live.source('east').push(batchFromRows(east.schema, []))
  assert.deepEqual(idle(), [true, false])
  now = 1250
  live.source('west').push([row(4)])
  live.source('east').push(batchFromRows(east.schema, []))
  assert.deepEqual(idle(), [true, false])
  live.source('east').push([row(5)])
  assert.deepEqual([idle(), live.counters.late], [[false, false], 0n])
})

test('where all partitions are idle, so is their source', () => {
  const { clock, idle, taken, east, west } = opened(countsOf({ idleAfter: '100ms', partition: 'key' }))
  west.push([row(2, 'b'), row(12, 'a')])
  clock.advance(50)
  east.push([row(35)])
  assert.equal(taken(), '')
  clock.advance(50)
  assert.deepEqual(idle(), [false, true])
  assert.equal(taken(), '0:1 10:1')
})

test('a union of sources that are idle or have ended holds back nothing that it comes together with', () => {
  const [east, west, north] = ['east', 'west', 'north'].map(name => source(name, columns, { time: 'at' }))
  const counts = compile(
    east
      .union(west)
      .where(r => r.key.ne('none'))
      .union(north)
      .window(tumble('at', '10ms'))
      .groupBy()
      .agg((_, a) => ({ rows: a.count() }))
      .select(r => ({ start: r.window_start, rows: r.rows })),
    { limits: smallLimits },
  )
  const orders = [
    ['idle', 'end'],
    ['end', 'idle'],
  ] as const
  for (const order of orders) {
    const { live, found } = opened(counts)
    live.source('east').push([row(1)])
    live.source('west').push([row(2)])
    for (const one of order) {
      live.source('north').push([row(25)])
      assert.deepEqual(found, [])
      if (one === 'end') live.source('west').end()
      else live.source('east').idle()
      live.source('north').push([row(25)])
    }
    assert.deepEqual(found, ['0:2'], order.join())
  }
})

test('a source on its own is idle where nobody is held back', () => {
  const alone = source('alone', columns, { time: 'at', idleAfter: '100ms' })
  const clock = virtualClock()
  const counts = compile(
    alone.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() })),
    { limits: smallLimits },
  )
  const seen: unknown[] = []
  const live = counts.open(batch => seen.push(...batch), { tier: 'js', clock })
  live.push([row(1)])
  clock.advance(1000)
  assert.deepEqual([seen.length, live.watermarks()[0].isIdle], [0, true])
  live.push([row(2), row(10)])
  assert.deepEqual([seen.length, live.counters.late], [1, 0n])
})

/** Batches that come when the test says so. */
function given(name: string) {
  const waiting: ((batch: IteratorResult<readonly object[]>) => void)[] = []
  const answer = async (result: IteratorResult<readonly object[]>): Promise<void> => {
    while (waiting.length === 0) await new Promise(resolve => setImmediate(resolve))
    waiting.shift()?.(result)
    await new Promise(resolve => setTimeout(resolve, 2))
  }
  return {
    rows: {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<readonly object[]>>(resolve => waiting.push(resolve)),
      }),
    },
    give: (...times: readonly number[]) => answer({ done: false, value: times.map(at => row(at, name)) }),
    end: () => answer({ done: true, value: undefined }),
  }
}

test('of a run a source that does not answer is idle, one whose rows wait is not', async () => {
  const clock = virtualClock()
  const [east, west] = ['east', 'west'].map(given)
  const running = query.run({ east: east.rows, west: west.rows }, { clock, tier: 'js' })
  // Nobody is silent before somebody reads.
  clock.advance(1010)
  const results = running[Symbol.asyncIterator]()
  const first = results.next()
  await west.give(2)
  assert.equal(running.metrics().sources[0].isIdle, false)
  await east.give(5, 25)
  clock.advance(40)
  await east.give(26)
  assert.equal(running.metrics().sources[0].isIdle, false)
  clock.advance(50)
  await east.give(31)
  clock.advance(50)
  assert.equal((await first).value?.numRows, 2)
  assert.deepEqual(
    running.metrics().sources.map(({ isIdle }) => isIdle),
    [false, true],
  )
  await results.return?.()
})

test('what makes no sense is refused', () => {
  const declare = (options: Options) => () => source('events', columns, options)
  assert.throws(declare({ idleAfter: '1s' }), hasCode('LDB-0002', /idleAfter says nothing without time/))
  assert.throws(declare({ time: 'at', idleAfter: '0ms' }), hasCode('LDB-0001', /a millisecond/))
  assert.throws(
    declare({ time: 'at', idleAfter: '1s', watermark: 'processing time' }),
    hasCode('LDB-1001', /follows the clock/),
  )
})
