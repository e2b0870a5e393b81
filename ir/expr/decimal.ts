/**
 * Exact decimals: whole numbers of units of 10^-scale. A result that does not fit its precision is a fault of its row; what
 * is cut off is rounded, half away from zero.
 */
import {
  type DataType,
  type DecimalType,
  DIGITS_MAX,
  decimalOf,
  decimalParts,
  type ExactType,
  factsOf,
  type IntegerType,
  integerRange,
  isDecimal,
  isInteger,
  isUnsigned,
} from '../types.ts'

export const powerOfTen = (exponent: number): bigint => 10n ** BigInt(exponent)

/** The largest value of a type in its units; the least is as far below zero. */
export const unitsMax = (type: DecimalType): bigint => powerOfTen(decimalParts(type).precision) - 1n

/** Units of one scale in those of another. */
export function rescaled(units: bigint, from: number, to: number): bigint {
  if (to >= from) return units * powerOfTen(to - from)
  const step = powerOfTen(from - to)
  const rest = units % step
  const away = 2n * (rest < 0n ? -rest : rest) >= step ? (units < 0n ? -1n : 1n) : 0n
  return units / step + away
}

/** The units that are nearest to a number; undefined where it is no number of that precision. */
export function unitsOfNumber(x: number, type: DecimalType): bigint | undefined {
  const { precision, scale } = decimalParts(type)
  const scaled = x * 10 ** scale
  const whole = Math.trunc(scaled)
  const rounded = Math.abs(scaled - whole) >= 0.5 ? whole + (scaled < 0 ? -1 : 1) : whole
  return Math.abs(rounded) < 10 ** precision ? BigInt(rounded) : undefined
}

export const numberOfUnits = (units: bigint, type: DecimalType): number =>
  Number(units) / 10 ** decimalParts(type).scale

/** As many digits behind the point as the scale says: `-0.50`. */
export function textOfUnits(units: bigint, type: DecimalType): string {
  const { scale } = decimalParts(type)
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

/** Digits with a point among them or none, behind a sign or none; undefined for anything else. */
export function unitsOfText(text: string, type: DecimalType): bigint | undefined {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text)
  const [, sign, whole, fraction = ''] = found ?? []
  if (!found || whole + fraction === '') return undefined
  const units = rescaled(BigInt(whole + fraction), fraction.length, decimalParts(type).scale)
  return units > unitsMax(type) ? undefined : sign === '-' ? -units : units
}

/** Can the type hold the digits before and behind the point of the other? */
export function holdsDecimal(outer: DecimalType, inner: DecimalType): boolean {
  const [o, i] = [decimalParts(outer), decimalParts(inner)]
  return o.scale >= i.scale && o.precision - o.scale >= i.precision - i.scale
}

/** Least and largest value, in units where it is a decimal. */
export function rangeOf(type: ExactType): { readonly min: bigint; readonly max: bigint } {
  if (!isDecimal(type)) return integerRange[type]
  const max = unitsMax(type)
  return { min: -max, max }
}

/** The decimal that holds every value of a type; undefined where none does. */
export function asDecimal(type: DataType): DecimalType | undefined {
  if (isDecimal(type)) return type
  if (!isInteger(type) || digitsOf(type) > DIGITS_MAX) return undefined
  return decimalOf(digitsOf(type), 0)
}

/** Digits of the largest value of an integer type. */
export const digitsOf = (type: IntegerType): number =>
  String((1n << BigInt(factsOf(type).bits - (isUnsigned(type) ? 0 : 1))) - 1n).length

/** Decimals, and integers with them, meet at the narrowest type that holds both. */
export function decimalMeet(a: DataType, b: DataType): DecimalType | undefined {
  const [x, y] = [asDecimal(a), asDecimal(b)]
  if (!x || !y) return undefined
  const [p, q] = [decimalParts(x), decimalParts(y)]
  const scale = Math.max(p.scale, q.scale)
  const precision = Math.max(p.precision - p.scale, q.precision - q.scale) + scale
  return precision > DIGITS_MAX ? undefined : decimalOf(precision, scale)
}

/** A sum may have one digit more than its terms, as far as there is room. */
export function sumOfDecimals(type: DecimalType): DecimalType {
  const { precision, scale } = decimalParts(type)
  return decimalOf(Math.min(precision + 1, DIGITS_MAX), scale)
}

/** A product has the digits of both factors, as far as there is room; undefined where those behind the point are too many. */
export function productOfDecimals(a: DecimalType, b: DecimalType): DecimalType | undefined {
  const [p, q] = [decimalParts(a), decimalParts(b)]
  const scale = p.scale + q.scale
  if (scale > DIGITS_MAX) return undefined
  return decimalOf(Math.min(p.precision + q.precision, DIGITS_MAX), scale)
}
