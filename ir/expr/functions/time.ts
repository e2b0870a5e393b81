/** Functions of timestamps and dates. No time zones: a timestamp is ticks of its unit since 1970-01-01 00:00. */
import { MillraceError } from '../../errors.ts'
import { type DataType, isTimestamp, type TimestampType, ticksPerSecond, unitOf } from '../../types.ts'
import { civilOfDays, DAYS_MAX, daysOfCivil, isoWeek, isoWeekday } from '../calendar.ts'
import { type Expr, isLiteral, RowFault, type Value } from '../expr.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'

export const truncUnits = [
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
] as const
/**
 * What a time can be cut down to the start of: year, quarter, month, week (from Monday), day, hour, minute, second,
 * millisecond, microsecond.
 */
export type TruncUnit = (typeof truncUnits)[number]

export const extractFields = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'dow',
  'isodow',
  'doy',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'epoch',
] as const
/**
 * What can be taken out of a time: year, quarter, month, week (of ISO 8601), day (of the month), dow (Sunday is 0), isodow
 * (Monday is 1), doy (day of the year), hour, minute, second, millisecond and microsecond (both with the seconds), epoch
 * (seconds since 1970).
 */
export type ExtractField = (typeof extractFields)[number]

export const SECONDS_PER_DAY = 86_400n
export const MIN_INT64 = -(1n << 63n)
export const MAX_INT64 = (1n << 63n) - 1n

/** Ticks of a timestamp type in one day; 1 for dates, whose tick is the day. */
export const ticksPerDay = (type: DataType): bigint =>
  isTimestamp(type) ? SECONDS_PER_DAY * ticksPerSecond[unitOf(type)] : 1n

export const floorDiv = (a: bigint, b: bigint): bigint => {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** A count of ticks that must fit a timestamp. */
export function ticks(value: bigint): bigint {
  if (value < MIN_INT64 || value > MAX_INT64) throw new RowFault('LDB-2005')
  return value
}

/** Day number and ticks into the day. */
export function splitTime(value: Value, type: DataType): { days: number; rest: bigint } {
  const perDay = ticksPerDay(type)
  const at = BigInt(value as bigint | number)
  const days = floorDiv(at, perDay)
  if (days < -DAYS_MAX || days > DAYS_MAX) throw new RowFault('LDB-2005')
  return { days: Number(days), rest: at - days * perDay }
}

/** The fixed length of a unit in microseconds, where it has one below the day. */
export const unitMicros: Readonly<Partial<Record<TruncUnit, bigint>>> = {
  microsecond: 1n,
  millisecond: 1_000n,
  second: 1_000_000n,
  minute: 60_000_000n,
  hour: 3_600_000_000n,
}

/** First day of the unit that holds a day. */
function firstDay(days: number, unit: TruncUnit): number {
  const { year, month } = civilOfDays(days)
  switch (unit) {
    case 'week':
      return days - isoWeekday(days) + 1
    case 'month':
      return daysOfCivil(year, month, 1)
    case 'quarter':
      return daysOfCivil(year, month - ((month - 1) % 3), 1)
    case 'year':
      return daysOfCivil(year, 1, 1)
    default:
      return days
  }
}

function truncate(unit: TruncUnit, value: Value, type: DataType): Value {
  const { days, rest } = splitTime(value, type)
  const micros = unitMicros[unit]
  if (type === 'date') return firstDay(days, unit)
  const perDay = ticksPerDay(type)
  if (micros === undefined) return ticks(BigInt(firstDay(days, unit)) * perDay)
  const step = (micros * ticksPerSecond[unitOf(type as TimestampType)]) / 1_000_000n
  return step <= 1n ? value : ticks(BigInt(days) * perDay + (rest - (rest % step)))
}

function extract(field: ExtractField, value: Value, type: DataType): bigint {
  if (field === 'epoch') return epoch(value, type)
  const { days, rest } = splitTime(value, type)
  const perSecond = isTimestamp(type) ? ticksPerSecond[unitOf(type)] : 1n
  const second = rest / perSecond
  const inMinute = rest % (60n * perSecond)
  switch (field) {
    case 'hour':
      return second / 3600n
    case 'minute':
      return (second / 60n) % 60n
    case 'second':
      return second % 60n
    case 'millisecond':
      return (inMinute * 1_000n) / perSecond
    case 'microsecond':
      return (inMinute * 1_000_000n) / perSecond
    default:
      return BigInt(dayField(field, days))
  }
}

/** Whole seconds since 1970, toward the past. */
const epoch = (value: Value, type: DataType): bigint =>
  isTimestamp(type)
    ? floorDiv(value as bigint, ticksPerSecond[unitOf(type)])
    : BigInt(value as number) * SECONDS_PER_DAY

type DayField = Exclude<ExtractField, 'hour' | 'minute' | 'second' | 'millisecond' | 'microsecond' | 'epoch'>

function dayField(field: DayField, days: number): number {
  const { year, month, day } = civilOfDays(days)
  switch (field) {
    case 'year':
      return year
    case 'quarter':
      return Math.floor((month - 1) / 3) + 1
    case 'month':
      return month
    case 'week':
      return isoWeek(days)
    case 'day':
      return day
    case 'dow':
      return isoWeekday(days) % 7
    case 'isodow':
      return isoWeekday(days)
    case 'doy':
      return days - daysOfCivil(year, 1, 1) + 1
  }
}

/** The literal name of a unit or field, checked against the list of those there are. */
export function nameOf<N extends string>(what: string, names: readonly N[], arg: Expr): N {
  const name = isLiteral(arg) ? names.find(one => one === arg.value) : undefined
  if (name) return name
  const given = isLiteral(arg) ? `'${String(arg.value)}'` : 'an expression'
  throw new MillraceError('LDB-1200', `${what} takes one of ${names.join(', ')}, not ${given}`)
}

const isTime = (type: DataType): boolean => isTimestamp(type) || type === 'date'

const named =
  (what: string, names: readonly string[], type?: DataType) =>
  (args: readonly Expr[]): Resolved => {
    if (args.length !== 2 || !isTime(args[1].type))
      return refuse(what, args, 'a name and a timestamp or date')
    nameOf(what, names, args[0])
    return { type: type ?? args[1].type, args }
  }

const timestampAnd =
  (what: string, second: (first: DataType) => DataType, result: (first: DataType) => DataType) =>
  (args: readonly Expr[]): Resolved => {
    const [first, other] = args
    const fits = args.length === 2 && isTimestamp(first.type) && other.type === second(first.type)
    return fits ? { type: result(first.type), args } : refuse(what, args, 'timestamps of one unit, or ticks')
  }

export const time = {
  date_trunc: {
    resolve: named('date_trunc', truncUnits),
    faults: () => true,
    evaluate: ([unit, value], type) => truncate(unit as TruncUnit, value, type),
  },
  extract: {
    resolve: named('extract', extractFields, 'int64'),
    faults: () => true,
    evaluate: ([field, value], _type, [, type]) => extract(field as ExtractField, value, type),
  },
  /** A timestamp and a number of its ticks. */
  timestamp_add: {
    resolve: timestampAnd(
      'timestamp_add',
      () => 'int64',
      first => first,
    ),
    faults: () => true,
    evaluate: ([at, by]) => ticks((at as bigint) + (by as bigint)),
  },
  /** Ticks from the second timestamp to the first. */
  timestamp_diff: {
    resolve: timestampAnd(
      'timestamp_diff',
      first => first,
      () => 'int64',
    ),
    faults: () => true,
    evaluate: ([a, b]) => ticks((a as bigint) - (b as bigint)),
  },
} as const satisfies Record<string, FunctionRow>
