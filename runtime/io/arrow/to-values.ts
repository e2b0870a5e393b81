/** The values of checked columns as users see them. Reads the buffers: the getters of Arrow round timestamps. */
import type { Data } from 'apache-arrow'
import { type DataType, elementOf, isBytes, isList } from '../../../ir/types.ts'
import { bitAt } from './bits.ts'
import type { CheckedColumn } from './checked.ts'

/** A column as an array of `JsValue`s and nulls. */
export function valuesOf({ column, data, hasNulls, dictionary }: CheckedColumn): unknown[] {
  const values = dictionary ? decoded(column.type, dictionary.values, data) : plainValues(column.type, data)
  return hasNulls ? nullsIn(data, values) : values
}

/** Each value of the dictionary is made once; a code of a null row may be anything. */
function decoded(type: DataType, dictionary: Data, data: Data): unknown[] {
  const values = plainValues(type, dictionary)
  return Array.from({ length: data.length }, (_, i) => values[data.values[i]] ?? null)
}

function plainValues(type: DataType, data: Data): unknown[] {
  const { length, offset, values } = data
  if (length === 0) return []
  if (isList(type)) return listsOf(elementOf(type), data)
  if (isBytes(type)) return type === 'utf8' ? stringsOf(data) : byteArraysOf(data)
  if (type === 'bool') return Array.from({ length }, (_, i) => bitAt(values, offset + i) === 1)
  return Array.from(values.subarray(0, length))
}

function stringsOf({ length, values, valueOffsets: offsets }: Data): string[] {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  return Array.from({ length }, (_, i) => bytes.toString('utf8', offsets[i], offsets[i + 1]))
}

const byteArraysOf = ({ length, values, valueOffsets: offsets }: Data): Uint8Array[] =>
  Array.from({ length }, (_, i) => values.slice(offsets[i], offsets[i + 1]))

function listsOf(element: ReturnType<typeof elementOf>, data: Data): unknown[][] {
  const { length, valueOffsets: offsets, children } = data
  const [child] = children
  const values = nullsIn(child, plainValues(element.type, child))
  return Array.from({ length }, (_, i) => values.slice(offsets[i], offsets[i + 1]))
}

function nullsIn(data: Data, values: unknown[]): unknown[] {
  if (data.nullCount > 0)
    for (let i = 0; i < data.length; i++) if (!bitAt(data.nullBitmap, data.offset + i)) values[i] = null
  return values
}
