/**
 * Numbers and bigints as columns hold them. A number keeps the type of its column while it is only compared or passed
 * on; arithmetic is float64. Bigints are int64 columns, timestamps and uint64 columns.
 */
import { type Expr, isLiteral, literal, type Value } from '../../../../ir/expr/expr.ts'
import {
  type DataType,
  type IntegerType,
  integerRange,
  isFloat,
  isInteger,
  isTimestamp,
} from '../../../../ir/types.ts'
import { convert } from './exprs.ts'
import type { Kind } from './values.ts'

/** The number as something that is numeric: a date is its day. */
export const numeral = (expr: Expr): Expr => (expr.type === 'date' ? convert(expr, 'int32') : expr)

export const asDouble = (expr: Expr): Expr => convert(numeral(expr), 'float64')

/** A bigint as int64, which timestamps are; uint64 stays what it is. */
export const asInt64 = (expr: Expr): Expr => (isTimestamp(expr.type) ? convert(expr, 'int64') : expr)

/** The type of a bigint literal: int64 where it fits, then uint64; undefined where it fits neither. */
export function bigintType(value: bigint): 'int64' | 'uint64' | undefined {
  const { int64, uint64 } = integerRange
  if (value >= int64.min && value <= int64.max) return 'int64'
  return value >= uint64.min && value <= uint64.max ? 'uint64' : undefined
}

/** Does an integer type hold a literal exactly, including the sign of a zero? */
function holds(type: IntegerType, value: Value): boolean {
  if (typeof value === 'number' && (!Number.isSafeInteger(value) || Object.is(value, -0))) return false
  const { min, max } = integerRange[type]
  const exact = BigInt(value as number | bigint)
  return exact >= min && exact <= max
}

/** Several values of one kind at one type, so that one expression can be any of them; undefined where none fits. */
export function unified(kind: Kind, exprs: readonly Expr[]): readonly Expr[] | undefined {
  const types = new Set(exprs.map(expr => expr.type))
  if (types.size === 1) return exprs
  const adapted = adaptLiterals(exprs)
  if (adapted) return adapted
  if (kind === 'number') return exprs.map(asDouble)
  return exprs.some(expr => expr.type === 'uint64') ? undefined : exprs.map(asInt64)
}

/** Literals take the type of all the other values where it holds them. */
function adaptLiterals(exprs: readonly Expr[]): readonly Expr[] | undefined {
  const others = new Set(exprs.filter(expr => !isLiteral(expr)).map(expr => expr.type))
  const [type] = others
  if (others.size !== 1 || isFloat(type)) return undefined
  const range = isInteger(type) ? type : isTimestamp(type) ? 'int64' : 'int32'
  const fits = exprs.every(expr => !isLiteral(expr) || holds(range, expr.value))
  return fits ? exprs.map(expr => (isLiteral(expr) ? literal(expr.value, type) : expr)) : undefined
}

/** Zero at the type of a value. */
export const zeroAs = (type: DataType): Expr =>
  literal(isTimestamp(type) || type === 'int64' || type === 'uint64' ? 0n : 0, type)
