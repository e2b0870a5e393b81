/** Columns of a batch handed on unchanged: as slices where the rows lie together, else picked row by row. */
import { type DataType as ArrowType, type Data, Dictionary, type RecordBatch } from 'apache-arrow'
import type { Column } from '../../../ir/schema.ts'
import type { CheckedColumn } from './checked.ts'
import { makeBatch } from './column-data.ts'
import { toArrow } from './decimals.ts'
import type { AcceptedBatch } from './door.ts'
import { gatherColumn } from './gather.ts'
import { arrowTypeOf } from './types.ts'

/** Which rows of a batch are handed on: row `rows[i] + base`, for each `i`. */
export class Selection {
  readonly rows: Int32Array
  readonly base: number
  readonly #isRun: boolean
  /** Slices handed out. Two that share bytes would come out of Arrow's IPC writer (21.2) corrupted. */
  readonly #slices: Data[] = []

  constructor(rows: Int32Array, base: number) {
    this.rows = rows
    this.base = base
    this.#isRun = isRun(rows)
  }

  /** The chosen rows of a column as data of type `type`. */
  take({ data }: CheckedColumn, type: ArrowType): Data {
    if (this.#isRun) {
      const slice = data.slice(this.rows[0] + this.base, this.rows.length).clone(type)
      if (!this.#slices.some(other => overlap(other.values, slice.values))) {
        this.#slices.push(slice)
        return slice
      }
    }
    return gatherColumn(data, type, this.rows, this.base)
  }
}

/**
 * The Arrow type of a column that passes through: ours, or a dictionary where the batch has one. Every producer
 * numbers its dictionaries anew; a type of our own keeps the schema of the results the same.
 */
export class PassedType {
  readonly #dictionaries = new Map<string, ArrowType>()

  of({ column, data, dictionary }: CheckedColumn): ArrowType {
    if (!dictionary) return arrowTypeOf(column.type)
    const { dictionary: values, indices, isOrdered } = data.type as Dictionary
    const key = `${values} ${indices} ${isOrdered}`
    const known = this.#dictionaries.get(key) ?? new Dictionary(values, indices, null, isOrdered)
    this.#dictionaries.set(key, known)
    return known
  }
}

/** Are the rows consecutive, and is there one? */
function isRun(rows: Int32Array): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i] !== rows[0] + i) return false
  return rows.length > 0
}

function overlap(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.buffer !== b.buffer) return false
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
}

/** Rows `rowNumbers[i] + base` of a batch with all declared columns: late rows, rows with errors. */
export function gatherRows(accepted: AcceptedBatch, rowNumbers: Int32Array, base = 0): RecordBatch {
  const sources = [...accepted.columns.values()]
  const columns: Column[] = sources.map(({ column }) => column)
  const children = sources.map(({ column, data, dictionary }) =>
    toArrow(
      column.type,
      gatherColumn(data, dictionary ? data.type : arrowTypeOf(column.type), rowNumbers, base),
    ),
  )
  return makeBatch(columns, children, rowNumbers.length)
}
