/**
 * The batch door of a source: looks at a record batch as a whole, then brings its columns into the memory of the
 * plan, as many rows at a time as fit. A batch that is refused changes nothing. Steady state costs a few small
 * objects per column and batch: the facts below, and at most three views for the block copies.
 */
import type { RecordBatch } from 'apache-arrow'
import type { BatchLimits, BatchShape, InputColumn } from '../../../ir/physical/program.ts'
import type { Schema } from '../../../ir/schema.ts'
import { checkColumn } from './check.ts'
import type { CheckedColumn } from './checked.ts'
import { DictionaryCache } from './dictionary.ts'
import { type ColumnLoader, makeLoader } from './load.ts'
import type { DoorMemory } from './memory.ts'

/** A batch that was checked. */
export interface AcceptedBatch {
  readonly batch: RecordBatch
  readonly rows: number
  readonly shape: BatchShape
  /** Every declared column by name. */
  readonly columns: ReadonlyMap<string, CheckedColumn>
  /** What enters each slot; decoded where the dictionary cannot enter. */
  readonly inputs: readonly CheckedColumn[]
}

interface Slot {
  readonly input: InputColumn
  readonly loader: ColumnLoader
}

export class BatchDoor {
  readonly #schema: Schema
  readonly #slots: readonly Slot[]
  readonly #batchRows: number
  readonly #dictionaries = new DictionaryCache()

  constructor(columns: readonly InputColumn[], schema: Schema, memory: DoorMemory, limits: BatchLimits) {
    this.#schema = schema
    this.#slots = columns.map(input => ({ input, loader: makeLoader(input, memory, limits) }))
    this.#batchRows = limits.batchRows
  }

  /** Checks every declared column; throws LDB-0006, LDB-7004, LDB-7005 or LDB-8014 and has done nothing. */
  accept(batch: RecordBatch): AcceptedBatch {
    const columns = new Map(
      this.#schema.map(column => [column.name, checkColumn(column, batch, this.#dictionaries)]),
    )
    const inputs = this.#slots.map(({ input, loader }) => loader.prepare(columnFor(input, columns)))
    const dictionaries = this.#slots.flatMap(({ input }, i) => (inputs[i].dictionary ? [input.slot] : []))
    const dense = inputs.every(({ hasNulls }) => !hasNulls)
    return { batch, rows: batch.numRows, shape: { dictionaries, dense }, columns, inputs }
  }

  /** Copies rows from row `from` on until memory is full or the batch is at its end; returns how many. */
  load({ inputs, rows }: AcceptedBatch, from: number): number {
    let count = Math.min(this.#batchRows, rows - from)
    if (count <= 0) return 0
    this.#slots.forEach(({ loader }, i) => {
      count = loader.fits(inputs[i], from, count)
    })
    this.#slots.forEach(({ loader }, i) => {
      loader.load(inputs[i], from, count)
    })
    return count
  }

  /** Voids what kernels remembered about the texts of dictionaries; to be called after state was swept. */
  forgetTexts(): void {
    for (const { loader } of this.#slots) loader.forgetTexts()
  }
}

function columnFor({ column }: InputColumn, columns: AcceptedBatch['columns']): CheckedColumn {
  const checked = columns.get(column.name)
  if (!checked) throw new Error(`kernels read ${column.name}, which the source does not declare`)
  return checked
}
