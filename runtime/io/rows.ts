/** Row objects and record batches, both ways. */
import { inspect } from 'node:util'
import type { RecordBatch } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { checkColumn } from './arrow/check.ts'
import { makeBatch } from './arrow/column-data.ts'
import { DictionaryCache } from './arrow/dictionary.ts'
import { columnFromValues, type Stored } from './arrow/from-values.ts'
import { valuesOf } from './arrow/to-values.ts'
import { type Conversion, conversionTo } from './convert.ts'

export type RowObject = Readonly<Record<string, unknown>>

/**
 * A batch of these rows. A value that is absent is null; a key that is no column is ignored; a value that does not
 * fit is LDB-5020. `firstRow`: what messages call the first row.
 */
export function batchFromRows(schema: Schema, rows: readonly object[], firstRow = 0): RecordBatch {
  const children = schema.map(column => columnFromValues(column.type, storedValues(column, rows, firstRow)))
  return makeBatch(schema, children, rows.length)
}

function storedValues(column: Column, rows: readonly object[], firstRow: number): (Stored | null)[] {
  const { name, nullable } = column
  const conversion = conversionTo(column.type)
  const values = new Array<Stored | null>(rows.length)
  for (let i = 0; i < rows.length; i++) {
    const value = (rows[i] as RowObject)[name] ?? null
    const stored = value === null && nullable ? null : conversion.convert(value)
    if (stored === undefined) throw misfit(column, conversion, value, firstRow + i)
    values[i] = stored
  }
  return values
}

function misfit(column: Column, { expects }: Conversion, value: unknown, row: number): MillraceError {
  const shown = inspect(value, { depth: 0, maxStringLength: 40, maxArrayLength: 3, breakLength: Infinity })
  const reason = `row ${row}, column '${column.name}' (${column.type}): ${shown} does not fit`
  const orNull = column.nullable ? ', or null' : '; the column is not nullable'
  return new MillraceError('LDB-5020', reason, { fix: `pass ${expects}${orNull}` })
}

/** The dictionaries that were read lately; see DictionaryCache. */
const dictionaries = new DictionaryCache()

/** The rows of a batch as objects of `JsValue`s; the batch is checked as at the door. */
export function rowsOf(schema: Schema, batch: RecordBatch): Record<string, unknown>[] {
  const columns = schema.map(column => valuesOf(checkColumn(column, batch, dictionaries)))
  return Array.from({ length: batch.numRows }, (_, row) => {
    const object: Record<string, unknown> = {}
    schema.forEach(({ name }, i) => {
      object[name] = columns[i][row]
    })
    return object
  })
}
