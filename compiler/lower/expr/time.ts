/** Calendar arithmetic on kernel values; the algorithms are those of ir/expr/calendar. */
import { DAYS_MAX } from '../../../ir/expr/calendar.ts'
import {
  type ExtractField,
  extractFields,
  nameOf,
  SECONDS_PER_DAY,
  type TruncUnit,
  ticksPerDay,
  truncUnits,
  unitMicros,
} from '../../../ir/expr/functions/time.ts'
import {
  add,
  div,
  gt,
  i32,
  i64,
  le,
  low,
  lt,
  mul,
  op,
  or,
  rem,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isTimestamp, ticksPerSecond, unitOf } from '../../../ir/types.ts'
import type { ExprScope } from '../scope.ts'
import { type Fault, scalarOf } from '../value.ts'
import { type CallLowering, type Computed, fault, strict } from './call.ts'

/** Quotient toward minus infinity by a positive constant. */
export function floorDiv(cx: ExprScope, x: Expr, divisor: bigint): Expr {
  const by = x.type === 'i64' ? i64(divisor) : i32(Number(divisor))
  const zero = x.type === 'i64' ? i64(0n) : i32(0)
  const one = x.type === 'i64' ? i64(1n) : i32(1)
  return cx.k.let('quotient', sub(div(x, by), select(lt(rem(x, by), zero), one, zero)))
}

export interface SplitTime {
  /** Day number, i32. */
  readonly days: Expr
  /** Ticks into the day, i64. */
  readonly rest: Expr
  readonly faults: readonly Fault[]
}

export function splitTime(cx: ExprScope, x: Expr, type: DataType): SplitTime {
  if (type === 'date') {
    const beyond = or(lt(x, i32(-DAYS_MAX)), gt(x, i32(DAYS_MAX)))
    return { days: x, rest: i64(0n), faults: [fault('LDB-2005', beyond)] }
  }
  const perDay = ticksPerDay(type)
  const days = floorDiv(cx, x, perDay)
  const beyond = or(lt(days, i64(BigInt(-DAYS_MAX))), gt(days, i64(BigInt(DAYS_MAX))))
  return {
    days: cx.k.let('days', low(days)),
    rest: cx.k.let('rest', sub(x, mul(days, i64(perDay)))),
    faults: [fault('LDB-2005', beyond)],
  }
}

export interface Civil {
  readonly year: Expr
  readonly month: Expr
  readonly day: Expr
}

const by = (x: Expr, divisor: number): Expr => div(x, i32(divisor))
const times = (x: Expr, factor: number): Expr => mul(x, i32(factor))

export function civilOf(cx: ExprScope, days: Expr): Civil {
  const { k } = cx
  const z = k.let('z', add(days, i32(719468)))
  const era = floorDiv(cx, z, 146097n)
  const dayOfEra = k.let('day_of_era', sub(z, times(era, 146097)))
  const leaps = add(sub(by(dayOfEra, 36524), by(dayOfEra, 1460)), sub(i32(0), by(dayOfEra, 146096)))
  const yearOfEra = k.let('year_of_era', by(add(dayOfEra, leaps), 365))
  const yearDays = sub(add(times(yearOfEra, 365), by(yearOfEra, 4)), by(yearOfEra, 100))
  const dayOfYear = k.let('day_of_year', sub(dayOfEra, yearDays))
  const shifted = k.let('shifted', by(add(times(dayOfYear, 5), i32(2)), 153))
  const day = k.let('day', add(sub(dayOfYear, by(add(times(shifted, 153), i32(2)), 5)), i32(1)))
  const month = k.let('month', add(shifted, select(lt(shifted, i32(10)), i32(3), i32(-9))))
  const early = select(le(month, i32(2)), i32(1), i32(0))
  return { year: k.let('year', add(add(yearOfEra, times(era, 400)), early)), month, day }
}

function daysOf(cx: ExprScope, year: Expr, month: Expr, day: Expr): Expr {
  const { k } = cx
  const y = k.let('y', sub(year, select(le(month, i32(2)), i32(1), i32(0))))
  const era = floorDiv(cx, y, 400n)
  const yearOfEra = k.let('year_of_era', sub(y, times(era, 400)))
  const shifted = add(month, select(gt(month, i32(2)), i32(-3), i32(9)))
  const dayOfYear = sub(add(by(add(times(shifted, 153), i32(2)), 5), day), i32(1))
  const yearDays = sub(add(times(yearOfEra, 365), by(yearOfEra, 4)), by(yearOfEra, 100))
  return k.let('first_day', sub(add(times(era, 146097), add(yearDays, dayOfYear)), i32(719468)))
}

/** 1 is Monday; days may be negative. */
function isoWeekday(cx: ExprScope, days: Expr): Expr {
  const inWeek = cx.k.let('in_week', rem(add(days, i32(3)), i32(7)))
  return add(select(lt(inWeek, i32(0)), add(inWeek, i32(7)), inWeek), i32(1))
}

function firstDay(cx: ExprScope, days: Expr, unit: TruncUnit): Expr {
  if (unit === 'week') return add(sub(days, isoWeekday(cx, days)), i32(1))
  if (unit !== 'month' && unit !== 'quarter' && unit !== 'year') return days
  const { year, month } = civilOf(cx, days)
  if (unit === 'year') return daysOf(cx, year, i32(1), i32(1))
  const first = unit === 'month' ? month : sub(month, rem(sub(month, i32(1)), i32(3)))
  return daysOf(cx, year, first, i32(1))
}

const truncate = strict((cx, [, arg], call) => {
  const unit = nameOf('date_trunc', truncUnits, call.args[0])
  const x = scalarOf(arg).value
  const { days, rest, faults } = splitTime(cx, x, call.type)
  if (call.type === 'date') return { value: firstDay(cx, days, unit), faults }
  const perDay = i64(ticksPerDay(call.type))
  const micros = unitMicros[unit]
  if (micros === undefined) {
    const start = op('extend.i32', firstDay(cx, days, unit))
    const leaves = op('mulo.i64', start, perDay)
    return { value: mul(start, perDay), faults: [...faults, fault('LDB-2005', leaves)] }
  }
  const step = isTimestamp(call.type) ? (micros * ticksPerSecond[unitOf(call.type)]) / 1_000_000n : 0n
  if (step <= 1n) return { value: x, faults }
  const into = rem(rest, i64(step))
  return { value: sub(x, into), faults: [...faults, fault('LDB-2005', op('subo.i64', x, into))] }
})

function dayField(cx: ExprScope, field: ExtractField, days: Expr): Expr {
  if (field === 'isodow') return isoWeekday(cx, days)
  if (field === 'dow') return rem(isoWeekday(cx, days), i32(7))
  if (field === 'week') return isoWeek(cx, days)
  const { year, month, day } = civilOf(cx, days)
  switch (field) {
    case 'quarter':
      return add(by(sub(month, i32(1)), 3), i32(1))
    case 'month':
      return month
    case 'day':
      return day
    case 'doy':
      return dayOfYear(cx, days, year)
    default:
      return year
  }
}

/** From 1. */
export const dayOfYear = (cx: ExprScope, days: Expr, year: Expr): Expr =>
  add(sub(days, daysOf(cx, year, i32(1), i32(1))), i32(1))

function isoWeek(cx: ExprScope, days: Expr): Expr {
  const thursday = cx.k.let('thursday', add(sub(days, isoWeekday(cx, days)), i32(4)))
  const { year } = civilOf(cx, thursday)
  return add(by(sub(thursday, daysOf(cx, year, i32(1), i32(1))), 7), i32(1))
}

type ClockField = 'hour' | 'minute' | 'second' | 'millisecond' | 'microsecond'
const isClockField = (field: ExtractField): field is ClockField =>
  field === 'hour' ||
  field === 'minute' ||
  field === 'second' ||
  field === 'millisecond' ||
  field === 'microsecond'

/** A part of the time of day, an i64. */
export function clockField(field: ClockField, rest: Expr, type: DataType): Expr {
  const perSecond = isTimestamp(type) ? ticksPerSecond[unitOf(type)] : 1n
  const seconds = div(rest, i64(perSecond))
  const inMinute = rem(rest, i64(60n * perSecond))
  switch (field) {
    case 'hour':
      return div(seconds, i64(3600n))
    case 'minute':
      return rem(div(seconds, i64(60n)), i64(60n))
    case 'second':
      return rem(seconds, i64(60n))
    case 'millisecond':
      return div(mul(inMinute, i64(1_000n)), i64(perSecond))
    case 'microsecond':
      return div(mul(inMinute, i64(1_000_000n)), i64(perSecond))
  }
}

function epoch(cx: ExprScope, x: Expr, type: DataType): Expr {
  if (isTimestamp(type)) return floorDiv(cx, x, ticksPerSecond[unitOf(type)])
  return mul(op('extend.i32', x), i64(SECONDS_PER_DAY))
}

const extract = strict((cx, [, arg], call): Computed => {
  const field = nameOf('extract', extractFields, call.args[0])
  const { value: x, type } = scalarOf(arg)
  if (field === 'epoch') return { value: epoch(cx, x, type) }
  const { days, rest, faults } = splitTime(cx, x, type)
  const value = isClockField(field)
    ? clockField(field, rest, type)
    : op('extend.i32', dayField(cx, field, days))
  return { value, faults }
})

const ticksOp = (compute: 'add' | 'sub'): CallLowering =>
  strict((_cx, args) => {
    const [a, b] = args.map(arg => scalarOf(arg).value)
    return { value: op(`${compute}.i64`, a, b), faults: [fault('LDB-2005', op(`${compute}o.i64`, a, b))] }
  })

export const time = {
  date_trunc: truncate,
  extract,
  timestamp_add: ticksOp('add'),
  timestamp_diff: ticksOp('sub'),
} as const satisfies Record<string, CallLowering>
