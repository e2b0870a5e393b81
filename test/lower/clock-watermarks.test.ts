/** Watermarks and the clock: rows ahead of it, watermarks that follow it, and what a query says of its watermarks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile, source, t, tumble, virtualClock } from '../../compiler/index.ts'
import { type LdbCode, MillraceError } from '../../ir/errors.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8.orNull, shard: t.int32.orNull, share: t.float64 }
type Options = Parameters<typeof source<typeof columns>>[2]

function opened(options: Options, startMs = 0) {
  const events = source('events', columns, { time: 'at', ...options })
  const clock = virtualClock(startMs)
  const out: string[] = []
  const faults: string[] = []
  const query = compile(events.window(tumble('at', '10ms')).agg((_, a) => ({ rows: a.count() })))
  const live = query.open(
    batch => {
      for (const { window_start, rows } of batch) out.push(`${window_start}:${rows}`)
    },
    { clock, onFaulty: ({ faults: found }) => faults.push(...found.map(({ code }) => code)) },
  )
  const push = (...times: readonly (number | bigint)[]): void =>
    live.push(times.map(at => ({ at: BigInt(at), key: 'a', shard: null, share: 0 })))
  return { live, clock, out, faults, push }
}

const refuses = (code: LdbCode, work: () => void): void =>
  assert.throws(work, (error: unknown) => error instanceof MillraceError && error.code === code)

test('a row that is ahead of the clock does not move the watermark, and goes on', () => {
  const { live, out, push } = opened({ maxAhead: '100ms' }, 1000)
  push(995, 1100, 1101, 990)
  assert.deepEqual(out, ['990:1'])
  assert.equal(live.counters.late, 1n)
  assert.equal(live.watermarks()[0].ahead, 1n)
  assert.equal(live.watermarks()[0].watermark, 1100n)
  live.end()
  assert.deepEqual(out, ['990:1', '1100:2'])
})

test('a row that is ahead of the clock is refused where the source says so', () => {
  const { live, out, faults, push } = opened({ maxAhead: '100ms', onAhead: 'refuse' }, 1000)
  push(1100, 1101)
  assert.deepEqual(faults, ['LDB-2007'])
  assert.equal(live.counters.faulty, 1n)
  live.end()
  assert.deepEqual(out, ['1100:1'])
})

test('the bound goes with the clock, in ticks of any unit', () => {
  const { live, clock, push } = opened({ maxAhead: '100ms' }, 1000)
  push(1150)
  clock.advance(50)
  push(1150)
  assert.equal(live.watermarks()[0].ahead, 1n)
  const slow = source('s', { at: t.timestamp('s') }, { time: 'at', maxAhead: '1s' })
  const other = compile(slow.window(tumble('at', '1s')).agg((_, a) => ({ rows: a.count() })))
  const open = other.open(() => {}, { clock: virtualClock(5999) })
  open.push([{ at: 6n }, { at: 7n }])
  assert.equal(open.watermarks()[0].ahead, 1n)
})

test('a watermark that follows the clock is raised before batches and while none comes; rows do not move it', () => {
  const { live, clock, out, push } = opened({ watermark: 'processing time', outOfOrderness: '50ms' }, 1000)
  push(2000, 955, 951, 939)
  assert.equal(live.counters.late, 1n)
  assert.deepEqual(out, [])
  clock.advance(200)
  assert.deepEqual(out, ['950:2'])
  assert.equal(live.watermarks()[0].watermark, 1150n)
  live.advanceTo(3000n)
  assert.deepEqual(out, ['950:2', '2000:1'])
})

test('who holds the watermark back, and since when', () => {
  const { live, clock } = opened({ partition: 'key', idleAfter: '100ms' }, 1000)
  const push = (key: string | null, at: number): void =>
    live.push([{ key, at: BigInt(at), shard: 1, share: 1 }])
  assert.deepEqual(live.watermarks(), [
    {
      source: 'events',
      watermark: undefined,
      isIdle: false,
      ahead: 0n,
      alignment: undefined,
      partitions: { active: 0, idle: 0, forgotten: 0n, holder: undefined },
    },
  ])
  push('one', 10)
  clock.advance(10)
  push(null, 5)
  clock.advance(10)
  push('one', 40)
  const [{ watermark, partitions }] = live.watermarks()
  assert.equal(watermark, 10n)
  assert.deepEqual(partitions?.holder, { partition: null, watermark: 5n, sinceMs: 1010 })
  clock.advance(140)
  const [after] = live.watermarks()
  assert.deepEqual([after.watermark, after.partitions?.active, after.partitions?.idle], [40n, 0, 2])
  push('two', 70)
  assert.equal(live.watermarks()[0].partitions?.holder?.partition, 'two')
  assert.equal(live.watermarks()[0].watermark, 70n)
})

test('partitions by numbers, by doubles and by null are named by their value', () => {
  for (const [column, value] of [
    ['shard', 7],
    ['shard', null],
    ['share', 0.25],
  ] as const) {
    const { live } = opened({ partition: column })
    live.push([{ at: 1n, key: 'a', shard: 7, share: 0.25, [column]: value }])
    assert.equal(live.watermarks()[0].partitions?.holder?.partition, value)
  }
})

test('what cannot be is refused where the source is declared', () => {
  const declare = (options: Options) => () => void source('events', columns, { time: 'at', ...options })
  refuses('LDB-0002', declare({ onAhead: 'refuse' }))
  refuses('LDB-0001', declare({ maxAhead: '-1ms' }))
  refuses('LDB-1001', declare({ watermark: 'processing time', watermarkMoves: 'batch' }))
  refuses('LDB-1001', declare({ watermark: 'processing time', partition: 'key' }))
})

/** Late rows of a stream of batches, by the settings that stand for another engine. */
function late(options: Options, ...batches: readonly (readonly number[])[]): bigint {
  const { live, push } = opened(options)
  for (const times of batches) push(...times)
  return live.counters.late
}

// A batch stands for the interval in which watermarks are generated. Flink's watermark is a millisecond less, and so is the
// largest timestamp of a window that it is held against: what is late is the same.
test('as Flink: bounded out-of-orderness, watermarks in periods, late where the window is closed', () => {
  const flink: Options = { outOfOrderness: '2ms', watermarkMoves: 'batch' }
  assert.equal(late(flink, [25, 3], [4]), 1n)
  assert.equal(late(flink, [11], [9]), 0n)
  assert.equal(late(flink, [12], [9]), 1n)
})

test('as Flink: per-partition watermarks with idleness', () => {
  const { live, clock } = opened({ partition: 'key', idleAfter: '30s', watermarkMoves: 'batch' })
  const push = (key: string, at: number): void => live.push([{ key, at: BigInt(at), shard: 1, share: 1 }])
  push('a', 50)
  push('b', 20)
  push('a', 60)
  assert.equal(live.watermarks()[0].watermark, 50n)
  clock.advance(20_000)
  push('a', 70)
  clock.advance(15_000)
  assert.equal(live.watermarks()[0].watermark, 70n)
})

test('as RisingWave: the watermark of a column moves behind each chunk, which is held against the one before', () => {
  const risingWave: Options = { outOfOrderness: '5ms', watermarkMoves: 'batch' }
  assert.equal(late(risingWave, [25, 3], [4], [20]), 1n)
  assert.equal(late({ outOfOrderness: '5ms' }, [25, 3], [4], [20]), 2n)
})

test('a row that is ahead of the clock does not move its partition', () => {
  const { live } = opened({ partition: 'key', maxAhead: '100ms' })
  const push = (key: string, at: number): void => live.push([{ key, at: BigInt(at), shard: 1, share: 1 }])
  push('a', 5)
  push('b', 8)
  push('a', 101)
  push('b', 50)
  assert.deepEqual([live.watermarks()[0].watermark, live.watermarks()[0].ahead], [5n, 1n])
})

test('what lies under a time that is null moves nothing', () => {
  const events = source('events', { at: t.timestamp('ms').orNull }, { time: 'at' })
  const live = compile(events).open(() => {})
  // A zero lies there.
  live.push([{ at: -50n }, { at: null }, { at: -45n }])
  assert.deepEqual([live.watermarks()[0].watermark, live.counters.nullTime], [-45n, 1n])
})
