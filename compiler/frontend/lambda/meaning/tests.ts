/** Truth, null and undefined. The tests made here are never null. */
import { type Expr, literal } from '../../../../ir/expr/expr.ts'
import { isFloat } from '../../../../ir/types.ts'
import { after, apply, coalesce, double, FALSE, not, TRUE } from './exprs.ts'
import { exprOf, join, leafwise } from './join.ts'
import { numeral, zeroAs } from './numbers.ts'
import { type JsValue, type Leaf, mayBeNull, type Plain } from './values.ts'

/** What JavaScript's `if` makes of a value. */
export const truthOf = (value: JsValue): Expr =>
  exprOf(value, leaf => (leaf.form === 'nothing' ? FALSE : coalesce(truthOfPlain(leaf), FALSE)))

function truthOfPlain({ kind, expr }: Plain): Expr {
  switch (kind) {
    case 'boolean':
      return expr
    case 'string':
      return apply('gt', apply('octet_length', expr), literal(0n, 'int64'))
    case 'binary':
    case 'decimal':
    case 'list':
      return apply('is_not_null', expr)
    case 'number':
      // NaN is false: it is above nothing.
      if (isFloat(expr.type)) return apply('gt', apply('abs', expr), double(0))
      return apply('ne', numeral(expr), zeroAs(numeral(expr).type))
    case 'bigint':
      return apply('ne', expr, zeroAs(expr.type))
  }
}

/** What to look for: null, undefined, or both. */
export type Absence = 'null' | 'undefined' | 'both'

export const isAbsent = (value: JsValue, what: Absence): Expr =>
  exprOf(value, leaf => leafIsAbsent(leaf, what))

function leafIsAbsent(leaf: Leaf, what: Absence): Expr {
  if (leaf.form === 'nothing') return what === 'both' || what === String(leaf.value) ? TRUE : FALSE
  if (what === 'undefined' || !leaf.expr.nullable) return after([leaf.expr], FALSE)
  return apply('is_null', leaf.expr)
}

export const isPresent = (value: JsValue): Expr => not(isAbsent(value, 'both'))

/** `left ?? right` */
export const fallback = (left: JsValue, right: JsValue): JsValue =>
  leafwise(left, leaf => (mayBeNull(leaf) ? join(leafIsAbsent(leaf, 'both'), right, leaf) : leaf))

/** An expression that evaluates all that the value does, for its faults. */
export const probe = (value: JsValue): Expr => (value.form === 'plain' ? value.expr : isAbsent(value, 'null'))
