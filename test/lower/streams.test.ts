/** Small streams, each with one situation that rarely comes about by chance: every back end says what the model says. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Data, Field, Float64, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'
import { interpret } from '../../codegen/interp/interpret.ts'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type Columns, compile, type Stream, source, t, tumble, when } from '../../compiler/index.ts'
import { Status } from '../../ir/abi.ts'
import { aggregate as call } from '../../ir/expr/aggregates.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { source as sourceNode } from '../../ir/logical/source.ts'
import { window } from '../../ir/logical/window.ts'
import { WIDEST } from '../../ir/physical/program.ts'
import { Pipeline } from '../../runtime/dag/pipeline.ts'
import { reservePlan } from '../../runtime/memory/arena.ts'
import { resolveLimits } from '../../runtime/memory/limits.ts'
import { agrees } from '../support/agrees.ts'
import { backends } from '../support/backends.ts'
import { smallLimits } from '../support/engine.ts'
import { clashingLongs, mix, unmix } from '../support/hash-model.ts'
import { events, nodeOf, row, slow, timeless } from '../support/small-streams.ts'

after(closeNativeCompiler)

const MAX = (1n << 63n) - 1n
const MIN = -(1n << 63n)

test('a group that takes the place of another begins anew', async () => {
  const plan = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({
      sum: a.sum(f.n),
      floats: a.sum(f.x),
      rows: a.count(),
      large: a.max(f.n, { where: f.n.gt(100) }),
      small: a.min(f.n, { where: f.n.gt(100) }),
    }))
  const rows = [
    row(1, { n: MAX, x: 1e9 }),
    row(2, { key: 'b' }),
    row(11, { key: 'c' }),
    row(12, { key: 'd' }),
  ]
  await agrees(nodeOf(plan), [...rows, row(31, { key: 'a' }), row(32, { key: 'b', n: MAX })])
})

test('what lies under a null has no say', async () => {
  const few = timeless.select(f => ({ k: f.n.nullif(f.n), n: f.n, f: f.x.nullif(f.x) }))
  const rows = [
    row(0, { n: 7n, x: 7 }),
    row(0, { n: MAX, x: 8 }),
    row(0, { n: MAX, x: 9 }),
    row(0, { n: 2n }),
  ]
  await agrees(nodeOf(few.groupBy('k', 'f').agg((_, a) => ({ rows: a.count() }))), rows)
  const sums = few.groupBy().agg((f, a) => ({ sum: a.sum(f.n, { where: f.n.lt(100) }), rows: a.count(f.k) }))
  await agrees(nodeOf(sums), rows)
})

test('of rows at one time the last to arrive is the last, the first to arrive the first', async () => {
  const plan = events.groupBy('key').agg((f, a) => ({ first: a.first(f.n), last: a.last(f.n) }))
  await agrees(
    nodeOf(plan),
    [1n, 2n, 3n].map(n => row(5, { n })),
  )
})

test('unsigned sums and averages pass 2^63', async () => {
  const plan = events.groupBy('key').agg((f, a) => ({ sum: a.sum(f.u), average: a.avg(f.u) }))
  await agrees(nodeOf(plan), [row(1, { u: (1n << 63n) - 1n }), row(2, { u: 5n }), row(3, { u: 1n << 62n })])
})

test('floats of one group are added in lanes, by blocks and one by one', async () => {
  const rows = Array.from({ length: 50 }, (_, i) => row(0, { x: 10 ** ((i * 7) % 17) / 3 }))
  for (const stream of [timeless, events]) {
    await agrees(nodeOf(stream.groupBy().agg((f, a) => ({ sum: a.sum(f.x) }))), rows)
  }
})

test('sums and counts of one group leave out what a filter drops, and nulls', async () => {
  const few = timeless.where(f => f.n.gt(3)).select(f => ({ n: f.n, x: f.x, some: f.x.nullif(5) }))
  const plan = few.groupBy().agg((f, a) => ({
    rows: a.count(),
    sum: a.sum(f.n),
    floats: a.sum(f.x),
    ofSome: a.sum(f.some),
    given: a.count(f.some),
  }))
  await agrees(
    nodeOf(plan),
    Array.from({ length: 50 }, (_, i) => row(0, { n: BigInt(i % 7), x: (i * 3) % 11 })),
  )
})

test('a delay stops at the beginning of time', async () => {
  const plan = slow
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
  await agrees(nodeOf(plan), [row(MIN + 30n), row(MIN + 31n), row(MIN + 5000n), row(MIN + 5001n)])
})

test('windows of windows, before 1970 and at the end of the stream', async () => {
  const inner = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
    .select(f => ({ from: f.window_start, rows: f.rows, key: f.key }))
  const plan = inner.window(tumble('from', '20ms')).agg((f, a) => ({ rows: a.sum(f.rows) }))
  const rows = Array.from({ length: 60 }, (_, i) => row(i * 3 - 95, { key: 'abc'[i % 3] }))
  const whole = inner.groupBy('key').agg((f, a) => ({ rows: a.sum(f.rows) }))
  for (const budgetRows of [1, 1000])
    for (const one of [plan, whole]) await agrees(nodeOf(one), rows, { budgetRows })
})

test('an output that fills up in the midst of a batch, with rows that a mask drops', async () => {
  const plan = timeless.where(f => f.n.gt(3)).select(f => ({ twice: f.x.mul(2), n: f.n }))
  const rows = Array.from({ length: 40 }, (_, i) => row(0, { n: BigInt(i % 7), x: i }))
  for (const outputRows of [1, 2, 3, 64]) await agrees(nodeOf(plan), rows, { outputRows })
})

test('what is due has come out when a later row of its batch meets a limit', () => {
  const doubled = events.select(f => ({ at: f.at, key: f.key.concat(f.key) }))
  const plan = doubled
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
  const found: unknown[] = []
  const live = compile(plan, { limits: { ...smallLimits, scratchBytes: 1 << 12 } }).open(batch => {
    found.push(...Array.from(batch, ({ key }) => key))
  })
  const huge = row(12, { key: 'x'.repeat(3000) })
  const batch = [row(1), row(11, { key: 'b' }), huge]
  assert.throws(() => live.push(batch as never), /LDB-8014/)
  assert.deepEqual(found, ['aa'])
  live.close()
})

test('a call of a kernel takes no more rows than its budget', () => {
  const limits = resolveLimits({ ...smallLimits, budgetRows: 7 })
  const plans = [timeless.where(f => f.n.gt(3)), timeless.groupBy('key').agg((_, a) => ({ rows: a.count() }))]
  for (const plan of plans) {
    const { program } = compile(plan as unknown as Stream<Columns>, { limits }).compilation
    const [{ kernels, push }] = program.pipelines
    const pipeline = new Pipeline(program.pipelines[0], reservePlan(program, limits), limits)
    const widest = push(WIDEST)
    const linked = interpret({ name: 'budget', kernels: [...kernels, widest] }).link(
      pipeline.memory.placement,
    )
    linked.get('init')?.()
    pipeline.control.set('rows', 20)
    const calls = Array.from({ length: 3 }, () => {
      while (linked.get(widest.name)?.() === Status.grow) linked.get(pipeline.askedToGrow().kernel)?.()
      return pipeline.control.get('cursor')
    })
    assert.deepEqual(calls, [7, 14, 20])
  }
})

test('more faulty results than an output holds', async () => {
  const plan = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((_, a) => ({ rows: a.count() }))
    .select(f => ({ none: f.rows.div(f.rows.sub(1)) }))
  const rows = Array.from({ length: 30 }, (_, i) => row(1, { key: `k${i}` }))
  await agrees(nodeOf(plan), rows, { batchRows: 4, outputRows: 4 })
})

test('a fault counts only in the branch that is taken', async () => {
  const plan = timeless.select(f => ({
    q: when(f.n.eq(0), f.n).else(f.u.cast(t.int64).div(f.n)),
    either: f.n.eq(0).or(f.u.cast(t.int64).div(f.n).gt(1)),
  }))
  await agrees(
    nodeOf(plan),
    [0n, 1n, 2n, 0n].map(n => row(0, { n, u: 9n })),
  )
})

test('keys of several windows that hash alike are told apart', async () => {
  // The hash begins with the number of words: two of the window, two of the key.
  const startOf = (i: number): bigint => (BigInt(mix(4, i) ^ unmix(0x1234567f)) << 32n) | BigInt(i)
  const times = Array.from({ length: 6 }, (_, i) => startOf(i)).toSorted((a, b) => (a < b ? -1 : 1))
  const events = sourceNode(
    's',
    [
      { name: 'at', type: 'timestamp[ns]', nullable: false },
      { name: 'key', type: 'int64', nullable: false },
    ],
    { column: 'at', delayTicks: MAX },
  )
  const spec = { kind: 'tumble', column: 'at', sizeTicks: 1n, offsetTicks: 0n } as const
  const plan = aggregate(window(events, spec), ['key'], [{ name: 'rows', call: call('count') }])
  const rows = [...times, ...times].map(at => ({ at, key: 5n }))
  await agrees(plan, rows)
})

test('keys of one column that hash alike are told apart', async () => {
  const rows = [...clashingLongs('one hash', 12), ...clashingLongs('one slot', 12)].map(n => row(1, { n }))
  const plan = timeless.groupBy('n').agg((_, a) => ({ rows: a.count() }))
  await agrees(nodeOf(plan), [...rows, ...rows])
})

/** A batch of NaN, each with other bits. */
function batchOfNans(): RecordBatch {
  const bits = [0x7ff8_0000_0000_0001n, 0xfff8_0000_0000_0000n, 0x7ff8_dead_beef_0000n]
  const values = new Float64Array(BigInt64Array.from(bits.map(one => BigInt.asIntN(64, one))).buffer)
  const data: Data = makeData({ type: new Float64(), length: bits.length, nullCount: 0, data: values })
  const schema = new Schema([new Field('x', new Float64(), false)])
  const struct = makeData({
    type: new Struct(schema.fields),
    length: bits.length,
    nullCount: 0,
    children: [data],
  })
  return new RecordBatch(schema, struct)
}

test('results hold one NaN', async () => {
  const nans = source('nans', { x: t.float64 })
  const plans = [
    nans.select(f => ({ y: when(f.x.gt(0), f.x).else(f.x) })),
    nans.groupBy().agg((f, a) => ({ y: a.last(f.x) })),
  ] as unknown as readonly Stream<Columns>[]
  for (const plan of plans)
    for (const { name: tier } of backends) {
      const found: bigint[] = []
      const live = compile(plan, { limits: smallLimits }).open(
        batch => {
          const { values, offset, length } = batch.data.children[0]
          found.push(...new BigInt64Array(values.slice(offset, offset + length).buffer))
        },
        { tier },
      )
      if (tier === 'native') await live.warm(batchOfNans())
      live.push(batchOfNans())
      live.end()
      assert.ok(found.length > 0)
      assert.deepEqual([...new Set(found)], [0x7ff8_0000_0000_0000n], tier)
    }
})

test('a filter drops nulls, compares columns, and refuses what cannot be computed behind a null', async () => {
  const some = source('some', { key: t.utf8.orNull, other: t.utf8, n: t.int64.orNull, d: t.int64 })
  const rows = [
    { key: null, other: 'a', n: null, d: 1n },
    { key: '', other: 'b', n: 1n, d: 2n },
    { key: 'same text', other: 'same text', n: 0n, d: 3n },
    { key: 'same test', other: 'same text', n: null, d: 0n },
  ]
  const filters = [
    some.where(f => f.key.eq('')),
    some.where(f => f.key.eq(f.other)),
    some.where(f => f.n.gt(0n).and(f.d.div(f.d.sub(f.d)).gt(0n))),
  ]
  for (const filter of filters) {
    const plan = filter.groupBy('other').agg((_, a) => ({ rows: a.count() }))
    await agrees(nodeOf(plan), rows)
  }
  await agrees(nodeOf(some.select(f => ({ same: f.key.eq(f.other) }))), rows)
})
