/** Kernels that have just come are called for few rows at a time, each for so many calls and no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlanCache } from '../../compiler/index.ts'
import { Callbacks } from '../../compiler/run/callbacks.ts'
import { Instance } from '../../compiler/run/instance.ts'
import type { Runner } from '../../runtime/dag/runner.ts'
import { event, eventBatch, positive, small } from './kit.ts'

/** Rows of a call of a young kernel, calls until it is none, and rows of a batch for several such calls. */
const [YOUNG_ROWS, YOUNG_CALLS, ROWS] = [64, 1024, 640]

const rowsOf = (count: number, note: string | null) =>
  eventBatch(Array.from({ length: count }, (_, i) => event(i, 'a', i, note)))

/** Kernel calls that a batch takes. */
function callsOf(runner: Runner, batch: ReturnType<typeof rowsOf>): number {
  let calls = 0
  runner.measure({
    call(kernel) {
      calls++
      return kernel()
    },
  })
  runner.begin(runner.accept(batch))
  runner.drain()
  return calls
}

function opened(): Runner {
  const { plan, values } = new PlanCache().compile(positive.where(f => f.note.isNotNull()).node, new Map(), {
    limits: small,
  })
  return new Instance({
    plan,
    params: { declared: [], values },
    open: { tier: 'interp' },
    callbacks: new Callbacks(() => {}, {}),
    mode: 'view',
  }).runner
}

test('batches of one shape: a kernel gets its full budget when it is young no more', () => {
  const runner = opened()
  for (let i = 0; i < YOUNG_CALLS; i++) assert.equal(callsOf(runner, rowsOf(1, 'text')), 1)
  assert.equal(callsOf(runner, rowsOf(ROWS, 'text')), 1)
})

test('batches of two shapes come in turn: each kernel is young once', () => {
  const runner = opened()
  const shapes = ['text', null]
  for (const note of shapes) assert.equal(callsOf(runner, rowsOf(ROWS, note)), ROWS / YOUNG_ROWS)
  const left = YOUNG_CALLS - ROWS / YOUNG_ROWS
  for (let i = 0; i < left; i++) for (const note of shapes) callsOf(runner, rowsOf(1, note))
  for (const note of [...shapes, ...shapes]) assert.equal(callsOf(runner, rowsOf(ROWS, note)), 1)
})
