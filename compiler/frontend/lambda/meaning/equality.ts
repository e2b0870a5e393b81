/** === and, against null only, ==. NaN is equal to nothing, null to null. */
import { type Expr, isLiteral } from '../../../../ir/expr/expr.ts'
import { type Place, refuse, refuseTypes } from '../refusal.ts'
import { compareBigints, compareWithInteger } from './bigints.ts'
import { after, allOf, anyOf, apply, coalesce, FALSE, not } from './exprs.ts'
import { exprOfPair } from './join.ts'
import { asInt64, numeral, zeroAs } from './numbers.ts'
import { isAbsent } from './tests.ts'
import { describe, isOpaque, type JsValue, kindsOf, type Leaf, leavesOf, type Plain } from './values.ts'

/** `a === b`; two values that no type has in common are refused, for the answer would always be false. */
export function strictEquality(at: Place, a: JsValue, b: JsValue): Expr {
  checkOverlap(at, a, b)
  return exprOfPair(a, b, (x, y) => equal(at, x, y))
}

function checkOverlap(at: Place, a: JsValue, b: JsValue): void {
  const [kinds, others] = [kindsOf(a), kindsOf(b)]
  if (kinds.size === 0 || others.size === 0 || [...kinds].some(kind => others.has(kind))) return
  const mixed = [kinds, others].every(one => one.has('number') || one.has('bigint'))
  refuseTypes(
    at,
    `${describe(a)} is never equal to ${describe(b)}`,
    mixed
      ? 'write an integer literal as 15n, or convert one side: BigInt(x) or Number(x)'
      : 'convert one side: Number(x) or String(x)',
  )
}

function equal(at: Place, a: Leaf, b: Leaf): Expr {
  if (a.form === 'nothing') return isAbsent(b, a.value === null ? 'null' : 'undefined')
  if (b.form === 'nothing') return isAbsent(a, b.value === null ? 'null' : 'undefined')
  if (a.kind !== b.kind) return bothNull(a, b)
  if (isOpaque(a)) return refuseTypes(at, `${a.kind} values cannot be compared`, 'test them for null only')
  if (a.kind === 'bigint') return equalBigints(asInt64(a.expr), asInt64(b.expr))
  return sameType(numeral(a.expr), numeral(b.expr))
}

function bothNull({ expr: a }: Plain, { expr: b }: Plain): Expr {
  if (!a.nullable || !b.nullable) return after([a, b], FALSE)
  return allOf([apply('is_null', a), apply('is_null', b)])
}

function sameType(a: Expr, b: Expr): Expr {
  if (a.nullable || b.nullable) return apply('is_not_distinct', a, b)
  if (isLiteral(a) && !isLiteral(b)) return sameType(b, a)
  if (a.type !== 'bool' || !isLiteral(b)) return apply('eq', a, b)
  return b.value === true ? a : not(a)
}

function equalBigints(a: Expr, b: Expr): Expr {
  if (a.type === b.type) return sameType(a, b)
  if (isLiteral(b)) return coalesce(compareWithInteger('eq', a, b.value as bigint), FALSE)
  if (isLiteral(a)) return coalesce(compareWithInteger('eq', b, a.value as bigint), FALSE)
  const [x, y] = [a, b].map(expr => coalesce(expr, zeroAs(expr.type)))
  const known = [a, b].filter(expr => expr.nullable).map(expr => apply('is_not_null', expr))
  const equals = allOf([...known, compareBigints('eq', x, y)])
  return known.length === 2 ? anyOf([allOf([apply('is_null', a), apply('is_null', b)]), equals]) : equals
}

/** `a == b`: a null test, or === of two values of one kind, which is how minifiers spell it. */
export function looseEquality(at: Place, operator: string, a: JsValue, b: JsValue): Expr {
  const [kinds, others] = [kindsOf(a), kindsOf(b)]
  if (others.size === 0) return isAbsent(a, 'both')
  if (kinds.size === 0) return isAbsent(b, 'both')
  const alike = kinds.size === 1 && others.size === 1 && [...kinds].every(kind => others.has(kind))
  if (!alike)
    return refuse(
      at,
      `'${operator}' converts its operands`,
      `use '${operator}=', after Number(x) or String(x)`,
    )
  return exprOfPair(a, b, (x, y) =>
    x.form === 'plain' && y.form === 'plain' ? equal(at, x, y) : bothAbsent(x, y),
  )
}

const bothAbsent = (a: Leaf, b: Leaf): Expr => allOf([isAbsent(a, 'both'), isAbsent(b, 'both')])

/** `[a, b].includes(x)`: equality in which NaN would be itself, so NaN is refused as an element. */
export function isOneOf(at: Place, value: JsValue, elements: readonly JsValue[]): Expr {
  for (const element of elements) checkOverlap(at, value, element)
  const [leaf] = leavesOf(value)
  const listed = elements.flatMap(one => (one.form === 'plain' && isLiteral(one.expr) ? [one.expr] : []))
  const simple = leaf.form === 'plain' && value === leaf && leaf.expr.type !== 'uint64'
  if (simple && listed.length === elements.length && elements.length > 1) {
    const needle = leaf.kind === 'bigint' ? asInt64(leaf.expr) : numeral(leaf.expr)
    return coalesce(apply('in', needle, ...listed), FALSE)
  }
  return elements.length === 0 ? FALSE : anyOf(elements.map(element => strictEquality(at, value, element)))
}
