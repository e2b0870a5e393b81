/** The members of Math. What is not here is refused. */
import type { Expr } from '../../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../../ir/expr/functions/index.ts'
import { type Place, refuse } from '../refusal.ts'
import { apply, convert, double } from './exprs.ts'
import { exprOf } from './join.ts'
import { doubleOf } from './numeric.ts'
import { type JsValue, type Plain, plain, UNDEFINED } from './values.ts'

const constants: Readonly<Record<string, number>> = {
  PI: Math.PI,
  E: Math.E,
  LN2: Math.LN2,
  LN10: Math.LN10,
  LOG2E: Math.LOG2E,
  LOG10E: Math.LOG10E,
  SQRT2: Math.SQRT2,
  SQRT1_2: Math.SQRT1_2,
}

export const mathConstant = (name: string): Expr | undefined =>
  Object.hasOwn(constants, name) ? double(constants[name]) : undefined

/** Functions of a fixed number of doubles that a row of the function table means. */
const fixed = new Map<string, readonly [fn: FunctionName, arity: number]>([
  ['abs', ['abs', 1]],
  ['floor', ['floor', 1]],
  ['ceil', ['ceil', 1]],
  ['trunc', ['trunc', 1]],
  ['sign', ['sign', 1]],
  ['round', ['js_round', 1]],
  ['sqrt', ['sqrt', 1]],
  ['exp', ['exp', 1]],
  ['log', ['ln', 1]],
  ['log2', ['log2', 1]],
  ['log10', ['log10', 1]],
  ['cbrt', ['cbrt', 1]],
  ['sin', ['sin', 1]],
  ['cos', ['cos', 1]],
  ['tan', ['tan', 1]],
  ['asin', ['asin', 1]],
  ['acos', ['acos', 1]],
  ['atan', ['atan', 1]],
  ['pow', ['power', 2]],
  ['atan2', ['atan2', 2]],
])

const names = [...fixed.keys(), 'min', 'max', 'fround']

export function mathCall(at: Place, name: string, args: readonly JsValue[]): Plain {
  const doubles = args.map(arg => exprOf(arg, leaf => doubleOf(at, leaf, `Math.${name}`)))
  if (name === 'min' || name === 'max') return plain('number', extreme(name, doubles))
  const [fn, arity] = name === 'fround' ? [undefined, 1] : (fixed.get(name) ?? unknown(at, name))
  if (args.length > arity)
    return refuse(at, `Math.${name} takes ${arity} argument${arity > 1 ? 's' : ''}`, 'drop the others')
  const missing = Array.from({ length: arity - args.length }, () => doubleOf(at, UNDEFINED, `Math.${name}`))
  const given = [...doubles, ...missing]
  return plain('number', fn ? apply(fn, ...given) : convert(given[0], 'float32'))
}

const unknown = (at: Place, name: string): never =>
  refuse(at, `Math.${name} is not supported`, `there are ${names.map(one => `Math.${one}`).join(', ')}`)

function extreme(name: 'min' | 'max', doubles: readonly Expr[]): Expr {
  if (doubles.length === 0)
    return double(name === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
  return doubles.length === 1 ? doubles[0] : apply(name === 'min' ? 'js_min' : 'js_max', ...doubles)
}
