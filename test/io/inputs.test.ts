/** Every kind of input gives the same rows, waits for nothing it need not wait for, and is released. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { type RecordBatch, RecordBatchReader, Table, tableToIPC } from 'apache-arrow'
import { type BatchInput, batchesOf } from '../../runtime/io/inputs.ts'
import { ROWS_PER_BATCH } from '../../runtime/io/row-gatherer.ts'
import { batchFromRows, rowsOf } from '../../runtime/io/rows.ts'
import { later, web } from '../support/streams.ts'
import { column } from './arrow-columns.ts'

const schema = [column('n', 'int32'), column('s', 'utf8')]
const rowsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ n: first + i, s: `row ${first + i}` }))
const rows = rowsFrom(0, 10)
const batches = [batchFromRows(schema, rows.slice(0, 4)), batchFromRows(schema, rows.slice(4))]
const table = new Table(batches)
const stream = tableToIPC(table, 'stream')
const file = tableToIPC(table, 'file')

/** Pieces of a few bytes, each with a buffer of its own. */
const pieces = (bytes: Uint8Array): Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) => bytes.slice(i * 100, (i + 1) * 100))

function* generated<T>(items: Iterable<T>): Generator<T> {
  yield* items
}

async function readAll(input: BatchInput): Promise<RecordBatch[]> {
  const read: RecordBatch[] = []
  for await (const batch of batchesOf(input, schema)) read.push(batch)
  return read
}
const rowsIn = (read: readonly RecordBatch[]): unknown[] => read.flatMap(batch => rowsOf(schema, batch))

const inputs: Readonly<Record<string, () => BatchInput>> = {
  'a table': () => table,
  'an array of batches': () => batches,
  'an array of tables': () => [new Table([batches[0]]), new Table([batches[1]])],
  'an array of rows': () => rows,
  'an array of arrays of rows': () => [rows.slice(0, 3), [], rows.slice(3)],
  'a set of rows': () => new Set(rows),
  'a generator of rows': () => generated(rows),
  'rows, batches and arrays, mixed': () => [...rows.slice(0, 4), batches[1]],
  'an asynchronous generator of rows': () => later(rows),
  'an asynchronous generator of arrays': () => later([rows.slice(0, 7), rows.slice(7)]),
  'an asynchronous generator of batches': () => later(batches),
  'an asynchronous generator of tables': () => later([table]),
  'a Node stream of rows': () => Readable.from(rows),
  'a Node stream of batches': () => Readable.from(batches),
  'a web stream of rows': () => web(rows),
  'a web stream of batches': () => web(batches),
  'the bytes of an IPC stream': () => stream,
  'the bytes of an IPC file': () => file,
  'an array of pieces of an IPC stream': () => pieces(stream),
  'an asynchronous generator of pieces of an IPC stream': () => later(pieces(stream)),
  'a Node stream of pieces of an IPC stream': () =>
    Readable.from(pieces(stream).map(piece => Buffer.from(piece))),
  'a Node stream of pieces of an IPC file': () => Readable.from(pieces(file)),
  'a web stream of pieces of an IPC stream': () => web(pieces(stream)),
  'a reader of an IPC stream': () => RecordBatchReader.from(stream),
}

for (const [name, input] of Object.entries(inputs)) {
  test(`${name} gives the rows`, async () => {
    assert.deepEqual(rowsIn(await readAll(input())), rows)
  })
}

test('a batch gives itself', () => {
  assert.deepEqual([...(batchesOf(batches[0], schema) as Iterable<RecordBatch>)], [batches[0]])
})

test('inputs without rows', async () => {
  for (const input of [[], [[]], later([]), Readable.from([]), web([]), new Table(schemaOnly())]) {
    assert.deepEqual(rowsIn(await readAll(input)), [])
  }
})
const schemaOnly = () => batchFromRows(schema, [])

test('a synchronous source is read without promises, in batches of a fixed size', () => {
  const many = rowsFrom(0, 2 * ROWS_PER_BATCH + 5)
  const read = [...(batchesOf(generated(many), schema) as Iterable<RecordBatch>)]
  assert.deepEqual(
    read.map(batch => batch.numRows),
    [ROWS_PER_BATCH, ROWS_PER_BATCH, 5],
  )
  assert.deepEqual(rowsIn(read), many)
})

test('an asynchronous source that always has a row ready fills its batches', async () => {
  async function* source() {
    yield* rowsFrom(0, ROWS_PER_BATCH + 5)
  }
  assert.deepEqual(
    (await readAll(source())).map(batch => batch.numRows),
    [ROWS_PER_BATCH, 5],
  )
})

/** A source that stops after three rows until it is told to go on. */
function stalling() {
  let goOn = (): void => {}
  const state = { released: false }
  async function* source() {
    try {
      yield* rows.slice(0, 3)
      await new Promise<void>(resolve => {
        goOn = resolve
      })
      yield* rows.slice(3)
    } finally {
      state.released = true
    }
  }
  return { source: source(), goOn: () => goOn(), state }
}
const iteratorOf = (input: BatchInput) => {
  const read = batchesOf(input, schema)
  assert.ok(Symbol.asyncIterator in read)
  return read
}

test('rows are handed out when the source is idle, and none is lost', async () => {
  const { source, goOn } = stalling()
  const read = iteratorOf(source)
  const first = await read.next()
  assert.deepEqual(rowsIn([first.value]), rows.slice(0, 3))
  const second = read.next()
  await new Promise(setImmediate)
  goOn()
  assert.deepEqual(rowsIn([(await second).value]), rows.slice(3))
  assert.equal((await read.next()).done, true)
})

test('leaving the loop releases a source', async () => {
  const { source, goOn, state } = stalling()
  for await (const batch of iteratorOf(source)) {
    assert.equal(batch.numRows, 3)
    break
  }
  goOn()
  await new Promise(setImmediate)
  assert.equal(state.released, true)
})

test('return() ends a read that waits, whatever the source', async () => {
  const idleWeb = { cancelled: false }
  const webStream = new ReadableStream<object>({
    start: controller => controller.enqueue(rows[0]),
    cancel: () => {
      idleWeb.cancelled = true
    },
  })
  const nodeStream = new Readable({ objectMode: true, read() {} })
  nodeStream.push(rows[0])
  const bytes = new Readable({ objectMode: true, read() {} })
  bytes.push(stream.slice(0, 40))
  for (const input of [stalling().source, webStream, nodeStream]) {
    const read = iteratorOf(input)
    await read.next()
    const waiting = read.next()
    await read.return?.()
    assert.equal((await waiting).done, true)
    assert.equal((await read.next()).done, true)
  }
  assert.equal(idleWeb.cancelled, true)
  assert.equal(nodeStream.destroyed, true)
  const ipc = iteratorOf(bytes)
  const waiting = ipc.next()
  await new Promise(setImmediate)
  await ipc.return?.()
  assert.equal((await waiting).done, true)
  assert.equal(bytes.destroyed, true)
})

test('return() releases a source that was never read', async () => {
  const nodeStream = Readable.from(rows)
  await iteratorOf(nodeStream).return?.()
  if (!nodeStream.closed) await once(nodeStream, 'close')
  assert.equal(nodeStream.destroyed, true)
})

test('leaving a synchronous loop releases its generator', () => {
  let released = false
  function* source() {
    try {
      yield* batches
    } finally {
      released = true
    }
  }
  for (const _ of batchesOf(source(), schema) as Iterable<RecordBatch>) break
  assert.equal(released, true)
})

const cause = new Error('the cable is cut')
const failures: Readonly<Record<string, () => BatchInput>> = {
  'a generator': function* () {
    yield rows[0]
    throw cause
  },
  'an asynchronous generator': async function* () {
    yield rows[0]
    throw cause
  },
  'a Node stream': () =>
    new Readable({
      objectMode: true,
      read() {
        this.destroy(cause)
      },
    }),
  'a web stream': () => new ReadableStream({ pull: controller => controller.error(cause) }),
  'a stream of bytes': async function* () {
    yield stream.slice(0, 40)
    throw cause
  },
}

for (const [name, input] of Object.entries(failures)) {
  test(`LDB-5003: the failure of ${name}`, async () => {
    await assert.rejects(readAll(input()), { code: 'LDB-5003', message: /the cable is cut/, cause })
  })
}

test('LDB-5003: IPC bytes that end in the middle, or are none', async () => {
  for (const bytes of [stream.slice(0, 500), new Uint8Array(1000).fill(7)]) {
    await assert.rejects(readAll(bytes), { code: 'LDB-5003' })
    await assert.rejects(readAll(later([bytes])), { code: 'LDB-5003' })
  }
})

test('LDB-5020: a row that does not fit is named by its number in the input, and its source is released', async () => {
  let released = false
  async function* source() {
    try {
      yield batches[0]
      yield* [rows[4], { n: 'five', s: 'x' }]
    } finally {
      released = true
    }
  }
  await assert.rejects(readAll(source()), { code: 'LDB-5020', message: /row 5, column 'n'.*'five'/ })
  assert.equal(released, true)
})

test('LDB-5020: what is neither row nor batch', async () => {
  for (const item of [5, 'x', null, [null], new ArrayBuffer(1)]) {
    const input = [rows[0], item] as object[]
    await assert.rejects(readAll(input), { code: 'LDB-5020', message: /neither a row nor a batch/ })
  }
  await assert.rejects(readAll(later([stream.slice(0, 8), rows[0]])), {
    code: 'LDB-5020',
    message: /began as Arrow IPC bytes/,
  })
})

test('LDB-0001: what is no input', () => {
  for (const input of [5, 'rows', null, undefined, { n: 1 }]) {
    assert.throws(() => batchesOf(input as never, schema), { code: 'LDB-0001' })
  }
})
