/**
 * How the columns of a batch lie in memory and how kernels read them. A column has a slot (`c0`, `c1` ...):
 * values in `in.c0`, validity bits in `in.c0_valid`, text offsets or dictionary codes in `in.c0_at`. Bits start
 * at `in_meta.c0_bit`, so that bitmaps enter by block copy whatever their offset; texts start at `in_meta.c0_base`.
 */
import {
  add,
  and,
  bool,
  i32,
  type KernelBuilder,
  load,
  ne,
  not,
  or,
  shl,
  shr,
  shru,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, Field, FieldType, Mem } from '../../ir/kernel/node.ts'
import { columnLayout, rowLayout } from '../../ir/layout.ts'
import type { BatchLimits, BatchShape, InputColumn } from '../../ir/physical/program.ts'
import type { Column } from '../../ir/schema.ts'
import { factsOf, isBytes, isRange } from '../../ir/types.ts'
import type { RowColumns } from './expr/index.ts'
import type { Value } from './value.ts'

export interface InputLayout {
  /** Columns of the batch. */
  readonly data: Mem
  /** One row of facts about the batch. */
  readonly meta: Mem
  readonly columns: readonly InputColumn[]
}

/** Regions for the columns of a source, for every shape that a batch may have. */
export function layoutInput(columns: readonly Column[], limits: BatchLimits): InputLayout {
  const data: Record<string, FieldType> = {}
  const meta: Record<string, FieldType> = {}
  const slots = columns.map((column, i): InputColumn => {
    const slot = `c${i}`
    const bytes = isBytes(column.type)
    data[bytes ? `${slot}_at` : slot] = bytes ? 'i32' : factsOf(column.type).field
    data[`${slot}_valid`] = 'bit'
    meta[`${slot}_bit`] = 'i32'
    meta[`${slot}_base`] = 'i32'
    return { column, slot, dictionary: bytes ? dictionaryOf(slot, limits) : undefined }
  })
  return {
    data: withBytesOfBits(columnLayout('in', 'input', data, limits.batchRows + 1)),
    meta: rowLayout('in_meta', 'control', meta),
    columns: slots,
  }
}

/** Bits as bytes, eight rows each: no kernel stores to the input, so fields may overlap there. */
function withBytesOfBits(mem: Mem): Mem {
  const bytes = Object.entries(mem.fields).flatMap(([name, { type, offset }]): [string, Field][] =>
    type === 'bit' ? [[bytesOf(name), { type: 'u8', offset, stride: 1 }]] : [],
  )
  return { ...mem, fields: { ...mem.fields, ...Object.fromEntries(bytes) } }
}

const bytesOf = (bits: string): string => `${bits}_bytes`

/** The place of a row in a block, and the validity of the whole block: a word of bits for each column that has nulls. */
export interface PlaceInBlock {
  readonly n: number
  readonly valid: ReadonlyMap<string, Expr>
}

/** The words of validity of a block that begins at row `i`. */
export function readValid(
  k: KernelBuilder,
  { data, meta, columns }: InputLayout,
  shape: BatchShape,
  i: Expr,
): ReadonlyMap<string, Expr> {
  const nullable = shape.dense ? [] : columns.filter(({ column }) => column.nullable)
  return new Map(
    nullable.map(({ slot }): [string, Expr] => {
      const bit = k.let('bit', add(load(meta, `${slot}_bit`), i))
      const byte = (at: Expr): Expr => load(data, bytesOf(`${slot}_valid`), at)
      const [at, shift] = [shr(bit, i32(3)), and(bit, i32(7))]
      return [slot, k.let('valid', shru(or(byte(at), shl(byte(add(at, i32(1))), i32(8))), shift))]
    }),
  )
}

/** `offset`: where each value starts; `remap`: its interned id + 1, or 0 while it is not known. */
const dictionaryOf = (slot: string, limits: BatchLimits): Mem =>
  columnLayout(`dict_${slot}`, 'scratch', { offset: 'i32', remap: 'i32' }, limits.dictionaryRows + 1)

/** The columns of row `i` of a batch of some shape. */
export function readInput(
  layout: InputLayout,
  shape: BatchShape,
  i: Expr,
  place: PlaceInBlock | undefined = undefined,
): RowColumns {
  return new Map(
    layout.columns.map(input => {
      const isNull =
        input.column.nullable && !shape.dense ? not(isValid(layout, input, i, place)) : bool(false)
      return [input.column.name, readColumn(layout, input, shape, i, isNull)]
    }),
  )
}

function isValid({ data, meta }: InputLayout, { slot }: InputColumn, i: Expr, place?: PlaceInBlock): Expr {
  const word = place?.valid.get(slot)
  if (place && word) return ne(and(word, i32(1 << place.n)), i32(0))
  return load(data, `${slot}_valid`, add(load(meta, `${slot}_bit`), i))
}

function readColumn(
  { data, meta }: InputLayout,
  input: InputColumn,
  shape: BatchShape,
  i: Expr,
  isNull: Expr,
): Value {
  const { column, slot, dictionary } = input
  if (!dictionary) {
    const at = column.type === 'bool' ? add(load(meta, `${slot}_base`), i) : i
    const value = load(data, slot, at)
    return { kind: 'scalar', type: column.type, value, origin: column.name, isNull, faults: [] }
  }
  const first = load(data, `${slot}_at`, i)
  const base = load(meta, `${slot}_base`)
  if (!shape.dictionaries.includes(slot)) {
    const length = sub(load(data, `${slot}_at`, add(i, i32(1))), first)
    return { kind: 'bytes', type: column.type, offset: add(base, first), length, isNull, faults: [] }
  }
  const start = load(dictionary, 'offset', first)
  const length = sub(load(dictionary, 'offset', add(first, i32(1))), start)
  const code = { remap: dictionary, code: first }
  return {
    kind: 'bytes',
    type: column.type,
    offset: add(base, start),
    length,
    isNull,
    faults: [],
    dictionary: code,
  }
}

/** The columns of row `i` of an edge: the output region of another pipeline (see output.ts). */
export function readEdge(data: Mem, columns: readonly Column[], i: Expr): RowColumns {
  return new Map(
    columns.map((column, n): [string, Value] => {
      const field = `o${n}`
      const isNull = column.nullable ? ne(load(data, `${field}_null`, i), i32(0)) : bool(false)
      if (isRange(column.type)) {
        const [offset, length] = [load(data, `${field}_at`, i), load(data, `${field}_len`, i)]
        return [column.name, { kind: 'bytes', type: column.type, offset, length, isNull, faults: [] }]
      }
      const raw = load(data, field, i)
      const value = column.type === 'bool' ? ne(raw, i32(0)) : raw
      return [column.name, { kind: 'scalar', type: column.type, value, isNull, faults: [] }]
    }),
  )
}
