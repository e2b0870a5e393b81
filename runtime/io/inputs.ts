/**
 * Whatever users may push, as record batches: tables, batches, row objects, arrays of these, iterables and streams
 * of any of them, and Arrow IPC bytes. A synchronous source is read without a single promise.
 */
import type { RecordBatch, Table } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import type { Schema } from '../../ir/schema.ts'
import { isRecordBatch, isTable, readIpc, readIpcStream } from './arrow/ipc.ts'
import { AsyncItems, type AsyncSource, IDLE, readError } from './async-items.ts'
import { asyncSourceOf } from './async-source.ts'
import { RowGatherer } from './row-gatherer.ts'

/**
 * What can be read. An iterable or a stream yields rows, batches, tables, arrays of these, or chunks of Arrow IPC
 * bytes (a stream or a file); bytes that come alone are IPC, too.
 */
export type BatchInput =
  | RecordBatch
  | Table
  | Uint8Array
  | Iterable<object>
  | AsyncIterable<object>
  | ReadableStream<object>

const isObject = (input: unknown): input is object => typeof input === 'object' && input !== null
const isIterable = (input: unknown): input is Iterable<unknown> =>
  isObject(input) && Symbol.iterator in input && typeof input[Symbol.iterator] === 'function'
const isBytes = (item: unknown): item is Uint8Array => item instanceof Uint8Array

/**
 * The batches of an input; rows become batches of `schema`, batches come as they are and are checked at the door. An
 * asynchronous input is released when the iterator is: by return(), or by leaving the loop over it.
 */
export function batchesOf(
  input: BatchInput,
  schema: Schema,
): Iterable<RecordBatch> | AsyncIterableIterator<RecordBatch> {
  if (isRecordBatch(input)) return [input]
  if (isTable(input)) return input.batches
  if (isBytes(input)) return guarded(readIpc([input]))
  const source = isObject(input) ? asyncSourceOf(input) : undefined
  if (source) return new BatchStream(source, schema)
  if (isIterable(input)) return syncBatches(input, schema)
  throw new MillraceError('LDB-0001', 'the input is neither Arrow data nor an iterable or a stream', {
    fix: 'pass a table, a record batch, Arrow IPC bytes, or an array, an iterable or a stream of rows or batches',
  })
}

/** Names the source as the origin of what it throws. */
function* guarded<T>(source: Iterable<T>): Generator<T> {
  try {
    yield* source
  } catch (error) {
    throw readError(error)
  }
}

function* syncBatches(input: Iterable<unknown>, schema: Schema): Generator<RecordBatch> {
  const items = guarded(input)
  try {
    const first = items.next()
    if (!first.done && isBytes(first.value)) yield* guarded(readIpc(chunks(first.value, items)))
    else yield* gathered(first, items, schema)
  } finally {
    items.return(undefined)
  }
}

function* gathered(
  first: IteratorResult<unknown>,
  items: Iterator<unknown>,
  schema: Schema,
): Generator<RecordBatch> {
  const gatherer = new RowGatherer(schema)
  for (let step = first; !step.done; step = items.next()) {
    gatherer.add(step.value)
    if (gatherer.isReady) yield* gatherer.take()
  }
  gatherer.flush()
  yield* gatherer.take()
}

function* chunks(first: Uint8Array, rest: Iterable<unknown>): Generator<Uint8Array> {
  yield first
  for (const chunk of rest) yield checkedChunk(chunk)
}

async function* asyncChunks(first: Uint8Array, items: AsyncItems): AsyncGenerator<Uint8Array> {
  yield first
  for (let step = await items.next(); !step.done; step = await items.next()) yield checkedChunk(step.value)
}

function checkedChunk(chunk: unknown): Uint8Array {
  if (isBytes(chunk)) return chunk
  throw new MillraceError('LDB-5020', 'the input began as Arrow IPC bytes and goes on with something else')
}

/** The batches of an asynchronous source; `return` takes effect at once, also while a batch is awaited. */
class BatchStream implements AsyncIterableIterator<RecordBatch> {
  readonly #items: AsyncItems
  readonly #batches: AsyncGenerator<RecordBatch>

  constructor(source: AsyncSource, schema: Schema) {
    this.#items = new AsyncItems(source)
    this.#batches = asyncBatches(this.#items, schema)
  }

  next(): Promise<IteratorResult<RecordBatch>> {
    return this.#batches.next()
  }

  async return(): Promise<IteratorResult<RecordBatch>> {
    await this.#items.cancel()
    return this.#batches.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

async function* asyncBatches(items: AsyncItems, schema: Schema): AsyncGenerator<RecordBatch> {
  try {
    const first = await items.next()
    if (!first.done && isBytes(first.value)) yield* asyncIpc(first.value, items)
    else yield* asyncGathered(first, items, schema)
  } finally {
    await items.cancel()
  }
}

/** Rows that wait are handed out when the source has nothing ready: it may not have more for hours. */
async function* asyncGathered(
  first: IteratorResult<unknown>,
  items: AsyncItems,
  schema: Schema,
): AsyncGenerator<RecordBatch> {
  const gatherer = new RowGatherer(schema)
  let step: IteratorResult<unknown> | typeof IDLE = first
  while (step === IDLE || !step.done) {
    if (step === IDLE) gatherer.flush()
    else gatherer.add(step.value)
    if (gatherer.isReady) yield* gatherer.take()
    step = gatherer.hasRows ? await items.nextOrIdle() : await items.next()
  }
  gatherer.flush()
  yield* gatherer.take()
}

/** A stream that is given up ends in the middle of a message, which is no error. */
async function* asyncIpc(first: Uint8Array, items: AsyncItems): AsyncGenerator<RecordBatch> {
  try {
    yield* readIpcStream(asyncChunks(first, items))
  } catch (error) {
    if (!items.isCancelled) throw readError(error)
  }
}
