/** Arrow columns and batches made of buffers that are already laid out. */
import {
  Schema as ArrowSchema,
  type DataType as ArrowType,
  BufferType,
  Data,
  Field,
  RecordBatch,
  Struct,
  type Vector,
} from 'apache-arrow'
import type { Schema } from '../../../ir/schema.ts'
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

/** A column of lists: where each begins among the values of all, and where the last one ends. */
export function makeListColumn(
  type: ArrowType,
  rows: number,
  { offsets, child, valid }: { readonly child: Data } & Pick<Required<ColumnBuffers>, 'offsets' | 'valid'>,
): Data {
  const nulls = valid ? countZeros(valid, rows) : 0
  const bitmap = nulls > 0 && valid ? valid : new Uint8Array(0)
  return new Data(type, 0, rows, nulls, [offsets, undefined, bitmap], [child])
}

/** Makes batches of one list of columns. Where the types stay the same, so does the schema object. */
export class BatchMaker {
  readonly #columns: Schema
  #schema: ArrowSchema | undefined
  #struct: Struct | undefined

  constructor(columns: Schema) {
    this.#columns = columns
  }

  /** The fields take the types of the data: a dictionary stays one. */
  make(children: readonly Data[], rows: number): RecordBatch {
    const { schema, struct } = this.#typesOf(children)
    const noNulls = { [BufferType.VALIDITY]: new Uint8Array(0) }
    return assembleBatch(schema, new Data(struct, 0, rows, 0, noNulls, [...children]))
  }

  #typesOf(children: readonly Data[]): { readonly schema: ArrowSchema; readonly struct: Struct } {
    const [schema, struct] = [this.#schema, this.#struct]
    if (schema && struct && children.every(({ type }, i) => schema.fields[i].type === type))
      return { schema, struct }
    const fields = this.#columns.map(({ name, nullable }, i) => new Field(name, children[i].type, nullable))
    this.#schema = new ArrowSchema(fields)
    this.#struct = new Struct(fields)
    return { schema: this.#schema, struct: this.#struct }
  }
}

/**
 * What the constructor of RecordBatch makes of columns that all have its length. The constructor itself takes 10 us,
 * because it builds the schema anew; a test compares the two.
 */
function assembleBatch(schema: ArrowSchema, data: Data<Struct>): RecordBatch {
  const batch: RecordBatch = Object.create(RecordBatch.prototype)
  return Object.assign(batch, { schema, data, _metadata: new Map<string, string>() })
}

export const makeBatch = (columns: Schema, children: readonly Data[], rows: number): RecordBatch =>
  new BatchMaker(columns).make(children, rows)
