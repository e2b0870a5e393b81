/** ToNumeric: what an operand is in arithmetic and comparison. */
import { type Expr, literal } from '../../../../ir/expr/expr.ts'
import { type Place, refuseTypes } from '../refusal.ts'
import { apply, coalesce, convert, double } from './exprs.ts'
import { asDouble, asInt64, numeral, zeroAs } from './numbers.ts'
import { describe, type JsValue, type Leaf } from './values.ts'

export const NAN = double(Number.NaN)

/** A number at the type of its column; null is 0, undefined NaN. Refuses bigints and texts. */
export function numberOf(at: Place, leaf: Leaf, what: string): Expr {
  if (leaf.form === 'nothing') return leaf.value === null ? double(0) : NAN
  const { kind, expr } = leaf
  if (kind === 'boolean') return coalesce(convert(expr, 'int8'), literal(0, 'int8'))
  if (kind === 'number') return coalesce(numeral(expr), zeroAs(numeral(expr).type))
  return refuseTypes(at, `${what} does not take a ${kind}`, numberFix(leaf))
}

const numberFix = (leaf: JsValue): string => {
  const [kind] = describe(leaf).split(' ')
  if (kind === 'decimal') return 'cast it before: .with(f => ({ x: f.x.cast(t.float64) }))'
  return kind === 'binary' || kind === 'list' ? 'use another column' : 'convert it first: Number(x)'
}

export const doubleOf = (at: Place, leaf: Leaf, what: string): Expr => asDouble(numberOf(at, leaf, what))

/** A bigint as int64, null as it is. Arithmetic on uint64 is refused: its results would leave both 64-bit ranges. */
export function int64Of(at: Place, expr: Expr, what: string): Expr {
  if (expr.type !== 'uint64') return asInt64(expr)
  const fix = 'use BigInt.asIntN(64, x) for the value as a signed integer, or Number(x)'
  return refuseTypes(at, `${what} does not take a uint64 column: only comparisons do`, fix)
}

/** The number that JavaScript reads from a text. */
export const parsed = (expr: Expr): Expr =>
  expr.kind === 'literal' && typeof expr.value === 'string'
    ? double(Number(expr.value))
    : apply('js_string_to_number', expr)
