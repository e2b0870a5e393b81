/** What operators add to the time of a plan: never negative, together the whole, and untold where a time is missing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addedTimes } from '../../compiler/analyze/added-times.ts'
import { sameSeed } from '../support/runs.ts'

test('the difference to the operator before', () => {
  assert.deepEqual(addedTimes([1, 3, 7]), [1, 2, 4])
})

test('a part that took longer than the next adds all, the next nothing', () => {
  assert.deepEqual(addedTimes([1, 5, 4, 6]), [1, 4, 0, 1])
})

test('a part that took longer than the whole counts as the whole', () => {
  assert.deepEqual(addedTimes([1, 9, 8, 6]), [1, 5, 0, 0])
})

test('where a time is missing neither it nor the next is told', () => {
  assert.deepEqual(addedTimes([1, undefined, 4, 6]), [1, undefined, undefined, 2])
})

test('never negative, and the whole in sum', () => {
  const times = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(times, upTo => {
      const added = addedTimes(upTo).map(ms => ms ?? assert.fail('a time is missing'))
      assert.ok(added.every(ms => ms >= 0))
      assert.equal(
        added.reduce((a, b) => a + b),
        upTo.at(-1),
      )
    }),
    sameSeed,
  )
})
