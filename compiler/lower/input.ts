/**
 * How the columns of a batch lie in memory and how kernels read them. A column has a slot (`c0`, `c1` ...):
 * values in `in.c0`, validity bits in `in.c0_valid`, text offsets or dictionary codes in `in.c0_at`. Bits start
 * at `in_meta.c0_bit`, so that bitmaps enter by block copy whatever their offset; texts start at `in_meta.c0_base`.
 */
import { add, bool, i32, load, ne, not, sub } from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../ir/kernel/node.ts'
import { columnLayout, rowLayout } from '../../ir/layout.ts'
import type { BatchLimits, BatchShape, InputColumn } from '../../ir/physical/program.ts'
import type { Column } from '../../ir/schema.ts'
import { isBytes, typeTable } from '../../ir/types.ts'
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
    data[bytes ? `${slot}_at` : slot] = bytes ? 'i32' : typeTable[column.type].field
    data[`${slot}_valid`] = 'bit'
    meta[`${slot}_bit`] = 'i32'
    meta[`${slot}_base`] = 'i32'
    return { column, slot, dictionary: bytes ? dictionaryOf(slot, limits) : undefined }
  })
  return {
    data: columnLayout('in', 'input', data, limits.batchRows + 1),
    meta: rowLayout('in_meta', 'control', meta),
    columns: slots,
  }
}

/** `offset`: where each value starts; `remap`: its interned id + 1, or 0 while it is not known. */
const dictionaryOf = (slot: string, limits: BatchLimits): Mem =>
  columnLayout(`dict_${slot}`, 'scratch', { offset: 'i32', remap: 'i32' }, limits.dictionaryRows + 1)

/** The columns of row `i` of a batch of some shape. */
export function readInput(layout: InputLayout, shape: BatchShape, i: Expr): RowColumns {
  return new Map(layout.columns.map(input => [input.column.name, readColumn(layout, input, shape, i)]))
}

function readColumn({ data, meta }: InputLayout, input: InputColumn, shape: BatchShape, i: Expr): Value {
  const { column, slot, dictionary } = input
  const bitsFrom = add(load(meta, `${slot}_bit`), i)
  const isNull = column.nullable && !shape.dense ? not(load(data, `${slot}_valid`, bitsFrom)) : bool(false)
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
      if (isBytes(column.type)) {
        const [offset, length] = [load(data, `${field}_at`, i), load(data, `${field}_len`, i)]
        return [column.name, { kind: 'bytes', type: column.type, offset, length, isNull, faults: [] }]
      }
      const raw = load(data, field, i)
      const value = column.type === 'bool' ? ne(raw, i32(0)) : raw
      return [column.name, { kind: 'scalar', type: column.type, value, isNull, faults: [] }]
    }),
  )
}
