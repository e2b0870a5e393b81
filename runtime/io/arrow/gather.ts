/**
 * Rows of a column picked by number. Takes checked columns only: buffers are long enough, offsets are i32. The
 * loops are one function per width, because a loop that has seen many kinds of arrays is several times slower.
 */
import { type DataType as ArrowType, type Data, type Dictionary, Type } from 'apache-arrow'
import { gatherBits } from './bits.ts'
import { type ColumnBuffers, type FixedArray, makeColumn, makeListColumn } from './column-data.ts'
import { checkTextBytes } from './refuse.ts'

/** Texts (and neighbours) up to this length are copied by a loop: a view to copy from would cost more. */
const LOOP_BYTES_MAX = 64

/** A column of `rows.length` rows: row `i` is row `rows[i] + base` of the source. Codes keep their dictionary. */
export function gatherColumn(source: Data, type: ArrowType, rows: Int32Array, base: number): Data {
  const valid = source.nullCount > 0 ? gatherBits(source.nullBitmap, rows, source.offset + base) : undefined
  if (source.type.typeId === Type.List) return gatherLists(source, type, rows, base, valid)
  return makeColumn(type, rows.length, { ...gatherBuffers(source, rows, base), valid })
}

function gatherBuffers(source: Data, rows: Int32Array, base: number): ColumnBuffers {
  switch (source.type.typeId) {
    case Type.Bool:
      return { values: gatherBits(source.values, rows, source.offset + base) }
    case Type.Utf8:
    case Type.Binary:
      return gatherTexts(source.values, source.valueOffsets, rows, base)
    case Type.Decimal:
      return { values: gatherDecimals(source.values, rows, base) }
    default:
      return { values: gatherFixed(source, rows, base), dictionary: source.dictionary }
  }
}

/** The values of lists are rows of a column of their own. */
function gatherLists(
  { valueOffsets: offsets, children: [values] }: Data,
  type: ArrowType,
  rows: Int32Array,
  base: number,
  valid: Uint8Array | undefined,
): Data {
  const lengths = rows.map(row => offsets[row + base + 1] - offsets[row + base])
  const ends = offsetsOf(lengths)
  const picked = new Int32Array(ends[rows.length])
  for (let i = 0; i < rows.length; i++)
    for (let n = 0; n < lengths[i]; n++) picked[ends[i] + n] = offsets[rows[i] + base] + n
  return makeListColumn(type, rows.length, {
    offsets: ends,
    child: gatherColumn(values, values.type, picked, 0),
    valid,
  })
}

/** Values of a fixed width, or the codes of a dictionary. */
function gatherFixed({ type, values }: Data, rows: Int32Array, base: number): FixedArray {
  const { ArrayType } = type.typeId === Type.Dictionary ? (type as Dictionary).indices : type
  const target: FixedArray = new ArrayType(rows.length)
  const width = target.BYTES_PER_ELEMENT
  const words = [values.buffer, values.byteOffset, values.length] as const
  if (width === 1) gather8(new Uint8Array(...words), new Uint8Array(target.buffer), rows, base)
  else if (width === 2) gather16(new Uint16Array(...words), new Uint16Array(target.buffer), rows, base)
  else if (width === 4) gather32(new Uint32Array(...words), new Uint32Array(target.buffer), rows, base)
  else gather64(new BigUint64Array(...words), new BigUint64Array(target.buffer), rows, base)
  return target
}

/** 128 bits each. */
function gatherDecimals(source: Uint32Array, rows: Int32Array, base: number): Uint32Array {
  const target = new Uint32Array(4 * rows.length)
  for (let i = 0; i < rows.length; i++) {
    const from = 4 * (rows[i] + base)
    for (let word = 0; word < 4; word++) target[4 * i + word] = source[from + word]
  }
  return target
}

function gather8(source: Uint8Array, target: Uint8Array, rows: Int32Array, base: number): void {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] + base]
}

function gather16(source: Uint16Array, target: Uint16Array, rows: Int32Array, base: number): void {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] + base]
}

function gather32(source: Uint32Array, target: Uint32Array, rows: Int32Array, base: number): void {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] + base]
}

function gather64(source: BigUint64Array, target: BigUint64Array, rows: Int32Array, base: number): void {
  for (let i = 0; i < rows.length; i++) target[i] = source[rows[i] + base]
}

/** Two passes: how much room, then the bytes. */
function gatherTexts(source: Uint8Array, offsets: Int32Array, rows: Int32Array, base: number): ColumnBuffers {
  const starts = new Int32Array(rows.length)
  const lengths = new Int32Array(rows.length)
  for (let i = 0; i < rows.length; i++) {
    starts[i] = offsets[rows[i] + base]
    lengths[i] = offsets[rows[i] + base + 1] - starts[i]
  }
  return copyTexts(source, starts, lengths)
}

/** Texts that lie anywhere in a run of bytes, side by side. */
export function copyTexts(source: Uint8Array, starts: Int32Array, lengths: Int32Array): ColumnBuffers {
  const offsets = offsetsOf(lengths)
  const values = new Uint8Array(offsets[lengths.length])
  const from = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const to = new DataView(values.buffer)
  for (let i = 0; i < lengths.length; ) {
    const start = starts[i]
    const at = offsets[i]
    let end = start + lengths[i++]
    while (i < lengths.length && (starts[i] === end || lengths[i] === 0)) end += lengths[i++]
    if (end - start > LOOP_BYTES_MAX) values.set(source.subarray(start, end), at)
    else copyShort(from, start, to, at, end - start)
  }
  return { values, offsets }
}

/** Four bytes at a time, then one: eight would go through a bigint. */
function copyShort(source: DataView, from: number, target: DataView, to: number, length: number): void {
  const words = length & ~3
  for (let i = 0; i < words; i += 4) target.setInt32(to + i, source.getInt32(from + i))
  for (let i = words; i < length; i++) target.setInt8(to + i, source.getInt8(from + i))
}

function offsetsOf(lengths: Int32Array): Int32Array {
  const offsets = new Int32Array(lengths.length + 1)
  let end = 0
  for (let i = 0; i < lengths.length; i++) {
    end += lengths[i]
    checkTextBytes(end)
    offsets[i + 1] = end
  }
  return offsets
}
