/**
 * What a test says about nulls where it came out true or false: `x !== null && x.length > 3` reads `x` where it is
 * not null, so nothing has to be made of a null there. It saves kernels the check, and the row a fault.
 */

import { canFault } from '../../../../ir/expr/can-fault.ts'
import { type Expr, isLiteral, literal, rewrite } from '../../../../ir/expr/expr.ts'
import { functionRow } from '../../../../ir/expr/functions/index.ts'
import { printExpr } from '../../../../ir/expr/print.ts'

/** Texts of expressions that are not null. */
export type Facts = ReadonlySet<string>

/** What is known where all of some tests had one outcome. */
export function factsOf(tests: readonly Expr[], outcome: boolean): Facts {
  const facts = new Set<string>()
  for (const test of tests) collect(test, outcome, facts)
  return facts
}

function collect(test: Expr, outcome: boolean, facts: Set<string>): void {
  if (test.kind !== 'call') return
  const [first] = test.args
  switch (test.fn) {
    case 'and':
    case 'or':
      if (outcome === (test.fn === 'and')) for (const arg of test.args) collect(arg, outcome, facts)
      return
    case 'not':
      collect(first, !outcome, facts)
      return
    case 'is_not_null':
    case 'is_null':
      if (outcome === (test.fn === 'is_not_null')) addPresent(first, facts)
      return
    case 'coalesce':
      // A null would have been false.
      if (outcome && isFalse(test.args[1])) addPresent(first, facts)
      return
    case 'is_not_distinct':
      if (outcome && !test.args[1].nullable) addPresent(first, facts)
  }
}

const isFalse = (expr: Expr): boolean => isLiteral(expr) && expr.value === false

/** An expression that is not null, and what it is made of that cannot be null then. */
function addPresent(expr: Expr, facts: Set<string>): void {
  if (isLiteral(expr)) return
  facts.add(printExpr(expr))
  for (const part of strictParts(expr)) addPresent(part, facts)
}

/** The arguments of which any null would make an expression null. */
function strictParts(expr: Expr): readonly Expr[] {
  if (expr.kind === 'cast') return [expr.arg]
  if (expr.kind !== 'call') return []
  return functionRow(expr.fn).lazy ? [] : expr.args
}

/** The expression where the facts hold; it has the nullability that it had. */
export function narrow(expr: Expr, facts: Facts): Expr {
  return facts.size === 0 ? expr : rewrite(expr, one => narrowOne(one, facts))
}

/** The same for an expression that becomes an argument of a call which is known not to be null. */
export const narrowOperand = (expr: Expr, facts: Facts): Expr => unguarded(narrow(expr, facts), facts)

/** A call knows that it is not null though its argument may be elsewhere: so only arguments lose their guards. */
function narrowOne(expr: Expr, facts: Facts): Expr {
  if (expr.kind === 'cast') return { ...expr, arg: unguarded(expr.arg, facts) }
  if (expr.kind !== 'call') return expr
  const isTest = expr.fn === 'is_not_null' || expr.fn === 'is_null'
  if (isTest && isPresent(expr.args[0], facts) && !canFault(expr)) {
    return literal(expr.fn === 'is_not_null', 'bool')
  }
  return { ...expr, args: expr.args.map(arg => unguarded(arg, facts)) }
}

function unguarded(expr: Expr, facts: Facts): Expr {
  const isGuard = expr.kind === 'call' && (expr.fn === 'js_require' || expr.fn === 'coalesce')
  return isGuard && isPresent(expr.args[0], facts) ? expr.args[0] : expr
}

function isPresent(expr: Expr, facts: Facts): boolean {
  if (!expr.nullable || facts.has(printExpr(expr))) return true
  if (expr.kind === 'cast') return !expr.attempt && isPresent(expr.arg, facts)
  if (expr.kind !== 'call') return false
  const { lazy, nullable } = functionRow(expr.fn)
  return !lazy && !nullable && expr.args.every(arg => isPresent(arg, facts))
}
