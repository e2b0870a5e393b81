/** Random plans over random streams: the model, the interpreter, JavaScript and native code give the same answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compile, source, t } from '../../compiler/index.ts'
import { trialsOn } from '../gen/trials.ts'
import { backends } from '../support/backends.ts'
import { smallLimits } from '../support/engine.ts'
import { assertTrials } from '../support/trials.ts'

/** Native plans are compiled one by one, in some 50 ms each. */
const cases = { interp: 120, js: 200, native: 25 } as const

for (const { name: tier } of backends) {
  test(`model = ${tier}, for any split into batches, stops and encoding`, () =>
    assertTrials(trialsOn(fc.constant([tier])), cases[tier]))
}

test('a row at the last tick of time does not end its stream', () => {
  const events = source('events', { at: t.timestamp('ns'), key: t.int8 }, { time: 'at' })
  const counts: unknown[] = []
  const plan = events.groupBy('key').agg((_, a) => ({ rows: a.count() }))
  const live = compile(plan, { limits: smallLimits }).open(batch => {
    counts.push(...Array.from(batch, row => row.rows))
  })
  live.push([(1n << 63n) - 1n, 0n, 1n].map(at => ({ at, key: 1 })))
  assert.deepEqual(counts, [])
  live.end()
  assert.deepEqual(counts, [3n])
})
