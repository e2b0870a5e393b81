/** The keys of a join: what the rows of both sides have in common. */
import type { Expr as PlanExpr } from '../../../ir/expr/expr.ts'
import { bool, i32, type KernelBuilder, ne } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Column } from '../../../ir/schema.ts'
import { type DataType, isBytes, isFloat } from '../../../ir/types.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import { hashWords } from '../lib/hash.ts'
import type { Interner } from '../lib/interner.ts'
import { HashTable } from '../lib/table.ts'
import type { RowScope } from '../scope.ts'
import { FALSE, isNever, orAll, type Value, valueTypeOf, zeroOf } from '../value.ts'
import { GroupKey, type KeyValue } from './group-key.ts'

/** The key of a row: its columns by the names that they have in the table of keys, and whether it matches nothing. */
export interface JoinKey {
  readonly columns: RowColumns
  readonly isVoid: Expr
}

/** The name of a column of the key. */
const keyColumn = (i: number): string => `k${i}`

/** A value of a key; `nullable`: those without one are kept as a key of their own. */
export type KeyType = Pick<Column, 'type' | 'nullable'>

/** The key of a row. A null or a NaN is equal to nothing. */
export function joinKey(
  cx: RowScope,
  columns: RowColumns,
  exprs: readonly PlanExpr[],
  operator: string,
): JoinKey {
  const values = exprs.map(expr => lowerExpr(cx, columns, expr))
  for (const { faults } of values) cx.reject(faults, bool(true), operator)
  const named = values.map((value, i): [string, Value] => [keyColumn(i), { ...value, faults: [] }])
  return { columns: new Map(named), isVoid: isVoidKey(cx.k, values) }
}

/** Is there a null or a NaN among the values of a key? */
function isVoidKey(k: KernelBuilder, values: readonly Value[]): Expr {
  const voids = values.map(value => {
    if (value.kind === 'bytes' || !isFloat(value.type)) return value.isNull
    return orAll([value.isNull, ne(value.value, value.value)])
  })
  const isVoid = orAll(voids)
  return isNever(isVoid) ? FALSE : k.let('is_void', isVoid)
}

/** Nulls in place of a row of such columns. */
export const nullsFor = (columns: readonly Column[]): RowColumns =>
  new Map(columns.map(({ name, type }) => [name, nullOf(type)]))

function nullOf(type: DataType): Value {
  const isNull = bool(true)
  return isBytes(type)
    ? { kind: 'bytes', type, offset: i32(0), length: i32(0), isNull, faults: [] }
    : { kind: 'scalar', type, value: zeroOf(valueTypeOf(type)), isNull, faults: [] }
}

/** The table of the keys that rows are kept of. */
export class JoinKeys {
  readonly table: HashTable
  readonly #key: GroupKey

  /** `fields`: what else is kept of a key. */
  constructor(id: number, types: readonly KeyType[], texts: Interner | undefined, fields: FieldSpecs) {
    const columns = types.map((type, i): Column => ({ ...type, name: keyColumn(i) }))
    this.#key = new GroupKey(columns, texts)
    this.table = new HashTable({ id, name: 'join_keys', fields: { ...fields, ...this.#key.fields } })
    texts?.addUser(this.table)
  }

  read(cx: RowScope, { columns }: Pick<JoinKey, 'columns'>): KeyValue {
    return this.#key.read(cx, columns)
  }

  /** The entry of a key, or -1. */
  find(k: KernelBuilder, key: KeyValue): Local {
    const { entries } = this.table
    return this.table.find(k, hashWords(k, this.#key.words(key)), candidate =>
      this.#key.matches(entries, candidate, key),
    ).entry
  }

  /** A new entry, whose texts were interned and for which there is room. */
  insert(k: KernelBuilder, wanted: KeyValue): Local {
    const key = this.#key.withTexts(wanted)
    const entry = this.table.insert(k, hashWords(k, this.#key.words(key)))
    for (const [field, value] of key.fields) k.store(this.table.entries, field, entry, value)
    return entry
  }
}
