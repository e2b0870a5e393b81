/**
 * The key of a group as words: integers as they are, doubles by their bits (one NaN, one zero), texts by the id of
 * their interned copy. Nulls are a bit each, so that null is a group of its own.
 */
import {
  add,
  all,
  bool,
  eq,
  i32,
  isConst,
  load,
  ne,
  not,
  op,
  select,
  shl,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpec } from '../../../ir/layout.ts'
import type { Column } from '../../../ir/schema.ts'
import { factsOf, isBytes, isFloat } from '../../../ir/types.ts'
import type { RowColumns } from '../expr/index.ts'
import { doubleBits, isExact, wordsOf } from '../lib/hash.ts'
import { type Interner, keyOfText, NULL_TEXT, type Wanted } from '../lib/interner.ts'
import type { RowScope } from '../scope.ts'
import { bind, bytesOf, FALSE, isNever, local, scalarOf, type Value } from '../value.ts'

/** The key of one row: what is compared and hashed, and the texts that must be known for it. */
export interface KeyValue {
  readonly fields: ReadonlyMap<string, Expr>
  readonly texts: readonly Wanted[]
}

export class GroupKey {
  readonly #columns: readonly Column[]
  readonly #texts: Interner | undefined

  constructor(columns: readonly Column[], texts: Interner | undefined) {
    this.#columns = columns
    this.#texts = texts
  }

  /** The fields that an entry keeps of its key. */
  get fields(): Readonly<Record<string, FieldType | FieldSpec>> {
    const fields: Record<string, FieldType | FieldSpec> = {}
    this.#columns.forEach((column, i) => {
      fields[`key_${i}`] = keyField(column)
    })
    return this.#hasNullFlags ? { ...fields, key_nulls: 'i32' } : fields
  }

  /** How many columns are texts. */
  get textCount(): number {
    return this.#textFields.length
  }

  /** Texts have an id for null; other types need a flag. */
  get #hasNullFlags(): boolean {
    return this.#columns.some(column => column.nullable && !isBytes(column.type))
  }

  /** Brings the key columns of a row to words. Texts that state does not know yet have the id UNKNOWN_TEXT. */
  read(cx: Pick<RowScope, 'k'>, row: ReadonlyMap<string, Value>): KeyValue {
    const fields = new Map<string, Expr>()
    const texts: Wanted[] = []
    this.#columns.forEach((column, i) => {
      const value = row.get(column.name)
      if (!value) throw new Error(`group key ${column.name} is not part of the row`)
      if (value.kind === 'scalar') fields.set(`key_${i}`, local(cx.k, 'key', normalised(value)))
      else texts.push(this.#findText(cx, value))
    })
    if (this.#hasNullFlags) fields.set('key_nulls', local(cx.k, 'key_nulls', this.#nullFlags(row)))
    return this.withTexts({ fields, texts })
  }

  #findText(cx: Pick<RowScope, 'k'>, value: Value): Wanted {
    if (!this.#texts) throw new Error('a text key without an interner')
    const text = bytesOf(bind(cx.k, 'text', value))
    const needed = isNever(text.isNull) ? bool(true) : not(text.isNull)
    return this.#texts.find(cx.k, text, needed, text.dictionary)
  }

  /** The key with the ids that its texts have by now. */
  withTexts({ fields, texts }: KeyValue): KeyValue {
    const ids = this.#textFields.map((field, n): [string, Expr] => {
      const { id, needed } = texts[n]
      return [field, isConst(needed, true) ? id : keyOfText(id, not(needed))]
    })
    return { fields: new Map([...fields, ...ids]), texts }
  }

  /** The fields of the columns that are texts, in the order of their columns. */
  get #textFields(): readonly string[] {
    return this.#columns.flatMap(({ type }, i) => (isBytes(type) ? [`key_${i}`] : []))
  }

  #nullFlags(row: ReadonlyMap<string, Value>): Expr {
    return this.#columns.reduce<Expr>((flags, column, i) => {
      const isNull = row.get(column.name)?.isNull ?? FALSE
      return isBytes(column.type) || isNever(isNull) ? flags : add(flags, shl(toInt(isNull), i32(i)))
    }, i32(0))
  }

  /** The words of the key of another row, if they are made of nothing but columns of the input. */
  guess(row: RowColumns, other: RowColumns): readonly Expr[] | undefined {
    const guessed = new Map<string, Value>()
    for (const { name } of this.#columns) {
      const value = row.get(name)
      const same =
        value?.kind === 'scalar' && value.origin !== undefined ? other.get(value.origin) : undefined
      if (!same) return undefined
      guessed.set(name, same)
    }
    if (guessed.size === 0) return undefined
    const words = [...guessed.values()].flatMap(value => wordsOf(normalised(value)))
    return this.#hasNullFlags ? [...words, this.#nullFlags(guessed)] : words
  }

  /** The key of an entry: its words are in the order of those of a row, texts last. */
  of(entries: Mem, entry: Expr): KeyValue {
    const texts = this.#textFields
    const names = [...Object.keys(this.fields).filter(field => !texts.includes(field)), ...texts]
    return { fields: new Map(names.map(field => [field, load(entries, field, entry)])), texts: [] }
  }

  words(key: KeyValue): readonly Expr[] {
    return [...key.fields.values()].flatMap(wordsOf)
  }

  /** Does an entry whose hash is that of the key, and of nothing but the key, have this key? */
  matches(entries: Mem, entry: Expr, key: KeyValue): Expr {
    return isExact(this.words(key)) ? bool(true) : this.equals(entries, entry, key)
  }

  /** Does an entry have this key? */
  equals(entries: Mem, entry: Expr, key: KeyValue): Expr {
    return all([...key.fields].map(([field, value]) => eq(load(entries, field, entry), value)))
  }

  /** The key columns of an entry as values. */
  values(entries: Mem, entry: Expr): ReadonlyMap<string, Value> {
    return new Map(this.#columns.map((column, i) => [column.name, this.#value(entries, entry, column, i)]))
  }

  #value(entries: Mem, entry: Expr, column: Column, i: number): Value {
    const stored = load(entries, `key_${i}`, entry)
    if (isBytes(column.type)) {
      if (!this.#texts) throw new Error('a text key without an interner')
      const isNull = column.nullable ? eq(stored, i32(NULL_TEXT)) : FALSE
      const { offset, length } = this.#texts.range(stored)
      return { kind: 'bytes', type: column.type, offset, length, isNull, faults: [] }
    }
    const flag = shl(i32(1), i32(i))
    const isNull = column.nullable
      ? ne(op('and.i32', load(entries, 'key_nulls', entry), flag), i32(0))
      : FALSE
    return { kind: 'scalar', type: column.type, value: restored(column, stored), isNull, faults: [] }
  }
}

/** Keys that are not texts: 32 at most, one bit of the null flags each. */
export const KEYS_MAX = 32

function keyField(column: Column): FieldType | FieldSpec {
  if (isBytes(column.type)) return { type: 'i32', interned: true }
  return isFloat(column.type) || factsOf(column.type).value === 'i64' ? 'i64' : 'i32'
}

/** The word of a scalar key: zero under a null, so that all nulls are one group. */
function normalised(value: Value): Expr {
  const { value: x, isNull, type } = scalarOf(value)
  const word = isFloat(type) ? doubleBits(x) : type === 'bool' ? toInt(x) : x
  if (isNever(isNull)) return word
  return select(isNull, word.type === 'i64' ? { kind: 'const', type: 'i64', value: 0n } : i32(0), word)
}

function restored({ type }: Column, stored: Expr): Expr {
  if (isFloat(type)) return op('ofbits.i64', stored)
  return type === 'bool' ? ne(stored, i32(0)) : stored
}
