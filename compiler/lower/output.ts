/**
 * How results leave kernels: computed columns are written to `out` (`o0`, with `o0_null`; texts as `o0_at` and
 * `o0_len`), columns that only pass through are named by the row they come from (`row`).
 */
import { controlBlock } from '../../ir/abi.ts'
import {
  add,
  f64,
  i32,
  isConst,
  type KernelBuilder,
  load,
  ne,
  op,
  sub,
  toInt,
} from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Local, Mem } from '../../ir/kernel/node.ts'
import { columnLayout } from '../../ir/layout.ts'
import type { OutputColumn } from '../../ir/physical/program.ts'
import { factsOf, isFloat, isRange } from '../../ir/types.ts'
import { timeRegion } from './event-time.ts'
import type { Row, Scratch } from './scope.ts'
import type { Value } from './value.ts'

export const lateRegion = (rows: number): Mem => columnLayout('late', 'output', { row: 'i32' }, rows)
export const errorRegion = (rows: number): Mem =>
  columnLayout('errors', 'output', { row: 'i32', bits: 'i32', operator: 'i32' }, rows)

/** The watermark before a row, where it goes with the row. */
export const ROW_WATERMARK = 'wm'

/**
 * Room for one row beyond the last: a row that is dropped, or the second of two that leave together. `carriesTime`: each
 * row says what the watermark was before it.
 */
export function layoutOutput(output: readonly OutputColumn[], rows: number, carriesTime = false): Mem {
  const fields: Record<string, FieldType> = { row: 'i32', ...(carriesTime && { [ROW_WATERMARK]: 'i64' }) }
  for (const column of output) {
    if (column.kind === 'passed') continue
    const { type, nullable } = column.column
    if (isRange(type)) {
      fields[`${column.field}_at`] = 'i32'
      fields[`${column.field}_len`] = 'i32'
    } else fields[column.field] = type === 'bool' ? 'u8' : factsOf(type).field
    if (nullable) fields[`${column.field}_null`] = 'u8'
  }
  return columnLayout('out', 'output', fields, rows + 1)
}

/**
 * Writes rows to the output region; its row count lives in a local while the kernel runs. A NaN that leaves is the
 * canonical one: rows that may still be dropped by their mask are looked through when all is done.
 */
export class Emitter {
  readonly #k: KernelBuilder
  readonly #out: Mem
  readonly #output: readonly OutputColumn[]
  readonly #masked: boolean
  readonly #mark: 'wm' | 'out_wm'
  readonly rows: Local

  /** `mark`: the watermark that goes with rows, where any does; what leaves behind others is held against theirs. */
  constructor(
    k: KernelBuilder,
    out: Mem,
    output: readonly OutputColumn[],
    { masked, mark }: { readonly masked: boolean; readonly mark: 'wm' | 'out_wm' },
  ) {
    this.#k = k
    this.#out = out
    this.#output = output
    this.#masked = masked
    this.#mark = mark
    this.rows = k.let('emitted', load(controlBlock, 'out_rows'))
  }

  /** Rows that there is room for. */
  get room(): Expr {
    return sub(load(controlBlock, 'out_room'), this.rows)
  }

  /** Saves the row count: before the kernel returns. */
  save(): void {
    const k = this.#k
    if (this.#masked) this.#canonise(this.#floatFields())
    k.put(controlBlock, 'out_rows', this.rows)
  }

  #floatFields(): readonly string[] {
    return this.#output.flatMap(one =>
      one.kind === 'computed' && isFloat(one.column.type) ? [one.field] : [],
    )
  }

  #canonise(fields: readonly string[]): void {
    if (fields.length === 0) return
    const k = this.#k
    k.range('row', load(controlBlock, 'out_rows'), this.rows, row => {
      for (const field of fields) {
        const value = k.let('value', load(this.#out, field, row))
        k.if(ne(value, value), () => k.store(this.#out, field, row, f64(Number.NaN)))
      }
    })
  }

  /** Writes a row; one whose mask is false is written over by the next. */
  emit(row: Row, source: Expr, scratch: Pick<Scratch, 'commit'>): void {
    const k = this.#k
    for (const column of this.#output) {
      if (column.kind === 'passed') continue
      const value = row.columns.get(column.column.name)
      if (!value) throw new Error(`column ${column.column.name} was not computed`)
      this.#store(column.field, column.column.nullable, value)
    }
    if (this.#output.some(column => column.kind === 'passed')) k.store(this.#out, 'row', this.rows, source)
    if (ROW_WATERMARK in this.#out.fields)
      k.store(this.#out, ROW_WATERMARK, this.rows, load(timeRegion, this.#mark))
    const one = isConst(row.mask, true) ? i32(1) : toInt(row.mask)
    k.set(this.rows, add(this.rows, one))
    scratch.commit()
  }

  #store(field: string, nullable: boolean, value: Value): void {
    storeColumn(this.#k, { out: this.#out, field, nullable, row: this.rows }, value, this.#masked)
  }
}

/** Where a column of a row goes. */
export interface ColumnPlace {
  readonly out: Mem
  readonly field: string
  readonly nullable: boolean
  readonly row: Expr
}

/** Writes a column of a row. `isRaw`: a NaN is made canonical later. */
export function storeColumn(
  k: KernelBuilder,
  { out, field, nullable, row }: ColumnPlace,
  value: Value,
  isRaw = false,
): void {
  const put = (name: string, expr: Expr): void => k.store(out, name, row, expr)
  if (nullable) put(`${field}_null`, toInt(value.isNull))
  if (value.kind === 'bytes') {
    put(`${field}_at`, value.offset)
    put(`${field}_len`, value.length)
  } else if (isFloat(value.type) && !isRaw) put(field, op('canon.f64', value.value))
  else put(field, value.type === 'bool' ? toInt(value.value) : value.value)
}
