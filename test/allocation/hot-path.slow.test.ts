/**
 * The hot path allocates nothing: from rows that lie in the arena to rows in the output region no byte of heap is
 * asked for, whatever the plan does, once V8 has compiled the kernels. Measured on the heap itself.
 */
import '../support/no-cache.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { kernelCases } from '../../bench/kernels/cases.ts'
import { seededRandom } from '../../bench/lib/random.ts'
import { residentKernel } from '../../bench/lib/resident-kernel.ts'
import type { Subject } from '../../bench/lib/subject.ts'
import { nativeUnavailable } from '../support/backends.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const BATCH_ROWS = 1024
/** V8 compiles what is hot, in a thread of its own: so often it gets passes to see and a pause to do it in. */
const ROUNDS_MAX = 100
const PASSES_PER_ROUND = 4
const MEASURES = 5
/** One object for every batch of a pass would be more. */
const TOLERANCE_BYTES = 1024

const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20))

/** Bytes of heap that a piece of work takes, without what looking takes. */
function heapBytes(work: () => void): number {
  collectGarbage()
  const before = getHeapStatistics().used_heap_size
  work()
  return getHeapStatistics().used_heap_size - before
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]

function bytesOfPass(subject: Subject): number {
  const looks = Array.from({ length: MEASURES }, () => heapBytes(() => {}))
  const passes = Array.from({ length: MEASURES }, () => {
    subject.rewind?.()
    return heapBytes(subject.pass)
  })
  return median(passes) - median(looks)
}

/** What passes take when V8 has settled; code that allocates goes on allocating however long it runs. */
async function settledBytes(subject: Subject): Promise<number> {
  let bytes = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS_MAX && bytes > TOLERANCE_BYTES; round++) {
    for (let n = 0; n < PASSES_PER_ROUND; n++) {
      subject.rewind?.()
      subject.pass()
    }
    await pause()
    bytes = bytesOfPass(subject)
  }
  return bytes
}

for (const one of kernelCases.filter(({ name }) => name !== 'group-by-1m')) {
  for (const tier of ['js', 'native'] as const) {
    const skip = tier === 'native' && nativeUnavailable
    test(`${one.name} on ${tier} allocates nothing`, { skip }, async () => {
      const data = one.data(32 * BATCH_ROWS, seededRandom(1))
      const { stream, time } = one
      const subject = await residentKernel({ stream, tier, data, batchRows: BATCH_ROWS, time })
      const bytes = await settledBytes(subject)
      assert.ok(bytes <= TOLERANCE_BYTES, `${bytes} bytes for ${data.rows} rows in batches of ${BATCH_ROWS}`)
    })
  }
}

test('the measure sees an object for each batch', () => {
  const kept: object[] = []
  const bytes = heapBytes(() => {
    for (let n = 0; n < 32; n++) kept.push({ n, text: 'a batch' })
  })
  assert.ok(bytes > TOLERANCE_BYTES, `${bytes}`)
})
