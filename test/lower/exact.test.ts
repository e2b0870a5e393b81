/** Aggregates that keep all values of a group: edge values, ties, every window, and state that has no more room. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import {
  countWindow,
  cumulate,
  type EmitOptions,
  hop,
  type Limits,
  session,
  source,
  t,
  tumble,
} from '../../compiler/index.ts'
import { MillraceError } from '../../ir/errors.ts'
import { distinctOf, modeOf, quantileOf, valueAt } from '../../ir/expr/order-statistics.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { outcome } from '../support/outcome.ts'
import { search } from '../support/search.ts'
import { events, nodeOf, row } from '../support/small-streams.ts'

after(closeNativeCompiler)

const { NaN: nan, POSITIVE_INFINITY: infinity, MAX_VALUE: largest } = Number
const MAX64 = (1n << 63n) - 1n
const MIN64 = -(1n << 63n)

/** The results, on which all have to agree. */
async function results(
  stream: unknown,
  rows: readonly ModelRow[],
  limits: Partial<Limits> = {},
): Promise<readonly ModelRow[]> {
  await agrees(nodeOf(stream), rows, limits)
  const { found, error } = outcome(stream, rows, { limits })
  assert.equal(error, undefined)
  return found as readonly ModelRow[]
}

const ofDoubles = events.groupBy().agg((f, a) => ({
  distinct: a.countDistinct(f.x),
  median: a.median(f.x),
  tenth: a.quantile(f.x, 0.1),
  most: a.quantile(f.x, 1),
  value: a.quantileDisc(f.x, 0.5),
  first: a.quantileDisc(f.x, 0),
  mode: a.mode(f.x),
}))

const doublesOf = async (numbers: readonly number[]): Promise<readonly unknown[]> => {
  const [found] = await results(
    ofDoubles,
    numbers.map(x => row(1, { x })),
  )
  return Object.values(found)
}

test('medians lie between two values, modes are the least of several, values are values', async () => {
  assert.deepEqual(await doublesOf([4, 1, 2, 2, 4]), [3n, 2, 1.4, 4, 2, 1, 2])
  assert.deepEqual(await doublesOf([4, 1, 3, 2]), [4n, 2.5, 1.3, 4, 2, 1, 1])
  assert.deepEqual(await doublesOf([7]), [1n, 7, 7, 7, 7, 7, 7])
})

test('NaN is one value and the largest, zeros are one, infinities have no middle', async () => {
  assert.deepEqual(await doublesOf([nan, 1, nan]), [2n, nan, nan, nan, nan, 1, nan])
  assert.deepEqual(await doublesOf([-0, 0, -0, 5]), [2n, 0, 0, 5, -0, -0, -0])
  assert.deepEqual(await doublesOf([-0]), [1n, 0, 0, 0, -0, -0, -0])
  assert.deepEqual(await doublesOf([0, -0]), [1n, 0, 0, 0, 0, 0, 0])
  assert.deepEqual(await doublesOf([-infinity, infinity]), [
    2n,
    nan,
    nan,
    infinity,
    -infinity,
    -infinity,
    -infinity,
  ])
  assert.deepEqual(await doublesOf([infinity, infinity]), [1n, ...Array.from({ length: 6 }, () => infinity)])
  assert.deepEqual((await doublesOf([-largest, largest])).slice(0, 2), [2n, 0])
})

const every = source('every', {
  at: t.timestamp('ms'),
  n: t.int64,
  u: t.uint64,
  x: t.float64,
  key: t.utf8,
  data: t.binary,
  flag: t.bool,
  maybe: t.utf8.orNull,
})

const full = (given: ModelRow): ModelRow => ({
  ...row(1),
  data: new Uint8Array(),
  flag: false,
  maybe: null,
  ...given,
})

const HUGE = 'long '.repeat(3000)
const mixed = [
  full({ n: MIN64, u: 1n << 63n, key: '', data: Uint8Array.of(1, 2) }),
  full({ n: MAX64, u: 1n << 63n, key: HUGE, data: Uint8Array.of(1), flag: true, maybe: HUGE }),
  full({ n: 0n, u: 2n, key: `${HUGE}!`, data: Uint8Array.of(1), flag: true }),
  full({ n: MIN64 + 1n, key: HUGE, u: (1n << 64n) - 1n, maybe: '' }),
]

test('integers up to their limits, booleans and times', async () => {
  const plan = every.groupBy().agg((f, a) => ({
    integers: a.countDistinct(f.n),
    middle: a.quantileDisc(f.n, 0.5),
    median: a.median(f.u),
    unsigned: a.mode(f.u),
    flags: a.countDistinct(f.flag),
    usual: a.mode(f.flag),
    times: a.countDistinct(f.at),
  }))
  const [found] = await results(plan, mixed)
  assert.deepEqual(found, {
    ...{ integers: 4n, middle: MIN64 + 1n, median: 2 ** 63, unsigned: 1n << 63n },
    ...{ flags: 2n, usual: false, times: 1n },
  })
})

test('texts, empty and huge ones among them', async () => {
  const plan = every.groupBy().agg((f, a) => ({
    texts: a.countDistinct(f.key),
    text: a.mode(f.key),
    last: a.quantileDisc(f.key, 1),
    given: a.countDistinct(f.maybe),
    common: a.mode(f.maybe),
  }))
  const [found] = await results(plan, mixed)
  assert.deepEqual(found, { texts: 3n, text: HUGE, last: `${HUGE}!`, given: 2n, common: '' })
})

test('without what is filtered, down to nothing', async () => {
  const plan = every.groupBy().agg((f, a) => ({
    some: a.countDistinct(f.key, { where: f.flag }),
    none: a.countDistinct(f.x, { where: f.x.gt(100) }),
    nothing: a.mode(f.x, { where: f.x.gt(100) }),
    noNumber: a.median(f.x, { where: f.x.gt(100) }),
  }))
  const [found] = await results(plan, mixed)
  assert.deepEqual(found, { some: 2n, none: 0n, nothing: null, noNumber: null })
})

/** Values that come in order, out of order, and again. */
const stream = (count: number): readonly ModelRow[] =>
  Array.from({ length: count }, (_, i) =>
    row(i, { key: 'ab'[i % 2], n: BigInt((i * 37) % 90), x: i % 3 === 0 ? i : ((i * 31) % 64) / 4 }),
  )

const windows = {
  tumbling: tumble('at', '50ms'),
  hopping: hop('at', '60ms', '20ms'),
  'hopping, panes of two lengths': hop('at', '50ms', '20ms'),
  cumulating: cumulate('at', '60ms', '20ms'),
  sessions: session('at', '4ms'),
}
for (const [name, window] of Object.entries(windows)) {
  test(`values of windows, stopped at each of them: ${name}`, async () => {
    const plan = events
      .window(window as never)
      .groupBy('key')
      .agg((f, a) => ({
        distinct: a.countDistinct(f.n),
        median: a.median(f.x),
        mode: a.mode(f.n),
        rows: a.count(),
      }))
    const rows = stream(240).filter((_, i) => i % 60 < 50)
    const found = await results(plan, rows, { budgetRows: 1, outputRows: 1, stateRows: 512 })
    assert.ok(found.length > 4)
  })
}

const rowWindows = {
  'side by side': countWindow(7),
  'that slide, of many panes': countWindow(12, { slide: 2 }),
  'that slide, of panes of one row': countWindow(5, { slide: 1 }),
}
for (const [name, window] of Object.entries(rowWindows)) {
  test(`values of windows of rows, stopped at each of them: ${name}`, async () => {
    const plan = events
      .window(window)
      .groupBy('key')
      .agg((f, a) => ({
        distinct: a.countDistinct(f.n),
        median: a.median(f.x),
        mode: a.mode(f.n.cast(t.utf8)),
      }))
    // Far more values than there is room for: those of windows that have left are given back.
    const limits = { budgetRows: 1, outputRows: 1, stateRows: 128, stateBytes: 1024 }
    const found = await results(plan, stream(400), limits)
    assert.ok(found.length > 50)
  })
}

test('results every so many rows', async () => {
  const plan = events
    .groupBy('key')
    .agg((f, a) => ({ distinct: a.countDistinct(f.n), median: a.median(f.x) }), { emit: { everyRows: 3 } })
  const found = await results(plan, stream(40), { budgetRows: 1, outputRows: 1 })
  assert.equal(found.length, 14)
})

test('corrections and early results', async () => {
  const counts = (options: EmitOptions) =>
    events
      .window(tumble('at', '20ms'))
      .groupBy('key')
      .agg((f, a) => ({ distinct: a.countDistinct(f.n), mode: a.mode(f.x) }), options)
  const rows = stream(120).map((one, i) => (i % 9 === 8 ? { ...one, at: (one.at as bigint) - 15n } : one))
  for (const options of [
    { emit: 'watermark', lateness: '20ms' },
    { early: '5ms', lateness: '5ms' },
  ] as const) {
    const found = await results(counts(options), rows, { budgetRows: 1, outputRows: 1 })
    assert.ok(found.length > 12)
  }
})

test('changes are refused, for which values would have to be kept twice', () => {
  const options = { early: '5ms', changes: true } as const
  for (const plan of [
    () => events.groupBy('key').agg((f, a) => ({ one: a.countDistinct(f.n) }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.median(f.n) }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.quantileDisc(f.n, 0.5) }), options),
    () => events.groupBy('key').agg((f, a) => ({ one: a.mode(f.n) }), options),
  ])
    assert.throws(plan, (error: MillraceError) => error.code === 'LDB-1001')
})

test('results after every row, and changes that take others back', async () => {
  for (const emit of ['update', 'changelog'] as const)
    await agrees(
      nodeOf(
        events
          .window(tumble('at', '30ms'))
          .groupBy('key')
          .agg((f, a) => ({ distinct: a.countDistinct(f.n), mode: a.mode(f.n.cast(t.utf8)) }), { emit }),
      ),
      stream(70),
    )
})

test('groups that leave give their values back', async () => {
  const plan = events
    .window(tumble('at', '20ms'))
    .groupBy('key')
    .agg((f, a) => ({ values: a.countDistinct(f.n), texts: a.mode(f.n.cast(t.utf8)) }))
  const rows = Array.from({ length: 600 }, (_, i) => row(i, { key: 'abc'[i % 3], n: BigInt(i) }))
  const found = await results(plan, rows, { stateRows: 32, stateBytes: 512 })
  assert.equal(found.length, 90)
})

test('a state without room refuses the rest of a batch, and has all that came before', () => {
  const plan = events.groupBy('key').agg((f, a) => ({ rows: a.count(), values: a.countDistinct(f.n) }))
  const distinct = Array.from({ length: 15 }, (_, i) => row(i, { n: BigInt(i) }))
  const again = Array.from({ length: 9 }, (_, i) => row(20 + i, { n: BigInt(i) }))
  const run = (rows: readonly ModelRow[]) => outcome(plan, rows, { limits: { stateRows: 16, batchRows: 64 } })
  const whole = run([...distinct, ...again])
  assert.equal(whole.error, undefined)
  assert.deepEqual(whole.found, [{ key: 'a', rows: 24n, values: 15n }])
  for (const one of [row(40, { n: 15n }), row(40, { key: 'b' })]) {
    const { error, found } = run([...distinct, ...again, one, row(41, { n: 3n })])
    assert.ok(error instanceof MillraceError)
    assert.equal(error.code, 'LDB-8013')
    assert.match(error.message, /'values_\d+' needs 17 entries, 16 is its limit/)
    assert.deepEqual(found, whole.found)
  }
})

test('a fraction that is none is refused', () => {
  for (const fraction of [-0.1, 1.1, nan])
    for (const plan of [
      () => events.groupBy().agg((f, a) => ({ part: a.quantile(f.x, fraction) })),
      () => events.groupBy().agg((f, a) => ({ part: a.quantileDisc(f.x, fraction) })),
    ])
      assert.throws(plan, (error: MillraceError) => error.code === 'LDB-0001')
})

test('one order of values has one answer, whatever the order of rows', () => {
  const numbers = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double()), { minLength: 1 })
  const fractions = fc.double({ min: 0, max: 1, noNaN: true })
  const property = fc.property(numbers, fractions, (given, fraction) => {
    const values = given.map(x => (x === 0 ? 0 : x))
    const tellings = [values, values.toReversed(), values.toSorted((a, b) => a - b)].map(some => [
      distinctOf(some),
      quantileOf(some, fraction),
      valueAt(some, 'float64', fraction),
      modeOf(some, 'float64'),
    ])
    for (const told of tellings) assert.deepEqual(told, tellings[0])
    const finite = values.filter(x => Math.abs(x) < 1e300)
    if (finite.length === 0) return
    const [least, most] = [Math.min(...finite), Math.max(...finite)]
    const quantile = quantileOf(finite, fraction)
    assert.ok(least <= quantile && quantile <= most + Math.abs(most) * Number.EPSILON)
  })
  fc.assert(property, search(200))
})
