/** Rows counted for explain analyze: the same as the model's on every tier, for any split into batches and any stop. */
import { test } from 'node:test'
import fc from 'fast-check'
import { trialsOn } from '../gen/trials.ts'
import { backends } from '../support/backends.ts'
import { checkCounts } from '../support/counted.ts'
import { assertTrials } from '../support/trials.ts'

/** Native plans are compiled one by one, in some 50 ms each. */
const cases = { interp: 120, js: 200, native: 25 } as const

for (const { name: tier } of backends) {
  test(`rows of each operator: model = ${tier}`, () =>
    assertTrials(trialsOn(fc.constant([tier])), cases[tier], checkCounts))
}

test('rows of each operator: model = any change between all tiers', () => {
  const tiers = fc.array(fc.constantFrom(...backends.map(({ name }) => name)), { minLength: 2, maxLength: 5 })
  return assertTrials(trialsOn(tiers), 20, checkCounts)
})
