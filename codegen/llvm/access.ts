/**
 * Loads and stores of fields: the address of an element, and the conversion between how a field is stored and
 * the value type that kernels compute with. An index is an i32 and a region may pass 2 GB, so it is extended before it
 * is scaled: by its sign where neighbours are read one after the other, which LLVM can follow, and with zeros, which
 * costs nothing, where rows are picked. Law 7 (no access leaves its region, so no index is negative) is what makes
 * both the same, and `inbounds` true.
 */
import type { Field, FieldType } from '../../ir/kernel/node.ts'
import { fieldWidth } from '../../ir/kernel/node.ts'
import type { Type, Value } from './bindings.ts'
import { type UnalignedType, unalignedLoad, unalignedStore } from './seed.ts'
import { roundToFloat, type Toolbox, type Types } from './toolbox.ts'

/** How a field lies in memory, and how its bits become a kernel value and back. */
interface Storage {
  readonly type: keyof Types
  readonly widen: (t: Toolbox, raw: Value) => Value
  readonly narrow: (t: Toolbox, value: Value) => Value
}

const same = (_: Toolbox, value: Value): Value => value
const narrowTo =
  (type: 'i8' | 'i16' | 'i32'): Storage['narrow'] =>
  (t, value) =>
    t.b.CreateTrunc(value, t.types[type])
const signed = (t: Toolbox, raw: Value): Value => t.b.CreateSExt(raw, t.types.i32)
const unsigned = (t: Toolbox, raw: Value): Value => t.b.CreateZExt(raw, t.types.i32)

const storage: Readonly<Record<Exclude<FieldType, 'bit'>, Storage>> = {
  i8: { type: 'i8', widen: signed, narrow: narrowTo('i8') },
  u8: { type: 'i8', widen: unsigned, narrow: narrowTo('i8') },
  i16: { type: 'i16', widen: signed, narrow: narrowTo('i16') },
  u16: { type: 'i16', widen: unsigned, narrow: narrowTo('i16') },
  i32: { type: 'i32', widen: same, narrow: same },
  u32: { type: 'i32', widen: (t, raw) => t.b.CreateZExt(raw, t.types.i64), narrow: narrowTo('i32') },
  i64: { type: 'i64', widen: same, narrow: same },
  f32: {
    type: 'float',
    widen: (t, raw) => t.b.CreateFPExt(raw, t.types.double),
    narrow: roundToFloat,
  },
  f64: { type: 'double', widen: same, narrow: same },
}

/** The value at `field[index]` of the region that starts at `base`. */
export function loadField(t: Toolbox, base: Value, field: Field, index: Value): Value {
  if (field.type === 'bit') return loadBit(t, base, field, index)
  const { type, widen } = storage[field.type]
  if (isAligned(field)) return widen(t, t.b.CreateLoad(t.types[type], elementAt(t, base, field, index, type)))
  const at = byteAt(t, base, field, index)
  return widen(t, t.call(unalignedLoad(type as UnalignedType), at))
}

export function storeField(t: Toolbox, base: Value, field: Field, index: Value, value: Value): void {
  if (field.type === 'bit') {
    storeBit(t, base, field, index, value)
    return
  }
  const { type, narrow } = storage[field.type]
  const raw = narrow(t, value)
  if (isAligned(field)) t.b.CreateStore(raw, elementAt(t, base, field, index, type))
  else t.call(unalignedStore(type as UnalignedType), byteAt(t, base, field, index), raw)
}

const READ = 0
const KEEP_IN_ALL_CACHES = 3
const DATA_CACHE = 1

/** A hint may name an element past the end of its region: its address is computed without `inbounds`. */
export function prefetchField(t: Toolbox, base: Value, field: Field, index: Value): void {
  const wide = t.b.CreateSExt(index, t.types.i64)
  const scaled =
    field.type === 'bit'
      ? t.b.CreateAShr(wide, t.int64(3n))
      : t.b.CreateMul(wide, t.int64(BigInt(field.stride)))
  const at = t.b.CreateGEP(t.types.i8, base, t.b.CreateAdd(scaled, t.int64(BigInt(field.offset))))
  t.call('llvm.prefetch.p0i8', at, t.int32(READ), t.int32(KEEP_IN_ALL_CACHES), t.int32(DATA_CACHE))
}

const isAligned = (field: Field): boolean => {
  const width = fieldWidth[field.type]
  return field.offset % width === 0 && field.stride % width === 0
}

const pointerTo = (t: Toolbox, type: Type): Type => t.llvm.PointerType.getUnqual(type)

const shifted = (t: Toolbox, base: Value, bytes: number): Value =>
  bytes === 0 ? base : t.b.CreateInBoundsGEP(t.types.i8, base, t.int64(BigInt(bytes)))

/** A column is an array of its own, so that the vectoriser sees stride 1; a row is an array of byte arrays. */
function elementAt(t: Toolbox, base: Value, field: Field, index: Value, type: keyof Types): Value {
  const element = t.types[type]
  if (field.stride !== fieldWidth[field.type]) {
    return t.b.CreateBitCast(byteAt(t, base, field, index), pointerTo(t, element))
  }
  const column = t.b.CreateBitCast(shifted(t, base, field.offset), pointerTo(t, element))
  return t.b.CreateInBoundsGEP(element, column, t.b.CreateSExt(index, t.types.i64))
}

function byteAt(t: Toolbox, base: Value, field: Field, index: Value): Value {
  const row = t.llvm.ArrayType.get(t.types.i8, field.stride)
  const rows = t.b.CreateBitCast(base, pointerTo(t, row))
  const path = [t.b.CreateZExt(index, t.types.i64), t.int64(BigInt(field.offset))]
  return t.b.CreateInBoundsGEP(row, rows, path)
}

/** Address and number of a bit: LSB first. */
function bitAt(t: Toolbox, base: Value, field: Field, index: Value): { at: Value; shift: Value } {
  const byte = t.b.CreateSExt(t.b.CreateAShr(index, t.int32(3)), t.types.i64)
  const at = t.b.CreateInBoundsGEP(t.types.i8, shifted(t, base, field.offset), byte)
  return { at, shift: t.b.CreateTrunc(t.b.CreateAnd(index, t.int32(7)), t.types.i8) }
}

function loadBit(t: Toolbox, base: Value, field: Field, index: Value): Value {
  const { at, shift } = bitAt(t, base, field, index)
  return t.b.CreateTrunc(t.b.CreateLShr(t.b.CreateLoad(t.types.i8, at), shift), t.types.i1)
}

function storeBit(t: Toolbox, base: Value, field: Field, index: Value, value: Value): void {
  const { at, shift } = bitAt(t, base, field, index)
  const bit = t.b.CreateShl(t.b.CreateZExt(t.b.getInt1(true), t.types.i8), shift)
  const others = t.b.CreateAnd(t.b.CreateLoad(t.types.i8, at), t.b.CreateNot(bit))
  const set = t.b.CreateShl(t.b.CreateZExt(value, t.types.i8), shift)
  t.b.CreateStore(t.b.CreateOr(others, set), at)
}
