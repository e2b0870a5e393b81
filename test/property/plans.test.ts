/** Random plans over random streams: the model, the interpreter, JavaScript and native code give the same rows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PlanCase, planCases } from '../gen/plans.ts'
import { type ModelRow, runModel } from '../model/model.ts'
import { backends } from '../support/backends.ts'
import { type EngineOptions, runEngine, textOf } from '../support/engine.ts'
import { runs } from '../support/runs.ts'

/** Native plans are compiled one by one, in some 50 ms each. */
const cases = { interp: 200, js: 400, native: 40 } as const

const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted()

async function check({ plan, schema, rows, splits }: PlanCase, options: EngineOptions): Promise<void> {
  const model = runModel(plan, rows, { lenient: options.lenient === true })
  const engine = await runEngine(plan, schema, rows, { ...options, splits })
  const text = (row: ModelRow): string => textOf(row)
  assert.deepEqual(engine.rows, model.rows.map(text))
  const late = model.late.filter(row => row >= 0).map(row => text(rows[row]))
  assert.deepEqual(sorted(engine.late), sorted(late))
  const faulty = model.errors.filter(({ row }) => row >= 0).map(({ row }) => text(rows[row]))
  assert.deepEqual(sorted(engine.faulty), sorted(faulty))
  assert.equal(engine.nullTimes, model.nullTimes)
}

/** Stops a kernel at every row, at every second result, and seldom. */
const schedules: fc.Arbitrary<Pick<EngineOptions, 'limits' | 'dictionaries'>> = fc.record({
  limits: fc.constantFrom(
    {},
    { budgetRows: 1 },
    { batchRows: 3, outputRows: 2, budgetRows: 2 },
    { batchRows: 1, outputRows: 1, budgetRows: 1, dictionaryRows: 2 },
  ),
  dictionaries: fc.boolean(),
})

for (const { name: tier } of backends) {
  test(`model = ${tier}, for any split into batches, stops and encoding`, async () => {
    await fc.assert(
      fc.asyncProperty(planCases, schedules, (one, schedule) => check(one, { tier, ...schedule })),
      { numRuns: runs(cases[tier]), includeErrorInReport: true },
    )
  })
}
