/** Every case of the corpus on every back end, and on the tiers that it changes between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Trial, trialsOn } from '../gen/trials.ts'
import { backends, nativeUnavailable } from '../support/backends.ts'
import { checkTrial } from '../support/check.ts'
import { decodeTrial, encodeTrial } from '../support/corpus.ts'
import { corpusFiles } from '../support/corpus-files.ts'
import { runs } from '../support/runs.ts'

const onTiers = (trial: Trial, tiers: Trial['schedule']['tiers']): Trial => ({
  ...trial,
  schedule: { ...trial.schedule, tiers },
})

for (const { name, trial } of corpusFiles()) {
  for (const { name: tier } of backends) test(`${name} on ${tier}`, () => checkTrial(onTiers(trial, [tier])))
  const { tiers } = trial.schedule
  const skip = tiers.includes('native') && nativeUnavailable
  if (tiers.length > 1) test(`${name} on ${tiers.join(', ')}`, { skip }, () => checkTrial(trial))
}

test('the text of a trial says all of it', () => {
  fc.assert(
    fc.property(trialsOn(fc.constant(['js', 'interp'])), trial => {
      const { plan, schema, rows, params, schedule } = trial
      assert.deepEqual(decodeTrial(encodeTrial(trial, 'drawn')), { plan, schema, params, schedule, rows })
    }),
    { numRuns: runs(100) },
  )
})
