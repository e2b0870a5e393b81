/** Every case of the corpus on every back end, and on the tiers that it changes between. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Trial, trialsOn } from '../gen/trials.ts'
import { backends, nativeUnavailable } from '../support/backends.ts'
import { checkTrial } from '../support/check.ts'
import { decodeTrial, encodeTrial } from '../support/corpus.ts'
import { corpusFiles } from '../support/corpus-files.ts'
import { isQuick, runs } from '../support/runs.ts'

const onTiers = (trial: Trial, tiers: Trial['schedule']['tiers']): Trial => ({
  ...trial,
  schedule: { ...trial.schedule, tiers },
})

/** Native code takes seconds to be made for all of them: the quick run goes without. */
const tiers = backends.map(({ name }) => name).filter(name => !(isQuick && name === 'native'))

for (const { name, trial } of corpusFiles()) {
  for (const tier of tiers) test(`${name} on ${tier}`, () => checkTrial(onTiers(trial, [tier])))
  const { tiers: turns } = trial.schedule
  const skip = turns.includes('native') && nativeUnavailable
  if (turns.length > 1) test(`${name} on ${turns.join(', ')}`, { skip }, () => checkTrial(trial))
}

test('the text of a trial says all of it', () => {
  fc.assert(
    fc.property(trialsOn(fc.constant(['js', 'interp'])), trial => {
      const { plan, schema, rows, params, schedule, origins, idles } = trial
      const comings = origins && { origins, idles }
      assert.deepEqual(decodeTrial(encodeTrial(trial, 'drawn')), {
        ...{ plan, schema, params, schedule, rows },
        ...comings,
      })
    }),
    { numRuns: runs(100) },
  )
})
