/** Columns of one type put one behind the other: the chunks of a dictionary. Takes checked, plain columns. */
import { type DataType as ArrowType, type Data, Type } from 'apache-arrow'
import { bitAt, makeBits, setBit } from './bits.ts'
import { type ColumnBuffers, makeColumn } from './column-data.ts'
import { checkTextBytes } from './refuse.ts'

export function concatColumns(type: ArrowType, parts: readonly Data[]): Data {
  if (parts.length === 1) return parts[0]
  const rows = parts.reduce((sum, part) => sum + part.length, 0)
  const valid = parts.some(part => part.nullCount > 0) ? concatBits(parts, rows, isValid) : undefined
  return makeColumn(type, rows, { ...concatBuffers(type, parts, rows), valid })
}

const isValid = (part: Data, row: number): boolean =>
  part.nullCount === 0 || bitAt(part.nullBitmap, part.offset + row) === 1
const isTrue = (part: Data, row: number): boolean => bitAt(part.values, part.offset + row) === 1

function concatBuffers(type: ArrowType, parts: readonly Data[], rows: number): ColumnBuffers {
  switch (type.typeId) {
    case Type.Bool:
      return { values: concatBits(parts, rows, isTrue) }
    case Type.Utf8:
    case Type.Binary:
      return concatTexts(parts, rows)
    default:
      return { values: concatFixed(type, parts, rows) }
  }
}

function concatBits(
  parts: readonly Data[],
  rows: number,
  isSet: (part: Data, row: number) => boolean,
): Uint8Array {
  const bits = makeBits(rows)
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) if (isSet(part, i)) setBit(bits, at + i)
    at += part.length
  }
  return bits
}

function concatFixed(type: ArrowType, parts: readonly Data[], rows: number): ColumnBuffers['values'] {
  const values = new type.ArrayType(rows)
  let at = 0
  for (const part of parts) {
    values.set(part.values.subarray(0, part.length), at)
    at += part.length
  }
  return values
}

function concatTexts(parts: readonly Data[], rows: number): ColumnBuffers {
  const texts = parts.filter(part => part.length > 0)
  const total = texts.reduce((sum, part) => sum + bytesOf(part).length, 0)
  checkTextBytes(total)
  const values = new Uint8Array(total)
  const offsets = new Int32Array(rows + 1)
  let at = 0
  let row = 0
  for (const part of texts) {
    const shift = at - part.valueOffsets[0]
    for (let i = 1; i <= part.length; i++) offsets[row + i] = part.valueOffsets[i] + shift
    values.set(bytesOf(part), at)
    at += bytesOf(part).length
    row += part.length
  }
  return { values, offsets }
}

/** The bytes of all texts of a column that has rows. */
const bytesOf = ({ length, values, valueOffsets }: Data): Uint8Array =>
  values.subarray(valueOffsets[0], valueOffsets[length])

/** One row with the least value of a type: what codes of null rows stand for where a dictionary is empty. */
export function emptyColumn(type: ArrowType): Data {
  const isText = type.typeId === Type.Utf8 || type.typeId === Type.Binary
  const values = isText ? new Uint8Array(0) : new type.ArrayType(1)
  return makeColumn(type, 1, isText ? { values, offsets: new Int32Array(2) } : { values })
}
