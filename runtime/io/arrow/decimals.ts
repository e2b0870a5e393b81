/** Decimals of 128 bits, as Arrow has them, and the columns of 64-bit units that they are inside. */
import { Data, Type } from 'apache-arrow'
import { unitsMax } from '../../../ir/expr/decimal.ts'
import {
  type DataType,
  type DecimalType,
  elementOf,
  isDecimal,
  isList,
  type ListType,
} from '../../../ir/types.ts'
import { bitAt } from './bits.ts'
import { broken, checkRoom, type Site } from './refuse.ts'
import { arrowDecimalOf, arrowTypeOf } from './types.ts'

/** 32-bit words of a decimal, the lowest first. */
const WORDS = 4

/** What is under a null may be anything. Validity was checked before. */
export function toUnits(site: Site, data: Data, hasNulls: boolean): Data {
  if (!isDecimal(site.type)) throw new Error(`${site.label} is no decimal`)
  const { length, values } = data
  checkRoom(site, 'words of values', values, length * WORDS)
  const units = new BigInt64Array(length)
  if (length > 0) narrow(new Int32Array(values.buffer, values.byteOffset, length * WORDS), units)
  const max = unitsMax(site.type)
  for (let i = 0; i < length; i++) {
    const fits = isNarrow(values, i) && units[i] <= max && units[i] >= -max
    if (fits || (hasNulls && !bitAt(data.nullBitmap, data.offset + i))) continue
    throw broken(site, `has a value in row ${i} with more digits than ${site.type} has`)
  }
  return unitsData(site.type, data, units)
}

function narrow(words: Int32Array, units: BigInt64Array): void {
  const target = new Int32Array(units.buffer)
  for (let i = 0; i < units.length; i++) {
    target[2 * i] = words[WORDS * i]
    target[2 * i + 1] = words[WORDS * i + 1]
  }
}

/** Do the upper words only repeat the sign of the lower ones? */
function isNarrow(words: Uint32Array, row: number): boolean {
  const sign = (words[WORDS * row + 1] | 0) >> 31
  return (words[WORDS * row + 2] | 0) === sign && (words[WORDS * row + 3] | 0) === sign
}

const unitsData = (
  type: DecimalType,
  { offset, length, nullCount, nullBitmap }: Data,
  units: BigInt64Array,
) => new Data(arrowTypeOf(type), offset, length, nullCount, [undefined, units, nullBitmap])

/** A column as Arrow has it: units become decimals, anything else is left as it is. */
export function toArrow(type: DataType, data: Data): Data {
  if (isList(type)) return listToArrow(type, data)
  if (!isDecimal(type) || data.type.typeId !== Type.Int) return data
  const { offset, length, nullCount, nullBitmap } = data
  const units: BigInt64Array = data.values
  const words = new Int32Array(length * WORDS)
  const source = new Int32Array(units.buffer, units.byteOffset, 2 * length)
  for (let i = 0; i < length; i++) {
    const high = source[2 * i + 1]
    words[WORDS * i] = source[2 * i]
    words[WORDS * i + 1] = high
    words[WORDS * i + 2] = high >> 31
    words[WORDS * i + 3] = high >> 31
  }
  return new Data(arrowDecimalOf(type), offset, length, nullCount, [
    undefined,
    new Uint32Array(words.buffer),
    nullBitmap,
  ])
}

function listToArrow(list: ListType, data: Data): Data {
  const { type, offset, length, nullCount, buffers, children } = data
  const child = toArrow(elementOf(list).type, children[0])
  return child === children[0] ? data : data.clone(type, offset, length, nullCount, buffers, [child])
}
