/** How state keeps values: a scalar as it is, a text by the id of its interned copy. */
import { i32, load, op, toInt } from '../../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpec } from '../../../ir/layout.ts'
import { type DataType, factsOf, isBytes } from '../../../ir/types.ts'
import { FALSE, scalar, type Value } from '../value.ts'
import type { Interner } from './interner.ts'

/** How a value of a type is kept in a row of state. */
export function keptField(type: DataType): FieldType | FieldSpec {
  if (isBytes(type)) return { type: 'i32', interned: true }
  return type === 'bool' ? 'u8' : factsOf(type).field
}

/** What a field holds, as a value: texts are ranges of the heap. */
export function keptValue(type: DataType, held: Expr, texts: Interner | undefined): Value {
  if (!isBytes(type)) return scalar(type, type === 'bool' ? op('ne.i32', held, i32(0)) : held, FALSE)
  if (!texts) throw new Error('a text is kept without an interner')
  return { kind: 'bytes', type, ...texts.range(held), isNull: FALSE, faults: [] }
}

/** The value kept in a field of a row. */
export const readKept = (
  mem: Mem,
  field: string,
  row: Expr,
  type: DataType,
  texts: Interner | undefined,
): Value => keptValue(type, load(mem, field, row), texts)

/** A scalar as its field takes it. */
export const stored = (x: Expr): Expr => (x.type === 'bool' ? toInt(x) : x)
