/**
 * The checks of the batch door: a column is looked at whole before any of it is copied, so that kernels and
 * gathering may trust every offset, code and length. LDB-0006: the data is not what was declared.
 */
import { type Data, type Dictionary, type RecordBatch, Type } from 'apache-arrow'
import { MillraceError } from '../../../ir/errors.ts'
import type { Column } from '../../../ir/schema.ts'
import { factsOf, isTimestamp } from '../../../ir/types.ts'
import { bitAt } from './bits.ts'
import { checkFixed, checkValidity, checkValues } from './buffers.ts'
import type { CheckedColumn } from './checked.ts'
import { type DictionaryCache, decodeColumn } from './dictionary.ts'
import { broken, type Site } from './refuse.ts'
import { dataTypeOf, supportedArrowTypes } from './types.ts'

/** Finds a column in a batch by name and checks it. */
export function checkColumn(
  column: Column,
  batch: RecordBatch,
  dictionaries: DictionaryCache,
): CheckedColumn {
  const { fields } = batch.schema
  const at = fields.findIndex(field => field.name === column.name)
  if (at >= 0) return checkData(column, batch.data.children[at], batch.numRows, dictionaries)
  const names = fields.map(field => field.name).join(', ') || 'none'
  throw new MillraceError('LDB-0006', `the batch has no column '${column.name}'; it has ${names}`)
}

function checkData(
  column: Column,
  data: Data | undefined,
  rows: number,
  dictionaries: DictionaryCache,
): CheckedColumn {
  const site = { label: `column '${column.name}'`, type: column.type }
  if (!data || data.length !== rows) throw broken(site, `has ${data?.length ?? 0} rows, its batch ${rows}`)
  checkType(column, data)
  const checked = checkCodesOrValues(column, site, data, dictionaries)
  if (checked.hasNulls && !column.nullable) throw hasNull(column, checked.data)
  return checked
}

function checkCodesOrValues(
  column: Column,
  site: Site,
  data: Data,
  dictionaries: DictionaryCache,
): CheckedColumn {
  if (data.type.typeId !== Type.Dictionary) {
    return { column, ...checkValues(site, data), dictionary: undefined }
  }
  const hasNulls = checkValidity(site, data)
  const dictionary = dictionaries.check(site, data.dictionary)
  checkCodes(site, data, dictionary.rows, hasNulls)
  const checked = { column, data, hasNulls, dictionary }
  return dictionary.isEncodable ? checked : decodeColumn(checked, dictionary)
}

function checkType(column: Column, { type }: Data): void {
  const found = dataTypeOf(type)
  if (found === column.type) return
  const { arrow } = factsOf(column.type)
  const reason = `column '${column.name}' is declared ${column.type} (Arrow ${arrow}), the batch has ${type}`
  throw new MillraceError('LDB-0006', reason, { fix: typeFix(column, found) })
}

function typeFix({ type }: Column, found: Column['type'] | undefined): string {
  if (found === undefined) return `cast the data to one of ${supportedArrowTypes}`
  const unit = isTimestamp(type) && isTimestamp(found) ? '; units are never converted silently' : ''
  return `declare the column ${found}, or cast the data to ${factsOf(type).arrow}${unit}`
}

function hasNull(column: Column, data: Data): MillraceError {
  let row = 0
  while (row < data.length && bitAt(data.nullBitmap, data.offset + row)) row++
  return new MillraceError(
    'LDB-0006',
    `column '${column.name}' is declared not null and has a null in row ${row}`,
    {
      fix: 'declare the column nullable, or filter such rows before they are pushed',
    },
  )
}

/** Codes of rows that are null may be anything. */
function checkCodes(site: Site, data: Data, size: number, hasNulls: boolean): void {
  const { ArrayType } = (data.type as Dictionary).indices
  checkFixed(site, data, ArrayType.BYTES_PER_ELEMENT)
  const codes: Int32Array = data.values
  for (let i = 0; i < data.length; i++) {
    if (codes[i] >>> 0 < size) continue
    if (hasNulls && !bitAt(data.nullBitmap, data.offset + i)) continue
    throw broken(site, `has the code ${codes[i]} in row ${i}, its dictionary has ${size} values`)
  }
}
