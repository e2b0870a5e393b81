/**
 * Building plan expressions: calls of literals are computed at once, and what differs only in spelling becomes the
 * same expression, since build tools respell what they like (`!(a === b)`, `c ? true : x`, `x !== null ? x : y`).
 */

import { call, cast } from '../../../../ir/expr/build.ts'
import { canFault } from '../../../../ir/expr/can-fault.ts'
import { canFail } from '../../../../ir/expr/cast.ts'
import { evaluate } from '../../../../ir/expr/evaluate.ts'
import { type Call, childrenOf, type Expr, isLiteral, literal, RowFault } from '../../../../ir/expr/expr.ts'
import { type FunctionName, functionRow } from '../../../../ir/expr/functions/index.ts'
import { printExpr } from '../../../../ir/expr/print.ts'
import type { DataType } from '../../../../ir/types.ts'
import { factsOf, narrow, narrowOperand } from './narrow.ts'

export const TRUE = literal(true, 'bool')
export const FALSE = literal(false, 'bool')
export const double = (value: number): Expr => literal(value, 'float64')
export const text = (value: string): Expr => literal(value, 'utf8')

/** A call; a literal among two operands comes second where that is the same. */
export function apply(fn: FunctionName, ...args: readonly Expr[]): Expr {
  const mirrored = args.length === 2 && isLiteral(args[0]) && !isLiteral(args[1]) ? mirror[fn] : undefined
  return folded(mirrored ? call(mirrored, args[1], args[0]) : call(fn, ...args))
}

/** What a function of two operands is with them exchanged. */
const mirror: Readonly<Partial<Record<FunctionName, FunctionName>>> = {
  eq: 'eq',
  ne: 'ne',
  is_distinct: 'is_distinct',
  is_not_distinct: 'is_not_distinct',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
  add: 'add',
  mul: 'mul',
}

export const convert = (expr: Expr, type: DataType): Expr =>
  expr.type === type ? expr : folded(cast(expr, type))

const isBool = (expr: Expr, value: boolean): boolean => isLiteral(expr) && expr.value === value
const isCall = (expr: Expr, fn: FunctionName): expr is Call => expr.kind === 'call' && expr.fn === fn

const nothing = (name: string): never => {
  throw new Error(`${name} in a constant`)
}

/** The value of an expression of literals; what would fault or only the host can compute stays as it is. */
function folded(expr: Expr): Expr {
  const hosted = expr.kind === 'call' && functionRow(expr.fn).host === true
  if (hosted || !childrenOf(expr).every(isLiteral)) return expr
  try {
    return literal(evaluate(expr, { column: nothing, param: nothing }), expr.type)
  } catch (fault) {
    if (fault instanceof RowFault) return expr
    throw fault
  }
}

/** The first of some values that is not null. */
export function coalesce(expr: Expr, fallback: Expr): Expr {
  if (!expr.nullable || (isLiteral(fallback) && fallback.value === null)) return expr
  return isLiteral(expr) ? fallback : apply('coalesce', expr, fallback)
}

/** The value, which JavaScript would throw for if it were null. */
export const required = (expr: Expr): Expr => (expr.nullable ? apply('js_require', expr) : expr)

/** JavaScript's &&: the first operands are never null, the last one may be. */
export const allOf = (tests: readonly Expr[]): Expr => chain('and', tests, true)

/** JavaScript's || in the same way. */
export const anyOf = (tests: readonly Expr[]): Expr => chain('or', tests, false)

/** `neutral` decides nothing, its opposite everything. Each operand knows how the ones before it came out. */
function chain(fn: 'and' | 'or', tests: readonly Expr[], neutral: boolean): Expr {
  const flat = tests.flatMap(test => (isCall(test, fn) ? test.args : [test]))
  const parts = flat.map((test, i) => narrowOperand(test, factsOf(flat.slice(0, i), neutral)))
  const stop = parts.findIndex(part => isBool(part, !neutral))
  if (stop >= 0 && !parts.slice(0, stop).some(canFault)) return literal(!neutral, 'bool')
  const needed = parts.filter(part => !isBool(part, neutral))
  if (needed.length === 0) return literal(neutral, 'bool')
  if (needed.length === 1) return needed[0]
  return { ...apply(fn, ...needed), nullable: flat.some(part => part.nullable) }
}

const opposites: Readonly<Partial<Record<FunctionName, FunctionName>>> = {
  eq: 'ne',
  ne: 'eq',
  is_null: 'is_not_null',
  is_not_null: 'is_null',
  is_distinct: 'is_not_distinct',
  is_not_distinct: 'is_distinct',
}

/** Negations stand at the leaves: `!(a || b)` is `!a && !b`. */
export function not(test: Expr): Expr {
  if (test.kind !== 'call') return apply('not', test)
  if (test.fn === 'not') return test.args[0]
  if (test.fn === 'and') return anyOf(test.args.map(not))
  if (test.fn === 'or') return allOf(test.args.map(not))
  const opposite = opposites[test.fn]
  return opposite ? apply(opposite, ...test.args) : apply('not', test)
}

/** Tests that read as a negation: a choice on one is turned round. */
function isNegative(test: Expr): boolean {
  if (test.kind !== 'call') return false
  if (test.fn === 'and' || test.fn === 'or') return isNegative(test.args[0])
  return ['not', 'ne', 'is_null', 'is_distinct'].includes(test.fn)
}

/** The same choice, its test without a negation. */
export const oriented = <T>(test: Expr, then: T, otherwise: T): readonly [Expr, T, T] =>
  isNegative(test) ? [not(test), otherwise, then] : [test, then, otherwise]

/** `given ? first : second` for a test that is never null; both sides have one type. */
export function choose(given: Expr, first: Expr, second: Expr): Expr {
  if (isLiteral(given)) return given.value === true ? first : second
  const [test, whole, rest] = oriented(given, first, second)
  if (isCall(test, 'is_not_null')) {
    if (isSame(test.args[0], whole)) return coalesce(whole, rest)
    if (isFallback(whole, test.args[0], rest)) return whole
  }
  const [then, otherwise] = [narrow(whole, factsOf([test], true)), narrow(rest, factsOf([test], false))]
  const logical = then.type === 'bool' ? chooseBool(test, then, otherwise) : undefined
  return logical ?? apply('case', test, then, otherwise)
}

/** Is an expression that one, or a cast of it that never fails? */
function isSame(tested: Expr, expr: Expr): boolean {
  const core = expr.kind === 'cast' && !expr.attempt && !canFail(expr.arg.type, expr.type) ? expr.arg : expr
  return core === tested || printExpr(core) === printExpr(tested)
}

/** Is an expression the tested one, or where that is null the other? */
const isFallback = (expr: Expr, tested: Expr, otherwise: Expr): boolean =>
  isCall(expr, 'coalesce') && isSame(tested, expr.args[0]) && printExpr(expr.args[1]) === printExpr(otherwise)

/** A choice of booleans that && or || says. */
function chooseBool(test: Expr, then: Expr, otherwise: Expr): Expr | undefined {
  if (then === test || isBool(then, true)) return anyOf([test, otherwise])
  if (otherwise === test || isBool(otherwise, false)) return allOf([test, then])
  if (isBool(then, false)) return allOf([not(test), otherwise])
  return isBool(otherwise, true) ? anyOf([not(test), then]) : undefined
}

/** The result, after expressions that it may not read but whose faults JavaScript would meet on the way. */
export function after(evaluated: readonly Expr[], result: Expr): Expr {
  const lost = evaluated.filter(expr => canFault(expr) && !alwaysEvaluates(result, expr))
  return lost.length === 0 ? result : apply('js_sequence', ...lost, result)
}

/** Functions that evaluate only their first argument in every case. */
const shortCircuits: ReadonlySet<FunctionName> = new Set(['and', 'or', 'case', 'coalesce'])

export function alwaysEvaluates(whole: Expr, part: Expr): boolean {
  if (whole === part) return true
  const children = childrenOf(whole)
  const sure = whole.kind === 'call' && shortCircuits.has(whole.fn) ? children.slice(0, 1) : children
  return sure.some(child => alwaysEvaluates(child, part))
}
