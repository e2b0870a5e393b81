/** The queue of results to a reader: its limit, its end, and what is dropped. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OUTPUT_BATCHES_MAX, Output } from '../../runtime/subscription/output.ts'
import { turn } from './kit.ts'

const END = { done: true, value: undefined }
const item = (value: number) => ({ done: false, value })

interface Watched {
  readonly output: Output<number>
  readonly calls: { taken: number; cancelled: number }
}

function watchedOutput(): Watched {
  const calls = { taken: 0, cancelled: 0 }
  const output = new Output<number>(
    () => calls.taken++,
    () => calls.cancelled++,
  )
  return { output, calls }
}

test('an output has room up to its limit, and again for each batch that is taken', async () => {
  const { output, calls } = watchedOutput()
  for (let i = 0; i < OUTPUT_BATCHES_MAX; i++) {
    assert.ok(output.hasRoom)
    output.add(i)
  }
  assert.equal(output.hasRoom, false)
  output.add(OUTPUT_BATCHES_MAX)
  assert.deepEqual(await output.next(), item(0))
  assert.deepEqual([output.hasRoom, calls.taken], [false, 1])
  assert.deepEqual(await output.next(), item(1))
  assert.deepEqual([output.hasRoom, calls.taken], [true, 2])
})

test('readers that wait are served in the order in which they came, also from one burst', async () => {
  const { output, calls } = watchedOutput()
  const reads = Promise.all([output.next(), output.next(), output.next()])
  await turn()
  output.add(1)
  output.add(2)
  await turn()
  assert.equal(calls.taken, 2)
  output.add(3)
  assert.deepEqual(await reads, [1, 2, 3].map(item))
})

test('a closed output hands out what waits, then ends; what comes later is dropped', async () => {
  const { output } = watchedOutput()
  output.add(1)
  output.close()
  output.add(2)
  output.close(new Error('too late'))
  assert.deepEqual(await output.next(), item(1))
  assert.deepEqual([await output.next(), await output.next()], [END, END])
})

test('the error of an output comes behind what waits, once', async () => {
  const { output } = watchedOutput()
  const error = new Error('mine')
  output.add(1)
  output.close(error)
  assert.deepEqual(await output.next(), item(1))
  await assert.rejects(output.next(), error)
  assert.deepEqual(await output.next(), END)
})

test('closing wakes every reader that waits; an error goes to the first', async () => {
  const ends = watchedOutput().output
  const waiting = Promise.all([ends.next(), ends.next()])
  ends.close()
  assert.deepEqual(await waiting, [END, END])
  const fails = watchedOutput().output
  const reads = Promise.allSettled([fails.next(), fails.next()])
  fails.close(new Error('mine'))
  assert.deepEqual(
    (await reads).map(({ status }) => status),
    ['rejected', 'fulfilled'],
  )
})

test('aborting drops what waits and ends, with its error where there is one', async () => {
  const { output, calls } = watchedOutput()
  output.add(1)
  output.abort()
  assert.deepEqual(await output.next(), END)
  const failed = watchedOutput().output
  failed.add(1)
  failed.abort(new Error('enough'))
  await assert.rejects(failed.next(), /^Error: enough$/)
  assert.deepEqual(calls, { taken: 0, cancelled: 0 })
})

test('a reader that leaves drops what waits and cancels the query', async () => {
  const { output, calls } = watchedOutput()
  output.add(1)
  output.add(2)
  for await (const first of output) {
    assert.equal(first, 1)
    break
  }
  assert.deepEqual(calls, { taken: 1, cancelled: 1 })
  assert.deepEqual(await output.next(), END)
})

test('a reader may leave while it waits', async () => {
  const { output } = watchedOutput()
  const read = output.next()
  assert.deepEqual(await output.return(), END)
  assert.deepEqual(await read, END)
})
