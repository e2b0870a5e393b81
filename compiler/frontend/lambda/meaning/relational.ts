/** < <= > >= : texts by code units, all else by value. A null is 0, undefined is beside every order. */
import type { Expr } from '../../../../ir/expr/expr.ts'
import { type Place, refuseTypes } from '../refusal.ts'
import { type Comparison, compareBigints, compareMixed, mirrored } from './bigints.ts'
import { after, anyOf, apply, choose, coalesce, double, FALSE, not } from './exprs.ts'
import { exprOfPair } from './join.ts'
import { zeroAs } from './numbers.ts'
import { numberOf, parsed } from './numeric.ts'
import { describe, isPlain, type JsValue, type Leaf } from './values.ts'

type Order = Exclude<Comparison, 'eq'>
export type RelationalOperator = '<' | '<=' | '>' | '>='
const orders: Readonly<Record<RelationalOperator, Order>> = { '<': 'lt', '<=': 'le', '>': 'gt', '>=': 'ge' }

export const relational = (at: Place, operator: RelationalOperator, a: JsValue, b: JsValue): Expr =>
  exprOfPair(a, b, (x, y) => compare(at, operator, x, y))

function compare(at: Place, operator: RelationalOperator, a: Leaf, b: Leaf): Expr {
  const how = orders[operator]
  if (isUndefined(a) || isUndefined(b)) return after(exprsOf([a, b]), FALSE)
  if (isPlain(a, 'string') && isPlain(b, 'string')) return compareTexts(how, a.expr, b.expr)
  if (isText(a) || isText(b)) return refuseText(at, operator, a, b)
  if (isPlain(a, 'bigint')) return compareBigint(at, how, notNull(a.expr), b)
  if (isPlain(b, 'bigint')) return compareBigint(at, mirrored[how] as Order, notNull(b.expr), a)
  const what = `'${operator}'`
  return apply(how, numberOf(at, a, what), numberOf(at, b, what))
}

const isUndefined = (leaf: Leaf): boolean => leaf.form === 'nothing' && leaf.value === undefined
const isText = (leaf: Leaf): boolean => isPlain(leaf, 'string')
const exprsOf = (leaves: readonly Leaf[]): readonly Expr[] =>
  leaves.flatMap(leaf => (leaf.form === 'plain' ? [leaf.expr] : []))
const notNull = (expr: Expr): Expr => coalesce(expr, zeroAs(expr.type))

function compareBigint(at: Place, how: Order, big: Expr, other: Leaf): Expr {
  if (isPlain(other, 'bigint')) return compareBigints(how, big, notNull(other.expr))
  return compareMixed(how, big, numberOf(at, other, 'a comparison'))
}

const refuseText = (at: Place, operator: string, a: Leaf, b: Leaf): never =>
  refuseTypes(
    at,
    `'${operator}' compares ${describe(a)} with ${describe(b)}`,
    'bring both sides to one type: Number(x) or String(x)',
  )

/** A text beside a null is compared as a number, as JavaScript does, and the null is 0. */
function compareTexts(how: Order, a: Expr, b: Expr): Expr {
  const ordered = textOrder[how](a, b)
  const nulls = [a, b].filter(expr => expr.nullable).map(expr => apply('is_null', expr))
  if (nulls.length === 0) return ordered
  const [x, y] = [a, b].map(expr => numberBesideNull(expr, nulls.length))
  return choose(anyOf(nulls), apply(how, x, y), coalesce(ordered, FALSE))
}

/** Where one side is null: it is this one, if no other may be. */
function numberBesideNull(expr: Expr, nullable: number): Expr {
  if (!expr.nullable) return parsed(expr)
  return nullable === 1 ? double(0) : coalesce(parsed(expr), double(0))
}

const textOrder: Readonly<Record<Order, (a: Expr, b: Expr) => Expr>> = {
  lt: (a, b) => apply('js_lt', a, b),
  gt: (a, b) => apply('js_lt', b, a),
  le: (a, b) => not(apply('js_lt', b, a)),
  ge: (a, b) => not(apply('js_lt', a, b)),
}
