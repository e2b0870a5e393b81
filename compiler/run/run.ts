/** A query that runs from a source until the source ends: read it as batches, as rows, or all at once. */
import { type RecordBatch, Table } from 'apache-arrow'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Columns, RowOf, Schema } from '../../ir/schema.ts'
import type { Counters } from '../../runtime/dag/runner.ts'
import { plainBatch } from '../../runtime/io/arrow/plain.ts'
import { arrowSchemaOf } from '../../runtime/io/arrow/types.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { QueryTask } from '../../runtime/reactor/query-task.ts'
import { Reactor } from '../../runtime/reactor/reactor.ts'
import type { Output } from '../../runtime/subscription/output.ts'
import type { Instance } from './instance.ts'
import type { QueryMetrics } from './metrics.ts'

export interface RunParts {
  readonly instance: Instance
  readonly task: QueryTask
  readonly output: Output<RecordBatch>
  readonly schema: Schema
  /** Called when the results begin to be read. */
  readonly begin: () => void
}

/** A running query: its results are read once, in one of four ways. */
export class Run<Out extends Columns> implements AsyncIterable<RecordBatch> {
  readonly #parts: RunParts
  #started = false

  /** @internal */
  constructor(parts: RunParts) {
    this.#parts = parts
  }

  /** The results as Arrow batches; each is the reader's to keep. Leaving the loop ends the query. */
  [Symbol.asyncIterator](): AsyncIterator<RecordBatch> {
    this.#start()
    return this.#parts.output
  }

  /** The results as typed row objects. */
  async *rows(): AsyncGenerator<RowOf<Out>> {
    for await (const batch of this) yield* rowsOf(this.#parts.schema, batch) as RowOf<Out>[]
  }

  /** All results as one Arrow table, no column of it dictionary-encoded: batches may differ in that. */
  async collect(): Promise<Table> {
    const { schema } = this.#parts
    const batches: RecordBatch[] = []
    for await (const batch of this) batches.push(plainBatch(schema, batch))
    return new Table(arrowSchemaOf(schema), batches)
  }

  /** All results as row objects. */
  async collectRows(): Promise<RowOf<Out>[]> {
    const rows: RowOf<Out>[] = []
    for await (const row of this.rows()) rows.push(row)
    return rows
  }

  /** The engine that runs the kernels now. */
  get tier(): Tier {
    return this.#parts.instance.tier
  }

  /** Rows so far. */
  get counters(): Counters {
    return this.#parts.instance.runner.counters
  }

  /** Why it is not emitting: what each operator waits for, who holds its time back and since when, and what it keeps. */
  metrics(): QueryMetrics {
    return this.#parts.instance.metrics
  }

  /** Ends the query; results that wait are dropped, the source is told. */
  cancel(): void {
    this.#parts.output.abort()
    this.#parts.task.finish(undefined)
  }

  /** As `cancel`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
  }

  #start(): void {
    if (this.#started) throw new MillraceError('LDB-0005', 'the results of a run are read once')
    this.#started = true
    this.#parts.begin()
    const reactor = new Reactor()
    reactor.add(this.#parts.task)
    reactor.run().catch(error => this.#parts.task.finish(error))
  }
}
