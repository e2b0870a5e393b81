/** Aggregates over a few rows: what every back end and the model say, and what it must be. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { type Columns, compile, type Stream, source, t, tumble } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { agrees } from '../support/agrees.ts'
import { smallLimits } from '../support/engine.ts'

after(closeNativeCompiler)

const columns = { at: t.timestamp('ms'), key: t.utf8, n: t.int64, u: t.uint64, x: t.float64, y: t.float64 }
const events = source('events', columns, { time: 'at' })

const row = (at: number, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  key: 'a',
  n: 1n,
  u: 1n,
  x: 1,
  y: 1,
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

test('bits are joined from the first row of a group on, in every width, and nulls have no say', async () => {
  const joined = events
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => {
      const [small, wide, isLarge] = [f.n.cast(t.int8), f.u, f.n.gt(2)]
      return {
        all: a.boolAnd(isLarge),
        any: a.boolOr(isLarge),
        ofSome: a.boolAnd(isLarge.nullif(false)),
        common: a.bitAnd(small),
        some: a.bitOr(small),
        odd: a.bitXor(small),
        wide: a.bitAnd(wide),
        large: a.bitXor(wide, { where: isLarge }),
        never: a.bitOr(wide, { where: f.n.lt(-100) }),
      }
    })
  const top = 1n << 63n
  const rows = [
    row(1, { n: -1n, u: top + 3n }),
    row(2, { n: 6n, u: top + 6n }),
    row(3, { key: 'b', n: 3n }),
    row(11, { key: 'c', n: 0n, u: 0n }),
    row(12, { key: 'd', n: 3n, u: top }),
    row(31),
    row(32, { key: 'b', n: 5n, u: 2n }),
  ]
  const [first] = await results(joined, rows)
  assert.deepEqual(first, {
    window_start: 0,
    window_end: 10,
    key: 'a',
    all: false,
    any: true,
    ofSome: true,
    common: 6,
    some: -1,
    odd: -7,
    wide: top + 2n,
    large: top + 6n,
    never: null,
  })
})

/** All of the variances of a column, over all rows. */
const spreads = (stream: typeof events, of: 'n' | 'u' | 'x') =>
  stream.groupBy().agg((f, a) => ({
    varPop: a.varPop(f[of]),
    varSamp: a.varSamp(f[of]),
    stddevPop: a.stddevPop(f[of]),
    stddevSamp: a.stddevSamp(f[of]),
  }))

test('variances and standard deviations, of all and of a sample', async () => {
  const ofFloats = (values: readonly number[]): Promise<unknown[]> =>
    results(
      spreads(events, 'x'),
      values.map(x => row(1, { x })),
    )
  const [known] = await ofFloats([2, 4, 4, 4, 5, 5, 7, 9])
  assert.deepEqual(known, {
    varPop: 4,
    varSamp: 32 / 7,
    stddevPop: 2,
    stddevSamp: Math.sqrt(32 / 7),
  })
  // The sum of the squares of these has no digit left for their distances.
  const [near] = await ofFloats([4, 7, 13, 16].map(x => x + 1e9))
  assert.deepEqual(near, {
    varPop: 22.5,
    varSamp: 30,
    stddevPop: Math.sqrt(22.5),
    stddevSamp: Math.sqrt(30),
  })
  const [one] = await ofFloats([-7])
  assert.deepEqual(one, { varPop: 0, varSamp: null, stddevPop: 0, stddevSamp: null })
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const [broken] = await ofFloats([1, odd, 2])
    const { NaN: nan } = Number
    assert.deepEqual(broken, { varPop: nan, varSamp: nan, stddevPop: nan, stddevSamp: nan })
  }
})

test('variances of integers of 64 bits, as doubles', async () => {
  const wide = [0n, (1n << 63n) + (1n << 62n)]
  const [unsigned] = await results(
    spreads(events, 'u'),
    wide.map(u => row(1, { u })),
  )
  assert.deepEqual(unsigned, {
    varPop: 9 * 2 ** 122,
    varSamp: 9 * 2 ** 123,
    stddevPop: 3 * 2 ** 61,
    stddevSamp: Math.sqrt(9 * 2 ** 123),
  })
  const [signed] = await results(
    spreads(events, 'n'),
    [-(1n << 62n), 1n << 62n].map(n => row(1, { n })),
  )
  assert.deepEqual(signed, {
    varPop: 2 ** 124,
    varSamp: 2 ** 125,
    stddevPop: 2 ** 62,
    stddevSamp: Math.sqrt(2 ** 125),
  })
})

test('variances of groups that take the place of others, without what is null or filtered', async () => {
  const plan = events
    .where(f => f.n.gt(0))
    .window(tumble('at', '10ms'))
    .groupBy('key')
    .agg((f, a) => ({
      all: a.varPop(f.x),
      some: a.varPop(f.x, { where: f.x.lt(100) }),
      none: a.stddevPop(f.x, { where: f.x.lt(0) }),
      two: a.varSamp(f.x.nullif(5)),
    }))
  const rows = [
    row(1, { x: 1e9 }),
    row(2, { x: 50 }),
    row(3, { x: 5, n: 0n }),
    row(11, { x: 1 }),
    row(12, { x: 5 }),
    row(13, { x: 200 }),
    row(14, { key: 'b', x: 5 }),
    row(15, { key: 'b', x: 3 }),
  ]
  const found = await results(plan, rows)
  assert.deepEqual(found.slice(1), [
    { window_start: 10, window_end: 20, key: 'a', all: 77642 / 9, some: 4, none: null, two: 19800.5 },
    { window_start: 10, window_end: 20, key: 'b', all: 1, some: 1, none: null, two: null },
  ])
})

/** What two columns have to do with each other, over all rows. */
const relations = (stream: typeof events) =>
  stream.groupBy().agg((f, a) => ({
    covarPop: a.covarPop(f.x, f.y),
    covarSamp: a.covarSamp(f.x, f.y),
    corr: a.corr(f.x, f.y),
  }))

test('covariances and correlation', async () => {
  type Case = readonly [readonly (readonly [number, number])[], unknown]
  const cases: readonly Case[] = [
    [[1, 2, 3, 4].map(x => [x, -2 * x]), { covarPop: -2.5, covarSamp: -10 / 3, corr: -1 }],
    [
      [
        [1, 1],
        [2, 3],
        [3, 2],
      ],
      { covarPop: 1 / 3, covarSamp: 0.5, corr: 0.5 },
    ],
    [[[7, 8]], { covarPop: 0, covarSamp: null, corr: null }],
    // One side does not vary.
    [[1, 2].map(x => [x, 3]), { covarPop: 0, covarSamp: 0, corr: null }],
    [[3, 3].map((x, i) => [x, i]), { covarPop: 0, covarSamp: 0, corr: null }],
    // Without a bound it would be 1 + 2^-52.
    [[6, 6, 4].map(x => [x, 3 * x]), { covarPop: 8 / 3, covarSamp: 4, corr: 1 }],
    // The product of the squares leaves the range at either end. Its roots do not, but have digits to lose.
    ...[300, -300].map(
      (power): Case => [
        [-1, 1].map(x => [x * 2 ** power, x * 2 ** power]),
        { covarPop: 4 ** power, covarSamp: 2 * 4 ** power, corr: 1 - 2 ** -52 },
      ],
    ),
    [
      [0, Number.NEGATIVE_INFINITY, 1].map(x => [x, 1]),
      { covarPop: Number.NaN, covarSamp: Number.NaN, corr: null },
    ],
  ]
  for (const [pairs, expected] of cases) {
    const [found] = await results(
      relations(events),
      pairs.map(([x, y]) => row(1, { x, y })),
    )
    assert.deepEqual(found, expected)
  }
})

test('a row counts for two arguments where neither is null, and for each of its own', async () => {
  const plan = events.groupBy('key').agg((f, a) => {
    const [x, y] = [f.x.nullif(100), f.n.nullif(100)]
    return {
      pairs: a.covarPop(x, y),
      ofX: a.varPop(x),
      ofY: a.varPop(y),
      large: a.covarPop(x, y, { where: f.x.gt(1) }),
      unsigned: a.covarPop(f.u, x),
      none: a.corr(x, y, { where: f.x.gt(1000) }),
    }
  })
  const rows = [
    row(1, { x: 1, n: 10n }),
    row(2, { x: 3, n: 30n, u: 1n << 63n }),
    row(3, { x: 5, n: 100n }),
    row(4, { x: 100, n: 50n }),
  ]
  const [found] = await results(plan, rows)
  assert.deepEqual(found, {
    key: 'a',
    pairs: 10,
    ofX: 8 / 3,
    ofY: 800 / 3,
    large: 0,
    unsigned: 0,
    none: null,
  })
})
