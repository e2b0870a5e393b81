/** Whole rows in state: each column is a field, texts are named by the ids of their interned copies, nulls are bits. */
import {
  all,
  and,
  bool,
  eq,
  i32,
  isConst,
  type KernelBuilder,
  load,
  ne,
  not,
  or,
  shl,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpec, FieldSpecs } from '../../../ir/layout.ts'
import type { Column } from '../../../ir/schema.ts'
import { isBytes, isFloat } from '../../../ir/types.ts'
import type { RowColumns } from '../expr/index.ts'
import { andNot, bytesOf, FALSE, scalarOf, type Value } from '../value.ts'
import { doubleBits } from './hash.ts'
import { type Interner, keyOfText, NULL_TEXT, type Wanted } from './interner.ts'
import { keptField, readKept, stored } from './kept.ts'

/** Nulls that one word has bits for. */
const BITS = 32

/** A row on its way into state: its columns, and those of its texts that state must know first. */
export interface WantedRow {
  readonly columns: RowColumns
  readonly texts: readonly Wanted[]
}

/** The fields that keep the columns of a row in any region; `prefix` tells those of several rows apart. */
export class KeptRow {
  readonly #columns: readonly Column[]
  readonly #texts: Interner | undefined
  readonly #prefix: string

  constructor(columns: readonly Column[], texts: Interner | undefined, prefix = 'row') {
    this.#columns = columns
    this.#texts = texts
    this.#prefix = prefix
  }

  get fields(): FieldSpecs {
    const values = this.#columns.map(({ type }, i): [string, ReturnType<typeof keptField>] => [
      this.#field(i),
      keptField(type),
    ])
    const words = this.#nullWords().map((word): [string, FieldSpec] => [word, { type: 'i32' }])
    return Object.fromEntries([...values, ...words])
  }

  /** Those that hold ids of texts. */
  get textFields(): readonly string[] {
    return this.#columns.flatMap(({ type }, i) => (isBytes(type) ? [this.#field(i)] : []))
  }

  /** The field that keeps the value of a column. */
  fieldOf(name: string): string {
    const i = this.#columns.findIndex(column => column.name === name)
    if (i < 0) throw new Error(`column ${name} is not kept`)
    return this.#field(i)
  }

  #field(i: number): string {
    return `${this.#prefix}_${i}`
  }

  #nullWord(i: number): string {
    return `${this.#prefix}_nulls_${Math.floor(i / BITS)}`
  }

  /** Texts have an id for null; other types need a bit. */
  #hasBit({ type, nullable }: Column): boolean {
    return nullable && !isBytes(type)
  }

  #nullWords(): readonly string[] {
    return [
      ...new Set(this.#columns.flatMap((column, i) => (this.#hasBit(column) ? [this.#nullWord(i)] : []))),
    ]
  }

  /** Looks the texts of a row up, where it will be stored. They are to be reserved and interned before it is. */
  want(k: KernelBuilder, columns: RowColumns, stores: Expr = bool(true)): WantedRow {
    const texts = this.#columns.flatMap(column => {
      if (!isBytes(column.type)) return []
      const text = bytesOf(this.#value(columns, column))
      const needed = andNot(stores, text.isNull)
      return [this.#interner.find(k, text, needed, text.dictionary)]
    })
    return { columns, texts }
  }

  get #interner(): Interner {
    if (!this.#texts) throw new Error('texts of a row are kept without an interner')
    return this.#texts
  }

  #value(columns: RowColumns, { name }: Column): Value {
    const value = columns.get(name)
    if (!value) throw new Error(`column ${name} is to be kept and was not read`)
    return value
  }

  /** Writes a row, whose texts were interned. */
  store(k: KernelBuilder, mem: Mem, at: Expr, { columns, texts }: WantedRow): void {
    const words = new Map<string, Expr>()
    let text = 0
    this.#columns.forEach((column, i) => {
      const value = this.#value(columns, column)
      if (value.kind === 'bytes') {
        const { id, needed } = texts[text++]
        k.store(mem, this.#field(i), at, isConst(needed, true) ? id : keyOfText(id, not(needed)))
        return
      }
      k.store(mem, this.#field(i), at, stored(scalarOf(value).value))
      if (!this.#hasBit(column)) return
      const word = this.#nullWord(i)
      const bit = shl(toInt(value.isNull), i32(i % BITS))
      const known = words.get(word)
      words.set(word, known ? or(known, bit) : bit)
    })
    for (const [word, bits] of words) k.store(mem, word, at, bits)
  }

  /** Is a row that is kept the same as another? All NaN are, and both zeros; nulls are, too. */
  isLike(mem: Mem, at: Expr, { columns, texts }: WantedRow): Expr {
    let text = 0
    const same = this.#columns.map((column, i) => {
      const held = load(mem, this.#field(i), at)
      const value = this.#value(columns, column)
      if (value.kind === 'bytes') {
        const { id, needed } = texts[text++]
        return eq(held, isConst(needed, true) ? id : keyOfText(id, not(needed)))
      }
      const isSame = isFloat(column.type)
        ? eq(doubleBits(held), doubleBits(scalarOf(value).value))
        : eq(held, stored(scalarOf(value).value))
      if (!this.#hasBit(column)) return isSame
      const isNull = this.#isNull(mem, at, column, i)
      return and(eq(toInt(isNull), toInt(value.isNull)), or(isNull, isSame))
    })
    return all(same)
  }

  /** The columns of a row that is kept. */
  read(mem: Mem, at: Expr): RowColumns {
    return new Map(
      this.#columns.map((column, i): [string, Value] => {
        const value = readKept(mem, this.#field(i), at, column.type, this.#texts)
        return [column.name, { ...value, isNull: this.#isNull(mem, at, column, i) }]
      }),
    )
  }

  #isNull(mem: Mem, at: Expr, column: Column, i: number): Expr {
    if (!column.nullable) return FALSE
    if (isBytes(column.type)) return eq(load(mem, this.#field(i), at), i32(NULL_TEXT))
    return ne(and(load(mem, this.#nullWord(i), at), shl(i32(1), i32(i % BITS))), i32(0))
  }
}
