/** Windows that overlap: what they refuse, what they forget, and rows that come when some of their windows have closed. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compilePlan } from '../../compiler/driver.ts'
import {
  compile,
  cumulate,
  type Duration,
  hop,
  type Stream,
  session,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { type WindowSpec, window } from '../../ir/logical/window.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { isQuick } from '../support/runs.ts'
import { events, nodeOf, row, slow } from '../support/small-streams.ts'

after(closeNativeCompiler)

const HOUR = 3_600_000

/** Waits for rows that are a minute late. */
const patient = source(
  'events',
  { at: t.timestamp('ms'), n: t.int64, u: t.uint64, x: t.float64, key: t.utf8 },
  { time: 'at', outOfOrderness: '1m' },
)

test('panes that no window needs are forgotten: as many groups as the windows of a moment', async () => {
  const rows = Array.from({ length: 400 }, (_, i) => row(i * 3, { key: 'abc'[i % 3], n: BigInt(i) }))
  for (const spec of [hop('at', '40ms', '10ms'), hop('at', '40ms', '15ms'), cumulate('at', '40ms', '10ms')]) {
    const plan = events
      .window(spec)
      .groupBy('key')
      .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
    await agrees(nodeOf(plan), rows, { stateRows: 32 })
  }
})

test('a row belongs to the windows of its time that are still open', async () => {
  const plan = events.window(hop('at', '10ms', '2ms')).agg((f, a) => ({ rows: a.count(), sum: a.sum(f.n) }))
  const times = [3, 11, 5, 5, 13, 9, 4, 12, 30, 21, 20, 19]
  await agrees(
    nodeOf(plan),
    times.map((at, i) => row(at, { n: BigInt(i) })),
  )
})

test('windows far apart, and ones of which a row is the last and the first', async () => {
  const plan = slow.window(hop('at', '1h', '7m')).agg((f, a) => ({ rows: a.count(), last: a.last(f.key) }))
  const times = [-5 * HOUR, -5 * HOUR + 1, 0, 1, 40 * HOUR, 40 * HOUR - 900, 90 * HOUR]
  await agrees(
    nodeOf(plan),
    times.map((at, i) => row(at, { key: `k${i}` })),
  )
})

test('results of overlapping windows go into windows, and come in time for them', async () => {
  const inner = events.window(hop('at', '20ms', '5ms')).agg((_, a) => ({ rows: a.count() }))
  const ofHops = inner.select(f => ({ from: f.window_start, rows: f.rows }))
  const ofSteps = events
    .window(cumulate('at', '20ms', '5ms'))
    .agg((_, a) => ({ rows: a.count() }))
    .select(f => ({ from: f.window_start, rows: f.rows }))
  const rows = Array.from({ length: 60 }, (_, i) => row(i * 3 - 95))
  for (const stream of [ofHops, ofSteps])
    for (const spec of [tumble('from', '20ms'), tumble('from', '5ms')])
      await agrees(nodeOf(stream.window(spec).agg((f, a) => ({ rows: a.sum(f.rows), n: a.count() }))), rows)
})

const sessionsOf = (gap: Duration, inclusive = false) =>
  slow
    .window(session('at', gap, { inclusive }))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.x), first: a.first(f.n), last: a.last(f.n) }))

test('a row between two sessions makes them one, whenever it comes', async () => {
  const times = [0, 19, 40, 59, 100, 10, 30, 50, 49, 5000, 80, 90, 70]
  const rows = times.map((at, i) => row(at, { n: BigInt(i), x: 0.1 * i, key: i % 5 === 4 ? 'b' : 'a' }))
  for (const inclusive of [false, true]) await agrees(nodeOf(sessionsOf('10ms', inclusive)), rows)
})

test('a row exactly a gap behind the last one begins a session, or joins it where that is asked for', async () => {
  const rows = [0, 10, 20, 31].map(at => row(at))
  const sessions = async (inclusive: boolean): Promise<readonly unknown[]> => {
    const found: unknown[] = []
    const live = compile(sessionsOf('10ms', inclusive)).open(batch => {
      for (const { window_start, window_end, rows } of batch) found.push([window_start, window_end, rows])
    })
    live.push(rows as never)
    live.end()
    return found.map(String)
  }
  assert.deepEqual(await sessions(false), ['0,10,1', '10,20,1', '20,30,1', '31,41,1'])
  assert.deepEqual(await sessions(true), ['0,30,3', '31,41,1'])
  for (const inclusive of [false, true]) await agrees(nodeOf(sessionsOf('10ms', inclusive)), rows)
})

test('a late row that an open session holds is not late', async () => {
  const plan = sessionsOf('10ms')
  const rows = [100, 1108, 95, 89, 85, 1111, 80, 70, 1112, 105, 1119, 110, 4000].map(at => row(at))
  await agrees(nodeOf(plan), rows)
})

test('a session is not closed before its last row is old enough, nor held by one too far away', async () => {
  const plan = nodeOf(sessionsOf('10ms'))
  const rowsAt = (times: readonly number[]) => times.map(at => row(at))
  await agrees(plan, rowsAt([0, 8, 1012, 16, 3000]))
  await agrees(plan, rowsAt([19, 1020, 5, 4000]))
})

test('sessions that end together leave in the order in which they began', async () => {
  const keys = [...'hgfedcba']
  const rows = [5, 6, 5].flatMap(at => keys.map(key => row(at, { key })))
  await agrees(nodeOf(sessionsOf('10ms')), rows)
})

test('sessions that have ended leave where others need their room', () => {
  const rows = Array.from({ length: 500 }, (_, i) => row(i * 20, { key: `k${i % 50}` }))
  const plan = events
    .window(session('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
  const { found, error } = outcome(plan, rows, { limits: { stateRows: 16, batchRows: 500 } })
  assert.equal(error, undefined)
  assert.equal(found.length, 500)
})

test('thousands of open sessions of one key, in no order', async () => {
  const rows = Array.from({ length: isQuick ? 600 : 3000 }, (_, i) =>
    row((i * 7919) % 60_000, { n: BigInt(i), x: i / 3 }),
  )
  const plan = patient
    .window(session('at', '9ms'))
    .groupBy('key')
    .agg((f, a) => ({ rows: a.count(), sum: a.sum(f.x), last: a.last(f.n) }))
  await agrees(nodeOf(plan), rows, { budgetRows: 100 })
})

test('windows that cannot be are refused where they are made', () => {
  const refused = (code: string, build: () => unknown): void => {
    assert.throws(build, (error: unknown) => error instanceof MillraceError && error.code === code)
  }
  const hopping = (size: Duration, slide: Duration) => () => events.window(hop('at', size, slide))
  refused('LDB-2003', hopping('1s', '2s'))
  refused('LDB-2003', hopping('1s', '0s'))
  refused('LDB-2003', hopping('1h', '1ms'))
  refused('LDB-2003', () => events.window(cumulate('at', '10s', '3s')))
  refused('LDB-2002', hopping('1s', '1us'))
  refused('LDB-2003', () => events.window(session('at', '0s')))
  const spec: WindowSpec = { kind: 'hop', column: 'at', sizeTicks: 10n, slideTicks: 5n, offsetTicks: 0n }
  const rows = window(events.node, spec)
  refused('LDB-1001', () => compilePlan(rows))
  refused('LDB-1001', () => window(rows, spec))
  const windowed = events.window(hop('at', '1s', '1s')) as unknown as Stream<never>
  assert.equal('select' in windowed, false)
  assert.ok(compile(events.window(hop('at', '1s', '1s')).agg((_, a) => ({ n: a.count() }))).hash)
})
