/**
 * What users may pass for a value of each type, brought to how it is stored. Beyond the documented `JsValue`s a
 * number is taken for 64-bit integers and timestamps where it is a safe integer, and a Date for times; a Date is
 * rounded down to the unit of its column.
 */

import { rangeOf, unitsOfText } from '../../ir/expr/decimal.ts'
import {
  type DataType,
  type DecimalType,
  dataTypes,
  decimalParts,
  type IntegerType,
  integerRange,
  isDecimal,
  isInteger,
  isTimestamp,
  type TimestampType,
  ticksPerSecond,
  unitOf,
} from '../../ir/types.ts'
import type { Stored } from './arrow/from-values.ts'

/** Takes a value; undefined where it does not fit. */
export interface Conversion {
  readonly convert: (value: unknown) => Stored | undefined
  /** What it takes, for messages. */
  readonly expects: string
}

const MS_PER_DAY = 86_400_000

function conversionFor(type: DataType): Conversion {
  if (isDecimal(type)) return decimal(type)
  if (isTimestamp(type)) return timestamp(type)
  if (isInteger(type)) return type.endsWith('64') ? long(type) : integer(type)
  switch (type) {
    case 'bool':
      return { expects: 'a boolean', convert: value => (typeof value === 'boolean' ? value : undefined) }
    case 'utf8':
      return { expects: 'a string without lone surrogates', convert: text }
    case 'binary':
      return { expects: 'a Uint8Array', convert: value => (value instanceof Uint8Array ? value : undefined) }
    case 'date':
      return { expects: 'a whole number of days since 1970 (32 bits), or a Date', convert: date }
    default:
      return { expects: 'a number', convert: value => (typeof value === 'number' ? value : undefined) }
  }
}

/** UTF-8 has no form for a surrogate that stands alone. */
const text = (value: unknown): string | undefined =>
  typeof value === 'string' && !/\p{Surrogate}/u.test(value) ? value : undefined

const within = (value: unknown, min: number, max: number): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined

function integer(type: IntegerType): Conversion {
  const [min, max] = [Number(integerRange[type].min), Number(integerRange[type].max)]
  return { expects: `a whole number from ${min} to ${max}`, convert: value => within(value, min, max) }
}

function long(type: IntegerType): Conversion {
  const { min, max } = integerRange[type]
  const convert = (value: unknown): bigint | undefined => longWithin(value, min, max)
  return { expects: `a bigint from ${min} to ${max}, or a safe integer`, convert }
}

function longWithin(value: unknown, min: bigint, max: bigint): bigint | undefined {
  const long = Number.isSafeInteger(value) ? BigInt(value as number) : value
  return typeof long === 'bigint' && long >= min && long <= max ? long : undefined
}

function decimal(type: DecimalType): Conversion {
  const { min, max } = rangeOf(type)
  const { scale } = decimalParts(type)
  const ofText = (text: string): bigint | undefined => {
    const units = unitsOfText(text, type)
    const behind = text.split('.')[1] ?? ''
    return behind.length > scale && /[^0]/.test(behind.slice(scale)) ? undefined : units
  }
  const convert = (value: unknown): bigint | undefined => {
    if (typeof value === 'string') return ofText(value)
    return typeof value === 'bigint' && value >= min && value <= max ? value : undefined
  }
  return {
    expects: `a text of digits and a point, or a bigint of units of 10^-${scale}, of ${type}`,
    convert,
  }
}

function timestamp(type: TimestampType): Conversion {
  const { min, max } = integerRange.int64
  const unit = unitOf(type)
  const convert = (value: unknown): bigint | undefined => {
    if (!(value instanceof Date)) return longWithin(value, min, max)
    const ms = value.getTime()
    return Number.isNaN(ms) ? undefined : longWithin(ticksOf(ms, ticksPerSecond[unit]), min, max)
  }
  return { expects: `a bigint of ${unit} since 1970 (64 bits), a safe integer, or a Date`, convert }
}

const ticksOf = (ms: number, perSecond: bigint): bigint =>
  perSecond >= 1000n ? BigInt(ms) * (perSecond / 1000n) : BigInt(Math.floor(ms / 1000))

function date(value: unknown): number | undefined {
  const days = value instanceof Date ? Math.floor(value.getTime() / MS_PER_DAY) : value
  return within(days, -(2 ** 31), 2 ** 31 - 1)
}

const conversions = Object.fromEntries(dataTypes.map(type => [type, conversionFor(type)])) as Record<
  DataType,
  Conversion
>

/** There is no end of decimals. */
export const conversionTo = (type: DataType): Conversion =>
  isDecimal(type) ? decimal(type) : conversions[type]
