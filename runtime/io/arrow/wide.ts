/**
 * The large and view forms of text and bytes, brought to the plain form: i32 offsets into one run of bytes; and decimals,
 * brought to 64-bit units.
 */
import { Data, Type } from 'apache-arrow'
import { bitAt } from './bits.ts'
import { toUnits } from './decimals.ts'
import { broken, checkRoom, type Site, TEXT_BYTES_MAX } from './refuse.ts'
import { arrowTypeOf } from './types.ts'

/** The layout of a view: length, then up to 12 bytes in place, or 4 of prefix, number of the buffer, offset. */
const VIEW_BYTES = 16
const VIEW_INLINE_MAX = 12

/** The same values in the plain form; data of any other type comes back as it is. Validity was checked before. */
export function toPlain(site: Site, data: Data, hasNulls: boolean): Data {
  switch (data.type.typeId) {
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return fromLarge(site, data, hasNulls)
    case Type.Utf8View:
    case Type.BinaryView:
      return fromViews(site, data, hasNulls)
    case Type.Decimal:
      return toUnits(site, data, hasNulls)
    default:
      return data
  }
}

function fromLarge(site: Site, data: Data, hasNulls: boolean): Data {
  if (data.length === 0) return plain(site, data, hasNulls, new Int32Array(1), new Uint8Array(0))
  checkRoom(site, 'offsets', data.valueOffsets, data.length + 1)
  const large: BigInt64Array = data.valueOffsets
  const words = new Int32Array(large.buffer, large.byteOffset, 2 * (data.length + 1))
  const first = longAt(words, 0)
  checkRoom(site, 'bytes of values', data.values, first)
  if (first < 0) throw broken(site, `has the offset ${first}`)
  const offsets = new Int32Array(data.length + 1)
  for (let i = 0; i <= data.length; i++) {
    const at = longAt(words, i) - first
    if (at < 0 || at > TEXT_BYTES_MAX) throw tooLong(site, `the offset of row ${i}`)
    offsets[i] = at
  }
  return plain(site, data, hasNulls, offsets, data.values.subarray(first))
}

const longAt = (words: Int32Array, i: number): number => words[2 * i + 1] * 2 ** 32 + (words[2 * i] >>> 0)

function fromViews(site: Site, data: Data, hasNulls: boolean): Data {
  checkRoom(site, 'views', data.values, data.length * VIEW_BYTES)
  const views = new DataView(data.values.buffer, data.values.byteOffset, data.values.byteLength)
  const offsets = new Int32Array(data.length + 1)
  for (let i = 0; i < data.length; i++) {
    const isNull = hasNulls && !bitAt(data.nullBitmap, data.offset + i)
    const length = isNull ? 0 : views.getInt32(i * VIEW_BYTES, true)
    const end = offsets[i] + length
    if (length < 0 || end > TEXT_BYTES_MAX) throw tooLong(site, `the length of row ${i}`)
    offsets[i + 1] = end
  }
  const values = new Uint8Array(offsets[data.length])
  for (let i = 0; i < data.length; i++) {
    const length = offsets[i + 1] - offsets[i]
    if (length > 0) values.set(viewed(site, data, views, i, length), offsets[i])
  }
  return plain(site, data, hasNulls, offsets, values)
}

/** The bytes that a view stands for. */
function viewed(site: Site, data: Data, views: DataView, row: number, length: number): Uint8Array {
  const at = row * VIEW_BYTES
  if (length <= VIEW_INLINE_MAX) return data.values.subarray(at + 4, at + 4 + length)
  const buffer: Uint8Array | undefined = data.variadicBuffers[views.getInt32(at + 8, true)]
  const start = views.getInt32(at + 12, true)
  if (buffer && start >= 0 && start + length <= buffer.length) return buffer.subarray(start, start + length)
  throw broken(site, `has a value outside of its buffers in row ${row}`)
}

const tooLong = (site: Site, what: string) =>
  broken(site, `is out of range: ${what} does not fit 31 bits, or falls below the one before`)

function plain(site: Site, data: Data, hasNulls: boolean, offsets: Int32Array, values: Uint8Array): Data {
  const nullCount = hasNulls ? data.nullCount : 0
  return new Data(arrowTypeOf(site.type), data.offset, data.length, nullCount, [
    offsets,
    values,
    data.nullBitmap,
  ])
}
