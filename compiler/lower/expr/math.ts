/** Mathematics on kernel values. */
import { add, f64, ge, gt, i32, i64, lt, op, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { OpName } from '../../../ir/kernel/ops.ts'
import { isFloat, isUnsigned } from '../../../ir/types.ts'
import type { ExprScope } from '../scope.ts'
import { scalarOf, zeroOf } from '../value.ts'
import { type CallLowering, strict } from './call.ts'

/** Rounding changes floats only. */
const rounding = (round: (cx: ExprScope, x: Expr) => Expr): CallLowering =>
  strict((cx, [arg], { type }) => {
    const x = scalarOf(arg).value
    return { value: isFloat(type) ? round(cx, x) : x }
  })

/** One op of doubles; whether only the host can compute it is said in the op's row. */
const direct = (name: OpName): CallLowering =>
  strict((_cx, args) => ({ value: op(name, ...args.map(arg => scalarOf(arg).value)) }))

function signOfFloat(x: Expr): Expr {
  return select(gt(x, f64(0)), f64(1), select(lt(x, f64(0)), f64(-1), x))
}

function roundHalfAway(cx: ExprScope, x: Expr): Expr {
  const whole = cx.k.let('whole', op('trunc.f64', x))
  const up = ge(op('abs.f64', sub(x, whole)), f64(0.5))
  return select(up, add(whole, signOfFloat(x)), whole)
}

const sign = strict((_cx, [arg], { type }) => {
  const x = scalarOf(arg).value
  if (isFloat(type)) return { value: signOfFloat(x) }
  const [zero, one, minus] = x.type === 'i64' ? [i64(0n), i64(1n), i64(-1n)] : [i32(0), i32(1), i32(-1)]
  const positive = isUnsigned(type)
    ? op(x.type === 'i64' ? 'ne.i64' : 'ne.i32', x, zeroOf(x.type))
    : gt(x, zero)
  return { value: select(positive, one, isUnsigned(type) ? zero : select(lt(x, zero), minus, zero)) }
})

export const math = {
  floor: rounding((_cx, x) => op('floor.f64', x)),
  ceil: rounding((_cx, x) => op('ceil.f64', x)),
  trunc: rounding((_cx, x) => op('trunc.f64', x)),
  round: rounding(roundHalfAway),
  sign,
  sqrt: direct('sqrt.f64'),
  exp: direct('exp.f64'),
  ln: direct('log.f64'),
  log2: direct('log2.f64'),
  log10: direct('log10.f64'),
  cbrt: direct('cbrt.f64'),
  sin: direct('sin.f64'),
  cos: direct('cos.f64'),
  tan: direct('tan.f64'),
  asin: direct('asin.f64'),
  acos: direct('acos.f64'),
  atan: direct('atan.f64'),
  power: direct('pow.f64'),
  atan2: direct('atan2.f64'),
} as const satisfies Record<string, CallLowering>
