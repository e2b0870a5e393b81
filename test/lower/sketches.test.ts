/** Aggregates that are sketches: exact examples, how far they are off, and many rows on every back end. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { interpret } from '../../codegen/interp/interpret.ts'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type Columns, compile, hop, type Stream, source, t } from '../../compiler/index.ts'
import { timeRegion } from '../../compiler/lower/event-time.ts'
import { Status } from '../../ir/abi.ts'
import { estimateDistinct, MIXER, REGISTERS } from '../../ir/expr/distinct.ts'
import { QUANTILE_ERROR, quantileOf } from '../../ir/expr/quantile.ts'
import { WIDEST } from '../../ir/physical/program.ts'
import { Pipeline } from '../../runtime/dag/pipeline.ts'
import { reservePlan } from '../../runtime/memory/arena.ts'
import { resolveLimits } from '../../runtime/memory/limits.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { backends } from '../support/backends.ts'
import { runEngine, smallLimits, textOf } from '../support/engine.ts'
import { clashingTexts } from '../support/hash-model.ts'
import { poke } from '../support/memory.ts'
import { isQuick } from '../support/runs.ts'
import { search } from '../support/search.ts'

after(closeNativeCompiler)

const columns = {
  at: t.timestamp('ms'),
  key: t.utf8,
  n: t.int64,
  u: t.uint64,
  x: t.float64,
  data: t.binary,
}
const events = source('events', columns, { time: 'at' })

const row = (at: number, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  key: 'a',
  n: 1n,
  u: 1n,
  x: 1,
  data: new Uint8Array(),
  ...given,
})

/** The results, on which all have to agree. */
async function results(stream: unknown, rows: readonly ModelRow[]): Promise<unknown[]> {
  const plan = stream as Stream<Columns>
  await agrees(plan.node, rows)
  const found: unknown[] = []
  const live = compile(plan, { limits: smallLimits }).open(batch => {
    found.push(...Array.from(batch, one => one.toJSON()))
  })
  live.push(rows)
  live.end()
  return found
}

/** What all back ends make of rows that are too many for the model. */
async function assertOnAll(stream: unknown, rows: readonly ModelRow[], expected: ModelRow): Promise<void> {
  const { node: plan } = stream as Stream<Columns>
  const params = { built: {}, given: {} }
  for (const { name } of backends) {
    const schedule = { splits: [], limits: {}, dictionaries: false, lenient: false, tiers: [name] }
    const found = await runEngine({ plan, schema: events.schema, rows, params, schedule })
    assert.deepEqual(found.rows, [textOf(expected)], name)
  }
}

test('few distinct values are counted as they are, in every type, without what is null or filtered', async () => {
  const counts = events.groupBy().agg((f, a) => ({
    keys: a.approxCountDistinct(f.key),
    integers: a.approxCountDistinct(f.n),
    bytes: a.approxCountDistinct(f.n.cast(t.int8)),
    unsigned: a.approxCountDistinct(f.u),
    doubles: a.approxCountDistinct(f.x),
    floats: a.approxCountDistinct(f.x.cast(t.float32)),
    times: a.approxCountDistinct(f.at),
    binaries: a.approxCountDistinct(f.data),
    signs: a.approxCountDistinct(f.n.gt(0)),
    given: a.approxCountDistinct(f.n.nullif(-1)),
    large: a.approxCountDistinct(f.key, { where: f.n.gt(4) }),
    none: a.approxCountDistinct(f.key, { where: f.n.gt(100) }),
  }))
  const doubles = [0, -0, Number.NaN, 1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const rows = Array.from({ length: 12 }, (_, i) =>
    row(i % 7, {
      key: 'a text of some words'.slice(0, i),
      n: BigInt((i % 8) - 1),
      u: BigInt(i % 3) << 62n,
      x: doubles[i % doubles.length],
      data: Uint8Array.of(...[1, 2, 3, 4, 5].slice(i % 4), i % 2),
    }),
  )
  const [found] = await results(counts, rows)
  assert.deepEqual(found, {
    keys: 12n,
    integers: 8n,
    bytes: 8n,
    unsigned: 3n,
    doubles: 5n,
    floats: 5n,
    times: 7n,
    binaries: 4n,
    signs: 2n,
    given: 7n,
    large: 2n,
    none: 0n,
  })
})

test('quantiles of few values, which are the middles of their buckets', async () => {
  const quantiles = events.groupBy().agg((f, a) => ({
    least: a.approxQuantile(f.x, 0),
    median: a.approxQuantile(f.x, 0.5),
    behind: a.approxQuantile(f.x, 0.51),
    most: a.approxQuantile(f.x, 1),
    ofIntegers: a.approxQuantile(f.n, 1),
    ofUnsigned: a.approxQuantile(f.u, 1),
    ofSome: a.approxQuantile(f.x, 1, { where: f.x.lt(3) }),
    ofNone: a.approxQuantile(f.x, 0.5, { where: f.n.gt(1000) }),
  }))
  const ofAll = async (values: readonly number[]): Promise<readonly unknown[]> => {
    const rows = values.map(x =>
      row(1, { x, n: BigInt(Math.abs(x) < 1e9 ? Math.trunc(x) : 0), u: 1n << 63n }),
    )
    const [found] = await results(quantiles, rows)
    return Object.values(found as ModelRow)
  }
  const unsigned = 2 ** 50 * (127 / 128)
  const toFive = [1, 2, 3, 4, 5]
  assert.deepEqual(await ofAll(toFive), [
    65 / 64,
    97 / 32,
    97 / 32,
    81 / 16,
    81 / 16,
    unsigned,
    65 / 32,
    null,
  ])
  assert.deepEqual(await ofAll([-5, 0, 3, 1e-10]), [-81 / 16, 0, 0, 97 / 32, 97 / 32, unsigned, 0, null])
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
  assert.deepEqual(await ofAll([nan, -infinity, infinity]), [
    ...[-unsigned, unsigned, unsigned, nan, 0, unsigned, -unsigned, null],
  ])
})

test('sketches of overlapping windows, and of groups that take the place of others', async () => {
  const plan = events
    .window(hop('at', '10ms', '5ms'))
    .groupBy('key')
    .agg((f, a) => ({ values: a.approxCountDistinct(f.n), middle: a.approxQuantile(f.x, 0.5) }))
  const rows = Array.from({ length: 24 }, (_, i) =>
    row(2 * i, { key: 'ab'[i % 2], n: BigInt(i % 5), x: 2 ** ((7 * i) % 11) }),
  )
  const found = await results(plan, rows)
  assert.equal(found.length, 21)
  assert.deepEqual(found[2], { window_start: 0, window_end: 10, key: 'a', values: 3n, middle: 65 / 8 })
})

const MASK = (1n << 64n) - 1n
/** The inverse of an odd number modulo 2^64 (Newton). */
const inverse = (odd: bigint): bigint => [1, 2, 3, 4, 5, 6].reduce(x => (x * (2n - odd * x)) & MASK, 1n)
const joinHalves = (x: bigint): bigint => x ^ (x >> 32n)

/** The integer that chooses a register with a rank. */
function integerOf(register: number, rank: number): bigint {
  const upper = rank > 31 ? 0n : 1n << BigInt(32 - rank)
  const hash = (upper << 32n) | (BigInt(register) ^ (upper & BigInt(REGISTERS - 1)))
  const once = joinHalves((hash * inverse(MIXER)) & MASK)
  return BigInt.asIntN(64, joinHalves((once * inverse(MIXER)) & MASK))
}

test('a register that rises is one still', async () => {
  const counts = events.groupBy().agg((f, a) => ({ values: a.approxCountDistinct(f.n) }))
  const rows = [1, 2, 4, 3, 9].map(rank => row(1, { n: integerOf(5, rank) }))
  assert.deepEqual(await results(counts, rows), [{ values: 1n }])
})

test('texts whose hashes are equal in one half are told apart by the other', async () => {
  const counts = events.groupBy().agg((f, a) => ({ texts: a.approxCountDistinct(f.data) }))
  const rows = clashingTexts('one hash', 12).map(data => row(1, { data }))
  assert.deepEqual(await results(counts, rows), [{ texts: 12n }])
})

test('registers that are full tell of more values than any rank', async () => {
  const counts = events.groupBy().agg((f, a) => ({ values: a.approxCountDistinct(f.n) }))
  const estimates: bigint[] = []
  for (const full of [1, 700, 2047, 2048]) {
    const values = Array.from({ length: REGISTERS }, (_, i) => integerOf(i, i < full ? 32 : 1 + (i % 31)))
    estimates.push(estimateDistinct(values, 'int64'))
    const rows = values.map(n => row(1, { n }))
    await assertOnAll(counts, rows, { values: estimates[estimates.length - 1] })
  }
  assert.deepEqual(
    estimates,
    estimates.toSorted((a, b) => Number(a - b)),
  )
  assert.equal(estimates.at(-1), (1n << 63n) - 1n)
})

/** Numbers from 0 up to 1. */
function chances(count: number): readonly number[] {
  let x = 7n
  return Array.from({ length: count }, () => {
    x = (x * 6364136223846793005n + 1442695040888963407n) & MASK
    return Number(x >> 11n) / 2 ** 53
  })
}

test('many rows give what they should on every back end', { skip: isQuick }, async () => {
  const sketches = events.groupBy().agg((f, a) => ({
    integers: a.approxCountDistinct(f.n),
    texts: a.approxCountDistinct(f.key),
    low: a.approxQuantile(f.x, 0.01),
    high: a.approxQuantile(f.x, 0.999),
  }))
  const rows = chances(20_000).map((chance, i) =>
    row(1, { n: BigInt(i * i), key: `text ${Math.floor(chance * 5000)}`, x: Math.tan(Math.PI * chance) }),
  )
  const all = (name: string) => rows.map(one => one[name])
  const tangents = all('x') as readonly number[]
  await assertOnAll(sketches, rows, {
    integers: estimateDistinct(all('n'), 'int64'),
    texts: estimateDistinct(all('key'), 'utf8'),
    low: quantileOf(tangents, 0.01),
    high: quantileOf(tangents, 0.999),
  })
})

test('the standard error of approx_count_distinct is 1.04 / sqrt(2048)', t => {
  const seeds = isQuick ? 8 : 24
  const kinds = {
    integers: { type: 'int64', of: (seed: number, i: number) => BigInt(seed * 1_000_000 + i) },
    doubles: { type: 'float64', of: (seed: number, i: number) => (seed + i / 1024) * 0.001 },
    texts: { type: 'utf8', of: (seed: number, i: number) => `user ${seed}-${i}` },
  } as const
  for (const [name, { type, of }] of Object.entries(kinds))
    for (const count of [100, 3000, 12_000]) {
      const errors = Array.from({ length: seeds }, (_, seed) => {
        const values = Array.from({ length: count }, (_, i) => of(seed, i))
        return Number(estimateDistinct(values, type)) / count - 1
      })
      const spread = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / seeds)
      t.diagnostic(`${count} ${name}: ${(100 * spread).toFixed(2)} %`)
      assert.ok(spread < 1.35 * (1.04 / Math.sqrt(REGISTERS)), `${count} ${name}: ${spread}`)
    }
})

test('a quantile is off by 1/64 of the exact one at the most', () => {
  const magnitudes = fc.double({ min: 2 ** -30, max: 2 ** 50, maxExcluded: true, noNaN: true })
  const numbers = fc.oneof(
    magnitudes,
    magnitudes.map(x => -x),
    fc.integer({ min: -1000, max: 1000 }),
  )
  const fractions = fc.double({ min: 0, max: 1, noNaN: true })
  const property = fc.property(fc.array(numbers, { minLength: 1 }), fractions, (values, fraction) => {
    const exact = values.toSorted((a, b) => a - b)[Math.floor(fraction * (values.length - 1))]
    assert.ok(Math.abs(quantileOf(values, fraction) - exact) <= Math.abs(exact) * QUANTILE_ERROR)
  })
  fc.assert(property, search(1000))
})

/** How often the kernel that closes windows yields, where a row is in a hundred of them. */
function yieldsOf(stream: unknown): number {
  const limits = resolveLimits({ ...smallLimits, outputRows: 128, budgetRows: 64 })
  const { program } = compile(stream as Stream<Columns>, { limits }).compilation
  const [{ kernels, push }] = program.pipelines
  const pipeline = new Pipeline(program.pipelines[0], reservePlan(program, limits), limits)
  const { placement } = pipeline.memory
  const widest = push(WIDEST)
  const linked = interpret({ name: 'yields', kernels: [...kernels, widest] }).link(placement)
  const statuses: (Status | undefined)[] = []
  const finish = (kernel: string): void => {
    for (let status: Status | undefined; status !== Status.ok; statuses.push(status)) {
      status = linked.get(kernel)?.()
      if (status === Status.grow) linked.get(pipeline.askedToGrow().kernel)?.()
    }
  }
  finish('init')
  pipeline.control.set('rows', 1)
  finish(widest.name)
  poke(placement, timeRegion, 'wm', 0, 1000n)
  finish('advance')
  return statuses.filter(status => status === Status.yield).length
}

test('joining two sketches takes of the budget what it costs', () => {
  const windows = events.window(hop('at', '100ms', '1ms')).groupBy()
  assert.equal(yieldsOf(windows.agg((f, a) => ({ rows: a.count(f.n) }))), 3)
  assert.equal(yieldsOf(windows.agg((f, a) => ({ middle: a.approxQuantile(f.x, 0.5) }))), 25)
  assert.equal(yieldsOf(windows.agg((f, a) => ({ values: a.approxCountDistinct(f.n) }))), 100)
})
