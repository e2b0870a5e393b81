/** Columns built from values that are already of their type; knows nothing of rows or of what users may pass. */
import type { Data } from 'apache-arrow'
import type { DataType } from '../../../ir/types.ts'
import { makeBits, setBit } from './bits.ts'
import { type ColumnBuffers, makeColumn } from './column-data.ts'
import { toArrow } from './decimals.ts'
import { checkTextBytes } from './refuse.ts'
import { arrowTypeOf } from './types.ts'

/** A value as it is stored. A bigint is for 64-bit types, a string for utf8, bytes for binary. */
export type Stored = number | bigint | boolean | string | Uint8Array

/** A column of these values; null where `values[i]` is null. */
export function columnFromValues(type: DataType, values: readonly (Stored | null)[]): Data {
  const rows = values.length
  const valid = makeBits(rows)
  for (let i = 0; i < rows; i++) if (values[i] !== null) setBit(valid, i)
  return toArrow(type, makeColumn(arrowTypeOf(type), rows, { ...buffersOf(type, values), valid }))
}

function buffersOf(type: DataType, values: readonly (Stored | null)[]): ColumnBuffers {
  switch (type) {
    case 'bool':
      return { values: bitsOf(values) }
    case 'utf8':
      return textBuffers(values as readonly (string | null)[], Buffer.byteLength, (target, text, at) => {
        target.write(text, at)
      })
    case 'binary':
      return textBuffers(values as readonly (Uint8Array | null)[], bytes => bytes.length, putBytes)
    default:
      return { values: fixedOf(type, values) }
  }
}

const putBytes = (target: Buffer, bytes: Uint8Array, at: number): void => target.set(bytes, at)

function bitsOf(values: readonly unknown[]): Uint8Array {
  const bits = makeBits(values.length)
  for (let i = 0; i < values.length; i++) if (values[i] === true) setBit(bits, i)
  return bits
}

function fixedOf(type: DataType, values: readonly unknown[]): ColumnBuffers['values'] {
  const target = new (arrowTypeOf(type).ArrayType)(values.length)
  for (let i = 0; i < values.length; i++) if (values[i] !== null) target[i] = values[i]
  return target
}

function textBuffers<T>(
  texts: readonly (T | null)[],
  lengthOf: (text: T) => number,
  put: (target: Buffer, text: T, at: number) => void,
): ColumnBuffers {
  const offsets = new Int32Array(texts.length + 1)
  let end = 0
  texts.forEach((text, i) => {
    if (text !== null) end += lengthOf(text)
    checkTextBytes(end)
    offsets[i + 1] = end
  })
  const values = new Uint8Array(end)
  const target = Buffer.from(values.buffer)
  texts.forEach((text, i) => {
    if (text !== null) put(target, text, offsets[i])
  })
  return { values, offsets }
}
