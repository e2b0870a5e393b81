/**
 * Whether the buffers of a column can be trusted: long enough, offsets in order, text in UTF-8. What it lets
 * through is plain: fixed width, bits, or texts with i32 offsets. Codes: LDB-7004, LDB-7005.
 */
import { isAscii, isUtf8 } from 'node:buffer'
import { type Data, Type } from 'apache-arrow'
import { MillraceError } from '../../../ir/errors.ts'
import { elementOf, isList } from '../../../ir/types.ts'
import { bitAt, bitBytes } from './bits.ts'
import { broken, checkRoom, isDetached, type Site } from './refuse.ts'
import { arrowTypeOf } from './types.ts'
import { toPlain } from './wide.ts'

/** Checks everything but codes, and brings text to its plain form. */
export function checkValues(site: Site, data: Data): { readonly data: Data; readonly hasNulls: boolean } {
  const hasNulls = checkValidity(site, data)
  const plain = toPlain(site, data, hasNulls)
  switch (plain.type.typeId) {
    case Type.Bool:
      checkRoom(site, 'values', plain.values, plain.offset + plain.length, 8)
      break
    case Type.Utf8:
    case Type.Binary:
      checkTexts(site, plain, hasNulls)
      break
    case Type.List:
      return { data: checkLists(site, plain), hasNulls }
    default:
      checkFixed(site, plain, arrowTypeOf(site.type).ArrayType.BYTES_PER_ELEMENT)
  }
  return { data: plain, hasNulls }
}

export function checkFixed(site: Site, { values, length }: Data, width: number): void {
  checkRoom(site, 'values', values, length)
  const found = values?.BYTES_PER_ELEMENT ?? width
  if (found !== width) throw broken(site, `has values of ${found} bytes, they must have ${width}`)
}

/** Returns whether there are nulls. A bitmap that is absent or said to be without nulls is not looked at. */
export function checkValidity(site: Site, data: Data): boolean {
  const bits: Uint8Array | undefined = data.nullBitmap
  if (isDetached(bits)) throw broken(site, 'has a validity bitmap whose buffer was transferred away')
  const isAbsent = !bits || bits.length === 0
  if (!isAbsent && data.length > 0) {
    checkRoom(site, 'bytes of validity bitmap', bits, bitBytes(0, data.offset + data.length))
  }
  const hasNulls = data.length > 0 && data.nullCount > 0
  if (hasNulls && isAbsent)
    throw broken(site, `says it has ${data.nullCount} nulls and has no validity bitmap`)
  return hasNulls
}

function checkTexts(site: Site, data: Data, hasNulls: boolean): void {
  const { length, values, valueOffsets: offsets } = data
  if (length === 0) return
  checkOffsets(site, offsets, length)
  checkRoom(site, 'bytes of values', values, offsets[length])
  if (site.type === 'utf8') checkUtf8(site, data, hasNulls)
}

function checkOffsets(site: Site, offsets: Int32Array, length: number): void {
  checkRoom(site, 'offsets', offsets, length + 1)
  if (offsets[0] < 0) throw broken(site, `has the offset ${offsets[0]}`)
  const at = firstDescent(offsets, length)
  if (at >= 0)
    throw broken(site, `has offsets that fall in row ${at}: ${offsets[at]}, then ${offsets[at + 1]}`)
}

/** The values of all lists are a column of their own. */
function checkLists({ label, type }: Site, data: Data): Data {
  if (!isList(type)) throw new Error(`${label} is no list`)
  const site = { label: `values of ${label}`, type: elementOf(type).type }
  const { length, valueOffsets: offsets, children } = data
  if (length > 0) {
    checkOffsets(site, offsets, length)
    if (children[0].length < offsets[length])
      throw broken(site, `has ${children[0].length} values and needs ${offsets[length]}`)
  }
  const { data: values } = checkValues(site, children[0])
  return values === children[0]
    ? data
    : data.clone(data.type, 0, length, data.nullCount, data.buffers, [values])
}

/** The first row that ends before it starts, or -1. */
function firstDescent(offsets: Int32Array, rows: number): number {
  for (let i = 0; i < rows; i++) if (offsets[i + 1] < offsets[i]) return i
  return -1
}

/** All the bytes at once; row by row only where that fails, which null rows with garbage may also cause. */
function checkUtf8(site: Site, data: Data, hasNulls: boolean): void {
  const { length, values, valueOffsets: offsets } = data
  const used = values.subarray(offsets[0], offsets[length])
  if (isAscii(used) || (isUtf8(used) && startPoints(values, offsets, length))) return
  for (let i = 0; i < length; i++) {
    if (hasNulls && !bitAt(data.nullBitmap, data.offset + i)) continue
    if (isUtf8(values.subarray(offsets[i], offsets[i + 1]))) continue
    throw new MillraceError('LDB-7005', `${site.label} holds bytes in row ${i} that are not UTF-8`)
  }
}

/** Does every text start with the first byte of a code point? */
function startPoints(values: Uint8Array, offsets: Int32Array, rows: number): boolean {
  const end = offsets[rows]
  for (let i = 0; i < rows; i++) {
    if (offsets[i] < end && (values[offsets[i]] & 0xc0) === 0x80) return false
  }
  return true
}
