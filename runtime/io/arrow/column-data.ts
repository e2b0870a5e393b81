/** Arrow columns and batches made of buffers that are already laid out. */
import {
  type DataType as ArrowType,
  Data,
  Field,
  RecordBatch,
  Schema,
  Struct,
  type Vector,
} from 'apache-arrow'
import type { Column } from '../../../ir/schema.ts'
import { countZeros } from './bits.ts'

export type FixedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

export interface ColumnBuffers {
  /** Values; bits for booleans, bytes for texts, codes for dictionaries. */
  readonly values: FixedArray
  /** Where each text starts, and where the last one ends. */
  readonly offsets?: Int32Array
  /** Validity, bit 0 first; absent where there are no nulls. */
  readonly valid?: Uint8Array | undefined
  readonly dictionary?: Vector | undefined
}

export function makeColumn(type: ArrowType, rows: number, buffers: ColumnBuffers): Data {
  const { values, offsets, valid, dictionary } = buffers
  const nulls = valid ? countZeros(valid, rows) : 0
  const bitmap = nulls > 0 && valid ? valid : new Uint8Array(0)
  return new Data(type, 0, rows, nulls, [offsets, values, bitmap], [], dictionary)
}

/** What a field of a batch needs to know of its column. */
type Named = Pick<Column, 'name' | 'nullable'>

/** The fields take the types of the data: a dictionary stays one. */
export function makeBatch(columns: readonly Named[], children: readonly Data[], rows: number): RecordBatch {
  const fields = columns.map(({ name, nullable }, i) => new Field(name, children[i].type, nullable))
  return new RecordBatch(new Schema(fields), new Data(new Struct(fields), 0, rows, 0, {}, [...children]))
}
