/**
 * Joins by the nearest time of rows of which many have a partner. The answer is that of the model, for any split and on every
 * tier; and as rows wait, it does not depend on which of two streams is the faster.
 */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { asChanges } from '../../ir/logical/mode.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source } from '../../ir/logical/source.ts'
import type { Schema } from '../../ir/schema.ts'
import { asofJoinsOf } from '../gen/asof-joins.ts'
import { closeTrials } from '../gen/close-rows.ts'
import type { Trial } from '../gen/trials.ts'
import { runModel } from '../model/model.ts'
import { backends } from '../support/backends.ts'
import { checkTrial } from '../support/check.ts'
import { textOf } from '../support/engine.ts'
import { chainOf } from '../support/faults.ts'
import { modelOptionsOf } from '../support/model-options.ts'
import { assertTrials } from '../support/trials.ts'

after(closeNativeCompiler)

/** Native plans are compiled one by one. */
const cases = { interp: 150, js: 300, native: 15 } as const

const plansOn = (schema: Schema): fc.Arbitrary<LogicalNode> =>
  fc
    .record({
      delays: fc.array(fc.constantFrom(0n, 1n, 3n, 100n), { minLength: 2, maxLength: 2 }),
      isTable: fc.boolean(),
    })
    .chain(({ delays, isTable }) => {
      const [left, right] = delays.map((delayTicks, i) =>
        source(i === 0 ? 's' : 'sa', schema, { column: 'ts', delayTicks }),
      )
      return asofJoinsOf(left, isTable ? asChanges(right, 'op') : right).map(sink)
    })

for (const { name } of backends)
  test(`joins by the nearest time of the model = ${name}`, () =>
    assertTrials(closeTrials(plansOn, name), cases[name]))

/** Every row on time: no watermark is further than a row may be behind. */
const TARDY = 1000n

const tardyPlans = (schema: Schema): fc.Arbitrary<LogicalNode> => {
  const [left, right] = ['s', 'sa'].map(name => source(name, schema, { column: 'ts', delayTicks: TARDY }))
  return asofJoinsOf(left, right)
    .filter(node => node.kind === 'asof_join' && node.waits)
    .map(sink)
}

/** First all rows of one source, then all of the other. */
function apart(trial: Trial, first: string): Trial {
  const { rows, origins = [] } = trial
  const order = rows.map((_, i) => i)
  const sorted = [...order.filter(i => origins[i] === first), ...order.filter(i => origins[i] !== first)]
  return {
    ...trial,
    rows: sorted.map(i => rows[i]),
    origins: sorted.map(i => origins[i]),
    idles: [],
    schedule: { ...trial.schedule, splits: [] },
  }
}

const resultsOf = (trial: Trial): readonly string[] =>
  runModel(trial.plan, trial.rows, modelOptionsOf(trial)).rows.map(textOf).toSorted()

test('where rows wait, it makes no difference which stream is the faster', () =>
  assertTrials(closeTrials(tardyPlans, 'js'), cases.js / 2, async trial => {
    const [leftFirst, rightFirst] = ['s', 'sa'].map(name => apart(trial, name))
    assert.deepEqual(resultsOf(leftFirst), resultsOf(rightFirst))
    assert.deepEqual(resultsOf({ ...trial, idles: [] }), resultsOf(leftFirst))
    for (const one of [leftFirst, rightFirst]) await checkTrial(one)
  }))

test('rows are found, and given nulls, by joins of every direction', () => {
  const trials = fc.sample(closeTrials(plansOn, 'js'), { numRuns: 200, seed: 3 })
  const seen = new Set<string>()
  for (const trial of trials) {
    const join = chainOf(trial.plan).find(node => node.kind === 'asof_join')
    if (join?.kind !== 'asof_join') continue
    for (const { right_ts: found } of runModel(trial.plan, trial.rows, modelOptionsOf(trial)).rows)
      seen.add(`${join.direction} ${join.waits} ${found !== null}`)
  }
  assert.equal(seen.size, 12)
})
