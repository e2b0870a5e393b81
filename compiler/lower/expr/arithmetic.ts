/** Arithmetic on kernel values. What overflows depends on the width of the type, not of the value. */
import {
  add,
  and,
  div,
  eq,
  gt,
  i32,
  i64,
  lt,
  mul,
  op,
  or,
  rem,
  select,
  shl,
  shr,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { OpName } from '../../../ir/kernel/ops.ts'
import {
  type DataType,
  type DecimalType,
  factsOf,
  type IntegerType,
  integerRange,
  isDecimal,
  isFloat,
} from '../../../ir/types.ts'
import { scalarOf, zeroOf } from '../value.ts'
import { type CallLowering, type Computed, fault, strict } from './call.ts'
import { outsideOf } from './decimal.ts'

/** A constant of the value type of an integer type. */
export const integerConst = (type: DataType, value: bigint): Expr =>
  factsOf(type).value === 'i64' ? i64(value) : i32(Number(value))

/** Does a value that its value type holds exactly leave the narrower range of its type? */
export function outOfRange(type: IntegerType, value: Expr): Expr {
  const { min, max } = integerRange[type]
  return or(lt(value, integerConst(type, min)), gt(value, integerConst(type, max)))
}

type Operator = 'add' | 'sub' | 'mul'

/** Does the wrapped result differ from the exact one at the width of the value type? undefined: it never does. */
function wraps(operator: Operator, type: IntegerType, a: Expr, b: Expr): Expr | undefined {
  if (type === 'uint64') {
    if (operator === 'sub') return op('ltu.i64', a, b)
    return op(operator === 'add' ? 'addou.i64' : 'mulou.i64', a, b)
  }
  const { bits } = factsOf(type)
  const width = factsOf(type).value === 'i64' ? 64 : 32
  const exactBits = operator === 'mul' ? bits * 2 : bits + 1
  const fits = type.startsWith('u') ? exactBits < width : exactBits <= width
  return fits ? undefined : op(`${operator}o.${a.type}` as OpName, a, b)
}

/** The condition under which an integer result does not fit its type. */
function overflow(operator: Operator, type: IntegerType, a: Expr, b: Expr, result: Expr): Expr {
  const wrapped = wraps(operator, type, a, b)
  const full = type === 'uint64' || factsOf(type).bits === (a.type === 'i64' ? 64 : 32)
  if (full && wrapped) return wrapped
  const narrow = outOfRange(type, result)
  return wrapped ? or(wrapped, narrow) : narrow
}

/** The condition under which a decimal has too many digits. */
const beyond = (operator: Operator, type: DecimalType, a: Expr, b: Expr, result: Expr): Expr =>
  or(op(`${operator}o.i64`, a, b), outsideOf(type, result))

const compute: Readonly<Record<Operator, (a: Expr, b: Expr) => Expr>> = { add, sub, mul }

export const roundTo = (type: DataType, value: Expr): Expr =>
  type === 'float32' ? op('fround.f64', value) : value

const checked = (operator: Operator): CallLowering =>
  strict((cx, args, { type }): Computed => {
    const [a, b] = args.map(arg => scalarOf(arg).value)
    return checkedResult(cx.k.let(operator, compute[operator](a, b)), operator, type, a, b)
  })

function checkedResult(result: Expr, operator: Operator, type: DataType, a: Expr, b: Expr): Computed {
  if (isFloat(type)) return { value: roundTo(type, result) }
  if (isDecimal(type))
    return { value: result, faults: [fault('LDB-9002', beyond(operator, type, a, b, result))] }
  return { value: result, faults: [fault('LDB-9002', overflow(operator, type as IntegerType, a, b, result))] }
}

/** The low bits of a result, as a value of its type. */
export function wrapTo(type: IntegerType, value: Expr): Expr {
  const { bits, class: cls } = factsOf(type)
  if (bits === (value.type === 'i64' ? 64 : 32)) return value
  if (cls === 'unsigned') return and(value, integerConst(type, integerRange[type].max))
  return shr(shl(value, i32(32 - bits)), i32(32 - bits))
}

const wrapping = (operator: Operator): CallLowering =>
  strict((_cx, args, { type }) => {
    const [a, b] = args.map(arg => scalarOf(arg).value)
    return { value: wrapTo(type as IntegerType, compute[operator](a, b)) }
  })

const division = (quotient: boolean): CallLowering =>
  strict((_cx, args, { type }): Computed => {
    const [a, b] = args.map(arg => scalarOf(arg).value)
    if (isFloat(type)) return { value: roundTo(type, quotient ? div(a, b) : rem(a, b)) }
    const byZero = fault('LDB-9003', eq(b, zeroOf(b.type)))
    if (type === 'uint64') return { value: op(quotient ? 'divu.i64' : 'remu.i64', a, b), faults: [byZero] }
    const value = quotient ? div(a, b) : rem(a, b)
    const { class: cls } = factsOf(type)
    if (!quotient || cls === 'unsigned') return { value, faults: [byZero] }
    const least = integerConst(type, integerRange[type as IntegerType].min)
    const leaves = and(eq(a, least), eq(b, integerConst(type, -1n)))
    return { value, faults: [byZero, fault('LDB-9002', leaves)] }
  })

const negation = strict((cx, args, { type }): Computed => {
  const a = scalarOf(args[0]).value
  if (isFloat(type)) return { value: op('neg.f64', a) }
  const zero = zeroOf(a.type)
  return checkedResult(cx.k.let('neg', sub(zero, a)), 'sub', type, zero, a)
})

const absolute = strict((_cx, args, { type }): Computed => {
  const a = scalarOf(args[0]).value
  if (isFloat(type)) return { value: op('abs.f64', a) }
  if (factsOf(type).class === 'unsigned') return { value: a }
  const zero = zeroOf(a.type)
  if (isDecimal(type)) return { value: select(lt(a, zero), sub(zero, a), a) }
  const least = integerConst(type, integerRange[type as IntegerType].min)
  return { value: select(lt(a, zero), sub(zero, a), a), faults: [fault('LDB-9002', eq(a, least))] }
})

export const arithmetic = {
  add: checked('add'),
  sub: checked('sub'),
  mul: checked('mul'),
  div: division(true),
  mod: division(false),
  neg: negation,
  abs: absolute,
  add_wrapping: wrapping('add'),
  sub_wrapping: wrapping('sub'),
  mul_wrapping: wrapping('mul'),
} as const satisfies Record<string, CallLowering>
