/** Casts of kernel values; which exist and what they mean is in ir/expr/cast. */
import { controlBlock } from '../../../ir/abi.ts'
import { canFail } from '../../../ir/expr/cast.ts'
import type { Cast } from '../../../ir/expr/expr.ts'
import { ticksPerDay } from '../../../ir/expr/functions/time.ts'
import {
  add,
  and,
  any,
  eq,
  f64,
  ge,
  gt,
  i32,
  i64,
  load,
  low,
  lt,
  mul,
  ne,
  not,
  op,
  or,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import {
  type DataType,
  type DecimalType,
  factsOf,
  type IntegerType,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isTimestamp,
  isUnsigned64,
  ticksPerSecond,
  unitOf,
} from '../../../ir/types.ts'
import { byteAt, bytesRegion } from '../lib/bytes.ts'
import type { ExprScope } from '../scope.ts'
import { bytesOf, FALSE, local, type Value, valueTypeOf, zeroOf } from '../value.ts'
import { roundTo } from './arithmetic.ts'
import { type Computed, complete, fault } from './call.ts'
import {
  decimalOfDouble,
  decimalOfText,
  doubleOfDecimal,
  textOfDecimal,
  toDecimal,
  wholeOfDecimal,
} from './decimal.ts'
import { floorDiv } from './time.ts'

export function lowerCast(cx: ExprScope, arg: Value, { type, attempt }: Cast): Value {
  const computed = compute(cx, arg, type)
  return complete(cx, [arg], type, computed, attempt || cx.plan.lenient)
}

function compute(cx: ExprScope, arg: Value, to: DataType): Computed {
  if (arg.kind === 'bytes' && isDecimal(to)) return decimalOfText(cx, arg, to)
  if (arg.kind === 'bytes')
    return to === 'binary' || to === 'utf8' ? arg : parseInteger(cx, arg, to as IntegerType)
  const x = local(cx.k, 'x', arg.value)
  if (isDecimal(to)) return isFloat(arg.type) ? decimalOfDouble(cx, x, to) : toDecimal(cx, x, arg.type, to)
  if (isDecimal(arg.type)) return fromDecimal(cx, x, arg.type, to)
  if (to === 'utf8') return arg.type === 'bool' ? boolText(cx, x) : integerText(cx, x, arg.type)
  if (to === 'bool') return { value: ne(x, zeroOf(x.type)) }
  if (isFloat(to)) return { value: roundTo(to, toDouble(x, arg.type)) }
  if (isFloat(arg.type)) return fromFloat(x, to as IntegerType)
  if (isTimestamp(to) || to === 'date') return toTime(cx, x, arg.type, to)
  return resized(x, arg.type, to)
}

function fromDecimal(cx: ExprScope, x: Expr, from: DecimalType, to: DataType): Computed {
  if (to === 'utf8') return textOfDecimal(cx, x, from)
  if (isFloat(to)) return { value: roundTo(to, doubleOfDecimal(x, from)) }
  return resized(local(cx.k, 'whole', wholeOfDecimal(x, from)), 'int64', to)
}

/** A number, of any type, or a boolean as a double. */
export const toDouble = (x: Expr, from: DataType): Expr => {
  if (isFloat(from)) return x
  if (isUnsigned64(from)) return op('floatu.i64', x)
  return op(x.type === 'i64' ? 'float.i64' : 'float.i32', x.type === 'bool' ? toInt(x) : x)
}

/** An integer at the width of another type, and the fault that it does not fit. */
function resized(x: Expr, from: DataType, to: DataType): Computed {
  const word = x.type === 'bool' ? toInt(x) : x
  const wide = valueTypeOf(to) === 'i64'
  const value =
    wide && word.type === 'i32' ? op('extend.i32', word) : !wide && word.type === 'i64' ? low(word) : word
  if (!isInteger(to) || !isInteger(from) || !canFail(from, to)) return { value }
  return { value, faults: [fault('LDB-9004', misfit(word, from, to))] }
}

function misfit(x: Expr, from: IntegerType, to: IntegerType): Expr {
  const { min, max } = integerRange[to]
  if (isUnsigned64(from)) return op('ltu.i64', i64(max), x)
  if (isUnsigned64(to)) return lt(x, zeroOf(x.type))
  const { min: least, max: most } = integerRange[from]
  const bound = (value: bigint): Expr => (x.type === 'i64' ? i64(value) : i32(Number(value)))
  return any([...(least < min ? [lt(x, bound(min))] : []), ...(most > max ? [gt(x, bound(max))] : [])])
}

/** Toward zero; what is left must lie inside the type. Bounds are exact doubles. */
function fromFloat(x: Expr, to: IntegerType): Computed {
  const { min, max } = integerRange[to]
  const inside = and(
    gt(op('trunc.f64', x), f64(Number(min) - 1)),
    lt(op('trunc.f64', x), f64(Number(max) + 1)),
  )
  const wide = factsOf(to).bits === 64
  const atLeast = wide ? and(ge(x, f64(Number(min))), lt(x, f64(Number(max)))) : inside
  const fits = to === 'uint64' ? and(gt(x, f64(-1)), lt(x, f64(2 ** 64))) : to === 'int64' ? atLeast : inside
  const value =
    to === 'uint64' ? op('intu.f64', x) : valueTypeOf(to) === 'i64' ? op('int.f64', x) : op('int32.f64', x)
  return { value, faults: [fault('LDB-9004', not(fits))] }
}

function toTime(cx: ExprScope, x: Expr, from: DataType, to: DataType): Computed {
  if (to === 'date') return isTimestamp(from) ? dayOf(cx, x, from) : { value: x }
  if (from === 'date') {
    const days = op('extend.i32', x)
    return scaledTicks(days, ticksPerDay(to))
  }
  if (!isTimestamp(from) || !isTimestamp(to)) return { value: x }
  const [have, want] = [ticksPerSecond[unitOf(from)], ticksPerSecond[unitOf(to)]]
  return want >= have ? scaledTicks(x, want / have) : { value: floorDiv(cx, x, have / want) }
}

const scaledTicks = (x: Expr, factor: bigint): Computed => ({
  value: mul(x, i64(factor)),
  faults: [fault('LDB-2005', op('mulo.i64', x, i64(factor)))],
})

function dayOf(cx: ExprScope, x: Expr, from: DataType): Computed {
  const days = floorDiv(cx, x, ticksPerDay(from))
  return { value: low(days), faults: [fault('LDB-2005', ne(op('extend.i32', low(days)), days))] }
}

function boolText(cx: ExprScope, x: Expr): Computed {
  const [yes, no] = ['true', 'false'].map(text => cx.plan.constants.add(new TextEncoder().encode(text)))
  const at = select(x, i32(yes), i32(no))
  return { offset: add(load(controlBlock, 'const_base'), at), length: select(x, i32(4), i32(5)) }
}

const DIGITS_MAX = 20
const ASCII_ZERO = 48
const ASCII_MINUS = 45

/** Digits are written from the last to the first into the end of a fixed room. */
function integerText(cx: ExprScope, x: Expr, from: DataType): Computed {
  const { k } = cx
  const wide = x.type === 'i64' ? x : op('extend.i32', x)
  const negative = isUnsigned64(from) ? FALSE : k.let('negative', lt(wide, i64(0n)))
  const room = cx.scratch.allocate(i32(DIGITS_MAX))
  const end = k.let('end', add(room, i32(DIGITS_MAX)))
  const at = k.let('at', end)
  k.put(controlBlock, 'carry', select(negative, sub(i64(0n), wide), wide))
  k.loop('digits', label => {
    k.set(at, sub(at, i32(1)))
    const digit = low(op('remu.i64', load(controlBlock, 'carry'), i64(10n)))
    k.store(bytesRegion, 'u8', at, add(digit, i32(ASCII_ZERO)))
    k.put(controlBlock, 'carry', op('divu.i64', load(controlBlock, 'carry'), i64(10n)))
    k.breakIf(eq(load(controlBlock, 'carry'), i64(0n)), label)
  })
  k.if(negative, () => {
    k.set(at, sub(at, i32(1)))
    k.store(bytesRegion, 'u8', at, i32(ASCII_MINUS))
  })
  return { offset: at, length: sub(end, at) }
}

/** An optional sign and digits; anything else, or a value beyond the type, is a fault. */
function parseInteger(cx: ExprScope, arg: Value, to: IntegerType): Computed {
  const { k } = cx
  const text = bytesOf(arg)
  const end = k.let('end', add(text.offset, text.length))
  const at = k.let('at', text.offset)
  const bad = k.let('bad', lt(text.length, i32(1)))
  const negative = k.let('negative', FALSE)
  k.if(not(bad), () => {
    const sign = k.let('sign', byteAt(at))
    k.set(negative, eq(sign, i32(ASCII_MINUS)))
    k.if(or(negative, eq(sign, i32(43))), () => k.set(at, add(at, i32(1))))
    k.set(bad, ge(at, end))
  })
  k.put(controlBlock, 'carry', i64(0n))
  k.loop('digits', label => {
    k.breakIf(or(bad, ge(at, end)), label)
    const digit = k.let('digit', sub(byteAt(at), i32(ASCII_ZERO)))
    const carry = k.let('carry', load(controlBlock, 'carry'))
    const tenfold = k.let('tenfold', mul(carry, i64(10n)))
    const value = op('extend.i32', digit)
    const overflows = or(op('mulou.i64', carry, i64(10n)), op('addou.i64', tenfold, value))
    k.set(bad, any([lt(digit, i32(0)), gt(digit, i32(9)), overflows]))
    k.put(controlBlock, 'carry', add(tenfold, value))
    k.set(at, add(at, i32(1)))
  })
  return parsed(cx, to, k.let('magnitude', load(controlBlock, 'carry')), negative, bad)
}

/** The value of a sign and an unsigned 64-bit magnitude. */
function parsed(cx: ExprScope, to: IntegerType, magnitude: Expr, negative: Expr, bad: Expr): Computed {
  const { min, max } = integerRange[to]
  const most = select(negative, i64(BigInt.asIntN(64, -min)), i64(max))
  const beyond = op('ltu.i64', most, magnitude)
  const wide = cx.k.let('signed', select(negative, sub(i64(0n), magnitude), magnitude))
  const value = valueTypeOf(to) === 'i64' ? wide : low(wide)
  return { value, faults: [fault('LDB-9004', or(bad, beyond))] }
}
