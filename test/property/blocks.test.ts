/**
 * Sums of doubles over all rows, which are taken in blocks where a block fits: however rows come, and wherever the bits
 * of their nulls begin, every back end says what the model says.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { compile, source, t } from '../../compiler/index.ts'
import type { Limits } from '../../ir/physical/program.ts'
import { batchFromRows } from '../../runtime/io/rows.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from '../support/backends.ts'
import { checkTrial } from '../support/check.ts'
import { smallLimits } from '../support/engine.ts'
import { runs, sameSeed } from '../support/runs.ts'

after(closeNativeCompiler)

const ROWS_MAX = 100

const readings = source('readings', {
  x: t.float64.orNull,
  y: t.float64.orNull,
  n: t.int32,
  b: t.bool.orNull,
})
const plans = {
  'filter and sums': readings
    .where(r => r.x.gt(0))
    .groupBy()
    .agg((r, a) => ({ rows: a.count(), known: a.count(r.y), sum: a.sum(r.y), mean: a.avg(r.x) })),
  'bits as values': readings
    .where(r => r.b)
    .groupBy()
    .agg((r, a) => ({ sum: a.sum(r.x.mul(r.n)) })),
  'no filter': readings.groupBy().agg((r, a) => ({ sum: a.sum(r.x), scaled: a.sum(r.y.mul(r.n)) })),
}

const plain = fc.double({ min: -1e9, max: 1e9, noNaN: true })
const wild = fc.oneof(plain, fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, -1.5))
const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 3 })
const rowsOf = (doubles: fc.Arbitrary<number>): fc.Arbitrary<readonly ModelRow[]> =>
  fc.array(
    fc.record(
      { x: orNull(doubles), y: orNull(doubles), n: fc.integer({ min: -9, max: 9 }), b: orNull(fc.boolean()) },
      { noNullPrototype: true },
    ),
    { maxLength: ROWS_MAX, size: 'max' },
  )
/** Sums of nothing but numbers differ by the order of their rows. */
const rows = fc.oneof({ weight: 3, arbitrary: rowsOf(plain) }, { weight: 1, arbitrary: rowsOf(wild) })
const splits = fc.array(fc.integer({ min: 0, max: ROWS_MAX }), { maxLength: 4 })
const limits: fc.Arbitrary<Partial<Limits>> = fc.constantFrom({}, { budgetRows: 5 }, { batchRows: 13 })

const cases = { interp: 30, js: 60, native: 10 } as const

const { schema } = readings
for (const [name, { node: plan }] of Object.entries(plans)) {
  for (const { name: tier } of backends) {
    const trials = fc.record({ rows, splits, limits }, { noNullPrototype: true })
    test(`${name}: model = ${tier}`, () =>
      fc.assert(
        fc.asyncProperty(trials, async ({ rows, splits, limits }) => {
          const schedule = { splits, limits, dictionaries: false, lenient: false, tiers: [tier] }
          await checkTrial({ plan, schema, rows, params: { built: {}, given: {} }, schedule })
        }),
        { numRuns: runs(cases[tier]), ...sameSeed },
      ))
  }
}

for (const { name: tier } of backends) {
  test(`bits of nulls may begin anywhere: ${tier}`, () => {
    const query = compile(plans['filter and sums'], { limits: smallLimits })
    const resultOf = async (batches: readonly RecordBatch[]): Promise<unknown> => {
      const results: unknown[] = []
      const live = query.open(batch => results.push(...Array.from(batch, row => ({ ...row }))), { tier })
      await live.warm(batches[0])
      for (const batch of batches) live.push(batch)
      live.end()
      assert.equal(live.tier, tier)
      return results
    }
    const check = async (given: readonly ModelRow[], cuts: readonly number[]): Promise<void> => {
      const whole = batchFromRows(schema, given)
      const ends = [...cuts, given.length].map(cut => Math.min(cut, given.length)).toSorted((a, b) => a - b)
      const slices = ends.map((end, i) => whole.slice(ends[i - 1] ?? 0, end))
      assert.deepEqual(await resultOf(slices), await resultOf([whole]))
    }
    return fc.assert(fc.asyncProperty(rows, splits, check), { numRuns: runs(cases[tier]), ...sameSeed })
  })
}
