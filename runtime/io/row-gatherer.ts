/** Brings what a source yields, in order, into record batches: rows are gathered, batches pass as they are. */
import { inspect } from 'node:util'
import type { RecordBatch } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import type { Schema } from '../../ir/schema.ts'
import { isRecordBatch, isTable } from './arrow/ipc.ts'
import { batchFromRows } from './rows.ts'

/** Row objects that are made into one batch. */
export const ROWS_PER_BATCH = 8192

export class RowGatherer {
  readonly #schema: Schema
  #rows: object[] = []
  #rowsBefore = 0
  #ready: RecordBatch[] = []

  constructor(schema: Schema) {
    this.#schema = schema
  }

  /** Do rows wait that are in no batch yet? */
  get hasRows(): boolean {
    return this.#rows.length > 0
  }

  get isReady(): boolean {
    return this.#ready.length > 0
  }

  /** The batches that are ready, each once. */
  take(): readonly RecordBatch[] {
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  /** Makes a batch of the rows that wait. */
  flush(): void {
    if (this.#rows.length === 0) return
    const rows = this.#rows
    this.#rows = []
    this.#ready.push(batchFromRows(this.#schema, rows, this.#rowsBefore))
    this.#rowsBefore += rows.length
  }

  /** Takes a row, a batch, a table, or an array of these. */
  add(item: unknown): void {
    if (isRecordBatch(item)) this.#pass([item])
    else if (isTable(item)) this.#pass(item.batches)
    else if (Array.isArray(item)) for (const one of item) this.add(one)
    else if (isRow(item)) this.#addRow(item)
    else throw notAnItem(item)
  }

  #addRow(row: object): void {
    this.#rows.push(row)
    if (this.#rows.length >= ROWS_PER_BATCH) this.flush()
  }

  #pass(batches: readonly RecordBatch[]): void {
    this.flush()
    for (const batch of batches) {
      this.#ready.push(batch)
      this.#rowsBefore += batch.numRows
    }
  }
}

const isRow = (item: unknown): item is object =>
  typeof item === 'object' && item !== null && !ArrayBuffer.isView(item) && !(item instanceof ArrayBuffer)

function notAnItem(item: unknown): MillraceError {
  const shown = inspect(item, { depth: 0, maxStringLength: 40, maxArrayLength: 3 })
  return new MillraceError('LDB-5020', `the input holds ${shown}, which is neither a row nor a batch`, {
    fix: 'pass row objects, record batches, tables, arrays of these, or nothing but Arrow IPC bytes',
  })
}
