/**
 * The meaning of an expression on one row of JavaScript values: used by the constant folder and by the models of
 * the tests. It shares no code with the kernels that run plans.
 */
import { castValue } from './cast.ts'
import { type Expr, RowFault, type Value } from './expr.ts'
import { functionRow } from './functions/index.ts'

/** What an expression is evaluated against. */
export interface Environment {
  column(name: string): Value
  param(name: string): Value
  /** A fault makes the operation null instead of rejecting the row. */
  readonly lenient?: boolean
}

/** Throws a RowFault where the row is at fault. */
export function evaluate(expr: Expr, env: Environment): Value {
  switch (expr.kind) {
    case 'literal':
      return expr.value
    case 'column':
      return env.column(expr.name)
    case 'param':
      return env.param(expr.name)
    case 'cast': {
      const value = evaluate(expr.arg, env)
      const convert = (): Value => castValue(value, expr.arg.type, expr.type)
      return value === null ? null : faultAsNull(convert, expr.attempt || env.lenient === true)
    }
    case 'call':
      return evaluateCall(expr, env)
  }
}

function evaluateCall(expr: Expr & { kind: 'call' }, env: Environment): Value {
  const row = functionRow(expr.fn)
  const argTypes = expr.args.map(arg => arg.type)
  const { lazy } = row
  if (lazy) {
    const thunks = expr.args.map(arg => () => evaluate(arg, env))
    return faultAsNull(() => lazy(thunks, expr.type, argTypes), env.lenient === true)
  }
  const args = expr.args.map(arg => evaluate(arg, env))
  if (args.includes(null) || !row.evaluate) return null
  const { evaluate: meaning } = row
  return faultAsNull(() => meaning(args, expr.type, argTypes), env.lenient === true)
}

function faultAsNull(compute: () => Value, lenient: boolean): Value {
  try {
    return compute()
  } catch (fault) {
    if (lenient && fault instanceof RowFault) return null
    throw fault
  }
}
