/** Batches of exactly the declared types: without dictionaries, and with no form of text but the plain one. */
import type { RecordBatch } from 'apache-arrow'
import type { Schema } from '../../../ir/schema.ts'
import { checkColumn } from './check.ts'
import { makeBatch } from './column-data.ts'
import { toArrow } from './decimals.ts'
import { DictionaryCache, decodeColumn } from './dictionary.ts'
import { arrowTypeOf } from './types.ts'

/** For those who put batches together: Arrow refuses a table of batches that are encoded in different ways. */
export function plainBatch(schema: Schema, batch: RecordBatch): RecordBatch {
  const dictionaries = new DictionaryCache()
  const children = schema.map(column => {
    const checked = checkColumn(column, batch, dictionaries)
    const { data } = checked.dictionary ? decodeColumn(checked, checked.dictionary) : checked
    return toArrow(column.type, data.clone(arrowTypeOf(column.type)))
  })
  return makeBatch(schema, children, batch.numRows)
}
