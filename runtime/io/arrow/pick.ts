/** Rows of a batch that the engine itself made, picked by number. */
import { makeData, RecordBatch, Struct } from 'apache-arrow'
import { gatherColumn } from './gather.ts'

export function pickRows(batch: RecordBatch, rows: Int32Array): RecordBatch {
  const children = batch.data.children.map(child => gatherColumn(child, child.type, rows, 0))
  const data = makeData({
    type: new Struct(batch.schema.fields),
    length: rows.length,
    nullCount: 0,
    children,
  })
  return new RecordBatch(batch.schema, data)
}
