/** Mathematics. Rounding keeps the type; the rest is of float64. What libm alone can compute is marked `host`. */
import { isFloat, isNumeric } from '../../types.ts'
import type { Expr } from '../expr.ts'
import { castTo } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'

const rounding = (what: string, round: (x: number) => number): FunctionRow => ({
  resolve: args => {
    const fits = args.length === 1 && isNumeric(args[0].type)
    return fits ? { type: args[0].type, args } : refuse(what, args, 'a number')
  },
  evaluate: ([x], type) => (isFloat(type) ? round(x as number) : x),
})

const doubles =
  (what: string, count: number) =>
  (args: readonly Expr[]): Resolved => {
    if (args.length !== count || !args.every(arg => isNumeric(arg.type))) return refuse(what, args, 'numbers')
    return { type: 'float64', args: args.map(arg => castTo(arg, 'float64')) }
  }

const hosted = (what: string, compute: (x: number, y: number) => number, count = 1): FunctionRow => ({
  resolve: doubles(what, count),
  evaluate: ([x, y]) => compute(x as number, y as number),
  host: true,
})

/** Half goes away from zero. */
function roundHalfAway(x: number): number {
  const whole = Math.trunc(x)
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole
}

export const math = {
  floor: rounding('floor', Math.floor),
  ceil: rounding('ceil', Math.ceil),
  trunc: rounding('trunc', Math.trunc),
  round: rounding('round', roundHalfAway),
  /** -1, 0 or 1; NaN for NaN, and a zero keeps its sign. */
  sign: {
    ...rounding('sign', Math.sign),
    evaluate: ([x], type) => {
      if (isFloat(type)) return Math.sign(x as number)
      const sign = (x as number) > 0 ? 1 : (x as number) < 0 ? -1 : 0
      return typeof x === 'bigint' ? BigInt(sign) : sign
    },
  },
  /** NaN for negative numbers. */
  sqrt: { resolve: doubles('sqrt', 1), evaluate: ([x]) => Math.sqrt(x as number) },
  exp: hosted('exp', Math.exp),
  ln: hosted('ln', Math.log),
  log2: hosted('log2', Math.log2),
  log10: hosted('log10', Math.log10),
  cbrt: hosted('cbrt', Math.cbrt),
  sin: hosted('sin', Math.sin),
  cos: hosted('cos', Math.cos),
  tan: hosted('tan', Math.tan),
  asin: hosted('asin', Math.asin),
  acos: hosted('acos', Math.acos),
  atan: hosted('atan', Math.atan),
  power: hosted('power', Math.pow, 2),
  atan2: hosted('atan2', Math.atan2, 2),
} as const satisfies Record<string, FunctionRow>
