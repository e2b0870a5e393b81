/** The heap of deadlines against a sorted list: any pushes and pops, with ties and the ends of time among the times. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeadlineHeap } from '../../../compiler/lower/lib/heap.ts'
import { eq, gt, i32, i64, load } from '../../../ir/kernel/build.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { edges } from '../../support/edges.ts'
import { Rig, type Row } from '../../support/rig.ts'
import { rigLimits } from '../../support/rig-program.ts'
import { search } from '../../support/search.ts'

const NONE = -77n
const ITEMS_MAX = rigLimits.stateRows

const head = rowLayout('heap_head', 'state', { waiting: 'i32' })
const heap = new DeadlineHeap('heap', head)
const rig = await Rig.build({
  name: 'heap',
  command: { pops: 'u8', time: 'i64', id: 'i32' },
  answer: { earliest: 'i64', id: 'i32', waiting: 'i32' },
  fixed: [
    { mem: head, rows: 1 },
    { mem: heap.items, rows: ITEMS_MAX },
  ],
  step({ k, arg, answer }) {
    const waiting = load(head, 'waiting')
    answer('earliest', heap.earliest(i64(NONE)))
    answer('waiting', waiting)
    answer('id', load(heap.items, 'id', i32(0)))
    k.if(
      eq(arg('pops'), i32(0)),
      () => heap.push(k, arg('time'), arg('id')),
      () => k.if(gt(waiting, i32(0)), () => heap.pop(k)),
    )
  },
})

const times = fc.oneof(fc.constantFrom(...(edges.i64 as bigint[])), fc.bigInt({ min: 0n, max: 9n }))
/** A time is pushed, null pops. */
const steps = fc.array(fc.option(times, { freq: 3 }), { maxLength: 150, size: 'max' })

/** Pushes beyond the room are left out, and all that is left is popped at the end. */
function fitting(given: readonly (bigint | null)[]): readonly (bigint | null)[] {
  let waiting = 0
  const taken = given.filter(time => {
    if (time !== null && waiting === ITEMS_MAX) return false
    waiting = Math.max(0, waiting + (time === null ? -1 : 1))
    return true
  })
  return [...taken, ...Array.from({ length: waiting + 1 }, () => null)]
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b))

/** Checks each answer, which was given before its step was done. Of items of one time any may come first. */
function checkAnswers(given: readonly (bigint | null)[], answers: readonly (Row | undefined)[]): void {
  let waiting: bigint[] = []
  const owners = new Map<number, bigint>()
  given.forEach((time, i) => {
    const answer = answers[i]
    assert.equal(answer?.waiting, waiting.length)
    assert.equal(answer?.earliest, waiting[0] ?? NONE)
    if (waiting.length > 0) assert.equal(owners.get(Number(answer?.id)), waiting[0])
    if (time !== null) {
      waiting = [...waiting, time].toSorted(byValue)
      owners.set(i, time)
    } else if (waiting.shift() !== undefined) owners.delete(Number(answer?.id))
  })
  assert.equal(owners.size, 0)
}

test('items leave by time, each once', () => {
  fc.assert(
    fc.property(steps, given => {
      const all = fitting(given)
      rig.reset({ budgetRows: 50 })
      const commands = all.map((time, id) => ({ pops: Number(time === null), time: time ?? 0n, id }))
      checkAnswers(all, rig.run(commands))
    }),
    search(40),
  )
})
