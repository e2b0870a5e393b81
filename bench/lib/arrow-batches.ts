/** The rows of a bench as Arrow record batches. They are views: a change of the data is seen in the batches. */
import type { RecordBatch } from 'apache-arrow'
import type { Schema } from '../../ir/schema.ts'
import { makeBatch, makeColumn } from '../../runtime/io/arrow/column-data.ts'
import { arrowTypeOf } from '../../runtime/io/arrow/types.ts'
import type { Data, DataColumn } from './data.ts'

/** Batches of `batchRows` rows, a multiple of 8 that divides the number of rows. */
export function batchesOf(data: Data, batchRows: number): readonly RecordBatch[] {
  const schema = data.columns.map(({ name, type, valid }) => ({ name, type, nullable: valid !== undefined }))
  return Array.from({ length: data.rows / batchRows }, (_, i) =>
    batchOf(schema, data, i * batchRows, (i + 1) * batchRows),
  )
}

function batchOf(schema: Schema, { columns }: Data, from: number, to: number): RecordBatch {
  const children = columns.map(column =>
    makeColumn(arrowTypeOf(column.type), to - from, {
      ...buffersOf(column, from, to),
      valid: bitsOf(column, from, to),
    }),
  )
  return makeBatch(schema, children, to - from)
}

const buffersOf = (column: DataColumn, from: number, to: number) =>
  column.type === 'utf8'
    ? { values: column.bytes, offsets: column.offsets.subarray(from, to + 1) }
    : { values: column.values.subarray(from, to) }

const bitsOf = ({ valid }: DataColumn, from: number, to: number): Uint8Array | undefined =>
  valid?.subarray(from >> 3, to >> 3)
