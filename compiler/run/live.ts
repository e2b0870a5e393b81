/** A query that is pushed into: rows in, results out before the call returns. The lowest latency there is. */
import type { RecordBatch, Table } from 'apache-arrow'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Columns, RowOf, Schema } from '../../ir/schema.ts'
import type { Counters } from '../../runtime/dag/runner.ts'
import { batchesOf } from '../../runtime/io/inputs.ts'
import type { Instance } from './instance.ts'

/** What can be pushed at once. */
export type Pushable<S extends Columns> = RecordBatch | Table | readonly RowOf<S>[]

export class LiveQuery<In extends Columns> {
  readonly #instance: Instance
  readonly #schema: Schema
  #closed = false

  constructor(instance: Instance, schema: Schema) {
    this.#instance = instance
    this.#schema = schema
  }

  /**
   * Takes rows and hands out all results that they make due. Throws where a batch is not acceptable (nothing of it
   * was taken) or a limit is reached (`counters.rowsIn` says how far it came); the next good batch is welcome.
   */
  push(input: Pushable<In>): void {
    this.#checkOpen()
    for (const batch of this.#batches(input)) this.#pushBatch(batch)
  }

  #batches(input: Pushable<In>): Iterable<RecordBatch> {
    const batches = batchesOf(input, this.#schema)
    if (Symbol.iterator in batches) return batches
    throw new MillraceError('LDB-0001', 'a live query takes batches, tables and arrays of rows', {
      fix: 'use run() for streams',
    })
  }

  #pushBatch(batch: RecordBatch): void {
    const { runner } = this.#instance
    this.#instance.switchTier()
    const accepted = runner.accept(batch)
    this.#instance.prepare(accepted.shape)
    runner.begin(accepted)
    this.#finishWork()
  }

  /** Compiles natively for a batch like this one, so that pushing it runs on native code. For tests and benches. */
  async warm(input: Pushable<In>): Promise<Tier> {
    for (const batch of this.#batches(input)) {
      await this.#instance.prepare(this.#instance.runner.accept(batch).shape)
    }
    this.#instance.switchTier()
    return this.#instance.tier
  }

  /** Promises that no row before this time is still to come, in ticks of the time column. */
  advanceTo(time: bigint): void {
    this.#checkOpen()
    this.#instance.runner.raiseWatermark(time)
    this.#finishWork()
  }

  /** The input is complete: everything that waits is emitted. */
  end(): void {
    this.#checkOpen()
    this.#instance.runner.end()
    this.#finishWork()
  }

  #finishWork(): void {
    const { runner } = this.#instance
    while (runner.isBusy) runner.step()
    runner.flush()
  }

  get tier(): Tier {
    return this.#instance.tier
  }

  get counters(): Counters {
    return this.#instance.runner.counters
  }

  /** Forgets all state; what waits is not emitted. */
  close(): void {
    this.#closed = true
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw new MillraceError('LDB-0004', 'the query is closed')
  }
}
