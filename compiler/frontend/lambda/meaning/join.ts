/** Choices between values: two that can be one expression become one, others stay apart. */

import { canFault } from '../../../../ir/expr/can-fault.ts'
import { type Expr, isLiteral, nullOf } from '../../../../ir/expr/expr.ts'
import { choose, oriented } from './exprs.ts'
import { type Facts, factsOf, narrow } from './narrow.ts'
import { unified } from './numbers.ts'
import { type JsValue, type Leaf, plain } from './values.ts'

/** `given ? first : second`. */
export function join(given: Expr, first: JsValue, second: JsValue): JsValue {
  if (isLiteral(given)) return given.value === true ? first : second
  const [test, whole, rest] = oriented(given, first, second)
  const then = narrowValue(whole, factsOf([test], true))
  const otherwise = narrowValue(rest, factsOf([test], false))
  return merged(test, then, otherwise) ?? { form: 'choice', test, then, otherwise }
}

function narrowValue(value: JsValue, facts: Facts): JsValue {
  if (facts.size === 0 || value.form === 'nothing') return value
  if (value.form === 'plain') return { ...value, expr: narrow(value.expr, facts) }
  return join(narrow(value.test, facts), narrowValue(value.then, facts), narrowValue(value.otherwise, facts))
}

function merged(test: Expr, then: JsValue, otherwise: JsValue): JsValue | undefined {
  if (then.form === 'choice' || otherwise.form === 'choice') return undefined
  if (then.form === 'nothing' && otherwise.form === 'nothing') {
    return then.value === otherwise.value && !canFault(test) ? then : undefined
  }
  if (then.form === 'plain' && otherwise.form === 'plain') {
    const exprs = then.kind === otherwise.kind ? unified(then.kind, [then.expr, otherwise.expr]) : undefined
    return exprs && plain(then.kind, choose(test, exprs[0], exprs[1]))
  }
  return withNull(test, then, otherwise)
}

/** One side is null or undefined; only null is what an expression can be besides its value. */
function withNull(test: Expr, then: Leaf, otherwise: Leaf): JsValue | undefined {
  if (then.form === 'plain' && otherwise.form === 'nothing' && otherwise.value === null) {
    return plain(then.kind, choose(test, then.expr, nullOf(then.expr.type)))
  }
  if (otherwise.form === 'plain' && then.form === 'nothing' && then.value === null) {
    return plain(otherwise.kind, choose(test, nullOf(otherwise.expr.type), otherwise.expr))
  }
  return undefined
}

/** Applies an operator to whatever the value is. */
export function leafwise(value: JsValue, change: (leaf: Leaf) => JsValue): JsValue {
  if (value.form !== 'choice') return change(value)
  return join(value.test, leafwise(value.then, change), leafwise(value.otherwise, change))
}

export const pairwise = (a: JsValue, b: JsValue, combine: (a: Leaf, b: Leaf) => JsValue): JsValue =>
  leafwise(a, x => leafwise(b, y => combine(x, y)))

/** An expression of one type made of whatever the value is. */
export function exprOf(value: JsValue, change: (leaf: Leaf) => Expr): Expr {
  if (value.form !== 'choice') return change(value)
  return choose(value.test, exprOf(value.then, change), exprOf(value.otherwise, change))
}

export const exprOfPair = (a: JsValue, b: JsValue, combine: (a: Leaf, b: Leaf) => Expr): Expr =>
  exprOf(a, x => exprOf(b, y => combine(x, y)))
