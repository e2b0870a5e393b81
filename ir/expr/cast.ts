/** Casts: which there are, and what they mean. A value that the target cannot hold is a RowFault. */
import {
  type DataType,
  type DecimalType,
  decimalParts,
  type IntegerType,
  integerRange,
  isBytes,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
  isTimestamp,
  type TimestampType,
  ticksPerSecond,
  unitOf,
} from '../types.ts'
import {
  asDecimal,
  holdsDecimal,
  numberOfUnits,
  powerOfTen,
  rescaled,
  textOfUnits,
  unitsMax,
  unitsOfNumber,
  unitsOfText,
} from './decimal.ts'
import { RowFault, type Value } from './expr.ts'
import { floorDiv, ticks, ticksPerDay } from './functions/time.ts'
import { ofInteger } from './promote.ts'

const isTime = (type: DataType): boolean => isTimestamp(type) || type === 'date'

/** Is there a cast from one type to the other? */
export function isCastable(from: DataType, to: DataType): boolean {
  if (from === to) return true
  if (isDecimal(from) || isDecimal(to))
    return [from, to].every(type => isDecimal(type) || isNumeric(type) || type === 'utf8')
  if (isNumeric(from) && (isNumeric(to) || to === 'bool')) return true
  if (from === 'bool') return isNumeric(to) || to === 'utf8'
  if (isTime(from) && isTime(to)) return true
  if (isTimestamp(from) || isTimestamp(to)) return from === 'int64' || to === 'int64'
  if (from === 'date' || to === 'date') return from === 'int32' || to === 'int32'
  if (isBytes(from)) return (isInteger(to) && from === 'utf8') || (from === 'utf8' && to === 'binary')
  return isInteger(from) && to === 'utf8'
}

/** Can a value of the one type fail to fit the other? */
export function canFail(from: DataType, to: DataType): boolean {
  if (from === to) return false
  if (isDecimal(to)) return !holds(to, from)
  if (isInteger(to)) return !isInteger(from) ? from !== 'bool' && !isTime(from) : !contains(to, from)
  return isTimestamp(to) ? isTime(from) : to === 'date' && isTimestamp(from)
}

function holds(to: DecimalType, from: DataType): boolean {
  const exact = asDecimal(from)
  return exact !== undefined && holdsDecimal(to, exact)
}

function contains(outer: IntegerType, inner: IntegerType): boolean {
  const [o, i] = [integerRange[outer], integerRange[inner]]
  return o.min <= i.min && i.max <= o.max
}

/** The value in its new type; `value` is not null and the cast exists. */
export function castValue(value: Value, from: DataType, to: DataType): Value {
  if (from === to) return value
  if (isDecimal(to)) return unitsOf(value, from, to)
  if (isDecimal(from)) return ofUnits(value as bigint, from, to)
  if (to === 'bool') return Number.isNaN(value) || Number(value) !== 0
  if (isFloat(to)) return to === 'float32' ? Math.fround(Number(value)) : Number(value)
  if (isInteger(to)) return integerOf(value, from, to)
  if (isTimestamp(to)) return timestampOf(value as bigint | number, from, to)
  if (to === 'date') return dateOf(value as bigint | number, from)
  return to === 'binary' ? new TextEncoder().encode(value as string) : String(value)
}

function unitsOf(value: Value, from: DataType, to: DecimalType): Value {
  const units = exactUnits(value, from, to)
  const max = unitsMax(to)
  if (units === undefined || units > max || units < -max) throw new RowFault('LDB-9004')
  return units
}

function exactUnits(value: Value, from: DataType, to: DecimalType): bigint | undefined {
  if (from === 'utf8') return unitsOfText(value as string, to)
  if (isFloat(from)) return unitsOfNumber(value as number, to)
  const scale = isDecimal(from) ? decimalParts(from).scale : 0
  return rescaled(BigInt(value as bigint | number), scale, decimalParts(to).scale)
}

/** A decimal as another type; toward zero where that is an integer. */
function ofUnits(units: bigint, from: DecimalType, to: DataType): Value {
  if (isFloat(to))
    return to === 'float32' ? Math.fround(numberOfUnits(units, from)) : numberOfUnits(units, from)
  if (to === 'utf8') return textOfUnits(units, from)
  return integerOf(units / powerOfTen(decimalParts(from).scale), 'int64', to as IntegerType)
}

function integerOf(value: Value, from: DataType, to: IntegerType): Value {
  const exact = exactInteger(value, from)
  const { min, max } = integerRange[to]
  if (exact === undefined || exact < min || exact > max) throw new RowFault('LDB-9004')
  return ofInteger(exact, to)
}

function exactInteger(value: Value, from: DataType): bigint | undefined {
  if (from === 'utf8')
    return /^[+-]?\d+$/.test(value as string) ? BigInt((value as string).replace(/^\+/, '')) : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined
  return BigInt(value as bigint | boolean)
}

function timestampOf(value: bigint | number, from: DataType, to: TimestampType): Value {
  if (from === 'date') return ticks(BigInt(value) * ticksPerDay(to))
  if (!isTimestamp(from)) return value
  const [have, want] = [ticksPerSecond[unitOf(from)], ticksPerSecond[unitOf(to)]]
  const at = value as bigint
  return want >= have ? ticks(at * (want / have)) : floorDiv(at, have / want)
}

function dateOf(value: bigint | number, from: DataType): Value {
  if (!isTimestamp(from)) return value
  const days = floorDiv(value as bigint, ticksPerDay(from))
  if (BigInt.asIntN(32, days) !== days) throw new RowFault('LDB-2005')
  return Number(days)
}
