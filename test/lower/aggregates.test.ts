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
  const wide = [1n << 63n, (1n << 63n) + (1n << 62n)]
  const [unsigned] = await results(
    spreads(events, 'u'),
    wide.map(u => row(1, { u })),
  )
  assert.deepEqual(unsigned, {
    varPop: 2 ** 122,
    varSamp: 2 ** 123,
    stddevPop: 2 ** 61,
    stddevSamp: Math.sqrt(2 ** 123),
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
