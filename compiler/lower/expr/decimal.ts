/** Decimals as kernel code: i64 units of 10^-scale. What casts of them mean is in ir/expr/decimal. */
import { controlBlock } from '../../../ir/abi.ts'
import { powerOfTen, unitsMax } from '../../../ir/expr/decimal.ts'
import {
  add,
  and,
  any,
  div,
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
  not,
  op,
  or,
  rem,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type DataType, type DecimalType, decimalParts, isDecimal, isUnsigned64 } from '../../../ir/types.ts'
import { byteAt, bytesRegion } from '../lib/bytes.ts'
import type { ExprScope } from '../scope.ts'
import { type BytesValue, FALSE } from '../value.ts'
import { type Computed, fault } from './call.ts'

const ZERO = i64(0n)
const [ASCII_PLUS, ASCII_MINUS, ASCII_POINT, ASCII_ZERO] = [...'+-.0'].map(char => char.charCodeAt(0))

/** Are units outside of what the type holds? */
export function outsideOf(type: DecimalType, units: Expr): Expr {
  const max = unitsMax(type)
  return or(lt(units, i64(-max)), gt(units, i64(max)))
}

const misfit = (cond: Expr) => fault('LDB-9004', cond)

/** An integer or a decimal, as i64 units of another decimal. */
export function toDecimal(cx: ExprScope, x: Expr, from: DataType, to: DecimalType): Computed {
  const units = x.type === 'i32' ? op('extend.i32', x) : x
  const shift = decimalParts(to).scale - (isDecimal(from) ? decimalParts(from).scale : 0)
  const above = isUnsigned64(from) ? [misfit(lt(units, ZERO))] : []
  const { value, faults = [] } = shift >= 0 ? raised(cx, units, shift) : { value: lowered(cx, units, -shift) }
  const result = cx.k.let('units', value)
  return { value: result, faults: [...above, ...faults, misfit(outsideOf(to, result))] }
}

function raised(cx: ExprScope, units: Expr, shift: number) {
  const by = i64(powerOfTen(shift))
  if (shift === 0) return { value: units }
  return { value: cx.k.let('raised', mul(units, by)), faults: [misfit(op('mulo.i64', units, by))] }
}

/** Rounded half away from zero. */
function lowered(cx: ExprScope, units: Expr, shift: number): Expr {
  const step = powerOfTen(shift)
  const rest = cx.k.let('rest', rem(units, i64(step)))
  // Half of a power of ten is whole.
  const up = i64(step / 2n)
  const away = select(ge(rest, up), i64(1n), select(lt(rest, sub(i64(1n), up)), i64(-1n), ZERO))
  return add(div(units, i64(step)), away)
}

/** The units that are nearest to a double. */
export function decimalOfDouble(cx: ExprScope, x: Expr, to: DecimalType): Computed {
  const { k } = cx
  const { precision, scale } = decimalParts(to)
  const scaled = k.let('scaled', mul(x, f64(10 ** scale)))
  const whole = k.let('whole', op('trunc.f64', scaled))
  const isHalf = ge(op('abs.f64', sub(scaled, whole)), f64(0.5))
  const away = select(isHalf, select(lt(scaled, f64(0)), f64(-1), f64(1)), f64(0))
  const rounded = k.let('rounded', add(whole, away))
  const fits = lt(op('abs.f64', rounded), f64(10 ** precision))
  return { value: op('int.f64', rounded), faults: [misfit(not(fits))] }
}

export const doubleOfDecimal = (units: Expr, from: DecimalType): Expr =>
  div(op('float.i64', units), f64(10 ** decimalParts(from).scale))

/** Toward zero. */
export const wholeOfDecimal = (units: Expr, from: DecimalType): Expr =>
  div(units, i64(powerOfTen(decimalParts(from).scale)))

/** A sign, the digits of an i64, a zero in front of the point, and the point. */
const TEXT_BYTES = 22

/** Digits are written from the last to the first into the end of a fixed room. */
export function textOfDecimal(cx: ExprScope, units: Expr, from: DecimalType): Computed {
  const { k } = cx
  const { scale } = decimalParts(from)
  const room = cx.scratch.allocate(i32(TEXT_BYTES))
  const end = k.let('end', add(room, i32(TEXT_BYTES)))
  const at = k.let('at', end)
  const negative = k.let('negative', lt(units, ZERO))
  const put = (byte: Expr): void => {
    k.set(at, sub(at, i32(1)))
    k.store(bytesRegion, 'u8', at, byte)
  }
  const digits = k.let('digits', i32(0))
  const carry = load(controlBlock, 'carry')
  k.put(controlBlock, 'carry', select(negative, sub(ZERO, units), units))
  k.loop('digits', label => {
    if (scale > 0) k.if(eq(digits, i32(scale)), () => put(i32(ASCII_POINT)))
    put(add(low(rem(carry, i64(10n))), i32(ASCII_ZERO)))
    k.put(controlBlock, 'carry', div(carry, i64(10n)))
    k.set(digits, add(digits, i32(1)))
    k.breakIf(and(eq(carry, ZERO), gt(digits, i32(scale))), label)
  })
  k.if(negative, () => put(i32(ASCII_MINUS)))
  return { offset: at, length: sub(end, at) }
}

/** The next digit of the units; the first one that is cut off rounds them. */
function takeDigit(cx: ExprScope, digit: Expr, shift: { behind: Local; scale: number; bad: Local }): void {
  const { k } = cx
  const { behind, scale, bad } = shift
  const held = k.let('held', load(controlBlock, 'carry'))
  const isCut = k.let('cut', ge(behind, i32(scale)))
  const tenfold = k.let('tenfold', mul(held, i64(10n)))
  const value = op('extend.i32', digit)
  const rounds = and(eq(behind, i32(scale)), ge(digit, i32(5)))
  const overflows = or(op('mulo.i64', held, i64(10n)), op('addo.i64', tenfold, value))
  k.set(bad, any([bad, lt(digit, i32(0)), gt(digit, i32(9)), and(not(isCut), overflows)]))
  k.if(
    isCut,
    () => k.if(rounds, () => k.put(controlBlock, 'carry', add(held, i64(1n)))),
    () => k.put(controlBlock, 'carry', add(tenfold, value)),
  )
}

/** An optional sign, digits, and a point among them or none. Anything else, or what does not fit, is a fault. */
export function decimalOfText(cx: ExprScope, text: BytesValue, to: DecimalType): Computed {
  const { k } = cx
  const { scale } = decimalParts(to)
  const end = k.let('end', add(text.offset, text.length))
  const at = k.let('at', text.offset)
  const negative = k.let('negative', FALSE)
  k.if(lt(at, end), () => {
    const sign = k.let('sign', byteAt(at))
    k.set(negative, eq(sign, i32(ASCII_MINUS)))
    k.if(or(negative, eq(sign, i32(ASCII_PLUS))), () => k.set(at, add(at, i32(1))))
  })
  const bad = k.let('bad', FALSE)
  const digits = k.let('digits', i32(0))
  // Digits behind the point, or -1 before there is one.
  const point = k.let('point', i32(-1))
  k.put(controlBlock, 'carry', ZERO)
  k.loop('digits', label => {
    k.breakIf(or(bad, ge(at, end)), label)
    const byte = k.let('byte', byteAt(at))
    k.if(
      and(eq(byte, i32(ASCII_POINT)), lt(point, i32(0))),
      () => k.set(point, i32(0)),
      () => {
        const behind = k.let('behind', select(lt(point, i32(0)), i32(-1), point))
        takeDigit(cx, sub(byte, i32(ASCII_ZERO)), { behind, scale, bad })
        k.set(digits, add(digits, i32(1)))
        k.if(ge(point, i32(0)), () => k.set(point, add(point, i32(1))))
      },
    )
    k.set(at, add(at, i32(1)))
  })
  k.set(bad, or(bad, eq(digits, i32(0))))
  padded(cx, point, scale, bad)
  const units = k.let('units', load(controlBlock, 'carry'))
  const value = select(negative, sub(ZERO, units), units)
  return { value, faults: [misfit(or(bad, outsideOf(to, units)))] }
}

/** Zeros for the digits behind the point that the text does not have. */
function padded(cx: ExprScope, point: Local, scale: number, bad: Local): void {
  const { k } = cx
  k.set(point, select(lt(point, i32(0)), i32(0), point))
  k.loop('pad', label => {
    k.breakIf(or(bad, ge(point, i32(scale))), label)
    const held = k.let('held', load(controlBlock, 'carry'))
    k.set(bad, op('mulo.i64', held, i64(10n)))
    k.put(controlBlock, 'carry', mul(held, i64(10n)))
    k.set(point, add(point, i32(1)))
  })
}
