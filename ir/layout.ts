/**
 * Where fields lie inside a region. Operators name fields; only this file computes offsets. A row layout keeps
 * the fields of one entry side by side (hash table entries), a column layout keeps each field together (batches).
 */
import type { Field, FieldType, Mem, Role } from './kernel/node.ts'
import { fieldWidth } from './kernel/node.ts'

export interface FieldSpec {
  readonly type: FieldType
  readonly interned?: boolean
}
export type FieldSpecs = Readonly<Record<string, FieldType | FieldSpec>>

const specOf = (spec: FieldType | FieldSpec): FieldSpec => (typeof spec === 'string' ? { type: spec } : spec)
const alignUp = (at: number, to: number): number => Math.ceil(at / to) * to

const widths = [8, 4, 2, 1]

/** Fields of one row side by side, widest first so that none is padded; rows are multiples of 8 bytes. */
export function rowLayout(name: string, role: Role, specs: FieldSpecs): Mem {
  const entries = Object.entries(specs).map(([field, spec]) => [field, specOf(spec)] as const)
  const offsets = new Map<string, number>()
  let end = 0
  for (const width of widths) {
    for (const [field, { type }] of entries) {
      if (type === 'bit') throw new Error(`${name}.${field}: a row has no bit fields`)
      if (fieldWidth[type] !== width) continue
      offsets.set(field, end)
      end += width
    }
  }
  const stride = Math.max(8, alignUp(end, 8))
  const fields: Record<string, Field> = {}
  for (const [field, spec] of entries) fields[field] = { ...spec, offset: offsets.get(field) ?? 0, stride }
  return { name, role, fields }
}

/** Bytes between the columns of a region: keeps each on its own cache line, and loads past the end inside it. */
const COLUMN_ALIGN = 64

/** Each field a column of `rows` elements. */
export function columnLayout(name: string, role: Role, specs: FieldSpecs, rows: number): Mem {
  const fields: Record<string, Field> = {}
  let end = 0
  for (const [field, spec] of Object.entries(specs)) {
    const { type, ...rest } = specOf(spec)
    fields[field] = { type, offset: end, stride: fieldWidth[type], ...rest }
    end = alignUp(end + columnBytes(type, rows), COLUMN_ALIGN)
  }
  return { name, role, fields }
}

const columnBytes = (type: FieldType, rows: number): number =>
  type === 'bit' ? Math.ceil(rows / 8) + 8 : fieldWidth[type] * rows

/** Bytes that `rows` elements of every field of a region take, rounded up to whole cache lines. */
export function regionBytes(mem: Mem, rows: number): number {
  const ends = Object.values(mem.fields).map(field =>
    field.type === 'bit'
      ? field.offset + columnBytes('bit', rows)
      : field.offset + field.stride * Math.max(0, rows - 1) + fieldWidth[field.type],
  )
  return alignUp(Math.max(COLUMN_ALIGN, ...ends), COLUMN_ALIGN)
}

/** The byte ranges that the first `rows` rows of a region take. */
export function rowRanges(
  mem: Mem,
  rows: number,
): readonly { readonly offset: number; readonly bytes: number }[] {
  const fields = Object.values(mem.fields)
  const isSideBySide = fields.every(({ offset, stride }) => offset < stride)
  if (isSideBySide) return [{ offset: 0, bytes: rows * Math.max(0, ...fields.map(({ stride }) => stride)) }]
  return fields.map(({ type, offset }) => ({ offset, bytes: columnBytes(type, rows) }))
}

/** The typed array over the elements of a field; a bit field is seen by its bytes. */
export const fieldArrays = {
  bit: Uint8Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const satisfies Record<FieldType, unknown>
