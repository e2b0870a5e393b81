/** Columns of lists, out of the words that ir/list-layout describes. They are brought together in either mode. */
import type { Data } from 'apache-arrow'
import { valueBytes, wordBytes } from '../../../ir/list-layout.ts'
import { type ElementType, elementOf, factsOf, isBytes, type ListType } from '../../../ir/types.ts'
import { packBits } from './bits.ts'
import { type ColumnBuffers, makeColumn, makeListColumn } from './column-data.ts'
import { toArrow } from './decimals.ts'
import { copyTexts } from './gather.ts'
import { type BatchMemory, viewBytes, viewField } from './memory.ts'
import { checkTextBytes } from './refuse.ts'
import { arrowTypeOf } from './types.ts'

/** Reads the first rows of a column of lists that are never null. */
export function listReader(
  list: ListType,
  field: string,
  memory: BatchMemory,
  rowsMax: number,
): (rows: number) => Data {
  const bytes = viewBytes(memory)
  const starts = viewField(memory, 'out', `${field}_at`, 'i32', rowsMax)
  const lengths = viewField(memory, 'out', `${field}_len`, 'i32', rowsMax)
  const { type, nullable } = elementOf(list)
  return rows => {
    const offsets = offsetsOf(lengths.subarray(0, rows), valueBytes(list))
    const words = new Uint8Array(offsets[rows] * wordBytes(type))
    const flags = new Uint8Array(nullable ? offsets[rows] : 0)
    for (let i = 0; i < rows; i++) {
      const count = offsets[i + 1] - offsets[i]
      const end = starts[i] + count * wordBytes(type)
      words.set(bytes.subarray(starts[i], end), offsets[i] * wordBytes(type))
      if (nullable) flags.set(bytes.subarray(end, end + count), offsets[i])
    }
    const valid = nullable ? packBits(flags, offsets[rows], true) : undefined
    const child = makeColumn(arrowTypeOf(type), offsets[rows], { ...buffersOf(type, words, bytes), valid })
    return makeListColumn(arrowTypeOf(list), rows, { offsets, child: toArrow(type, child), valid: undefined })
  }
}

/** Where the values of each list begin, and where the last one ends. */
function offsetsOf(lengths: Int32Array, bytesOfValue: number): Int32Array {
  const offsets = new Int32Array(lengths.length + 1)
  for (let i = 0; i < lengths.length; i++) offsets[i + 1] = offsets[i] + lengths[i] / bytesOfValue
  return offsets
}

/** Words as the values of a column; texts lie in `bytes`. */
function buffersOf(type: ElementType, { buffer }: Uint8Array, bytes: Uint8Array): ColumnBuffers {
  if (isBytes(type)) return textsOf(new Int32Array(buffer), bytes)
  if (type === 'bool') {
    const flags = Uint8Array.from(new Int32Array(buffer))
    return { values: packBits(flags, flags.length, false) }
  }
  const { ArrayType } = arrowTypeOf(type)
  if (ArrayType.BYTES_PER_ELEMENT === wordBytes(type)) return { values: new ArrayType(buffer) }
  if (type === 'uint32') return { values: new Uint32Array(buffer).filter((_, i) => i % 2 === 0) }
  const isInteger = factsOf(type).value === 'i32'
  return { values: ArrayType.from(isInteger ? new Int32Array(buffer) : new Float64Array(buffer)) }
}

/** Pairs of offset and length. */
function textsOf(pairs: Int32Array, bytes: Uint8Array): ColumnBuffers {
  const starts = pairs.filter((_, i) => i % 2 === 0)
  const lengths = pairs.filter((_, i) => i % 2 === 1)
  checkTextBytes(lengths.reduce((sum, length) => sum + length, 0))
  return copyTexts(bytes, starts, lengths)
}
