/** The type promotion table: the type at which two operands meet, and the casts that bring them there. */
import { MillraceError } from '../errors.ts'
import {
  type DataType,
  type ExactType,
  factsOf,
  type IntegerType,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
  isTimestamp,
  isUnsigned,
  type NumericType,
  type TimeUnit,
  unitOf,
} from '../types.ts'
import { decimalMeet } from './decimal.ts'
import { type Expr, isLiteral, type Literal, literal } from './expr.ts'

/** Integers meet at the narrowest type that holds both; floats with anything but float32 alone at float64. */
export function numericMeet(a: NumericType, b: NumericType): NumericType | undefined {
  if (a === b) return a
  if (isFloat(a) || isFloat(b)) return 'float64'
  return integerMeet(a as IntegerType, b as IntegerType)
}

function integerMeet(a: IntegerType, b: IntegerType): IntegerType | undefined {
  const bits = (type: IntegerType): number => factsOf(type).bits
  if (isUnsigned(a) === isUnsigned(b)) return bits(a) > bits(b) ? a : b
  const [unsigned, signed] = isUnsigned(a) ? [a, b] : [b, a]
  const needed = Math.max(bits(signed), bits(unsigned) * 2)
  return needed > 64 ? undefined : (`int${needed}` as IntegerType)
}

const unitOrder: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']

/** The type at which two types meet, or undefined where they do not. */
export function meet(a: DataType, b: DataType): DataType | undefined {
  if (a === b) return a
  if (isNumeric(a) && isNumeric(b)) return numericMeet(a, b)
  if (isDecimal(a) || isDecimal(b)) return isFloat(a) || isFloat(b) ? 'float64' : decimalMeet(a, b)
  if (isTimestamp(a) && isTimestamp(b))
    return unitOrder.indexOf(unitOf(a)) > unitOrder.indexOf(unitOf(b)) ? a : b
  if (isTimestamp(a) && b === 'date') return a
  return a === 'date' && isTimestamp(b) ? b : undefined
}

/** A number literal takes the type it meets when its value fits there exactly: `int64 > 15` stays int64. */
function adapt(expr: Expr, to: DataType): Expr {
  if (!isLiteral(expr)) return expr
  if (expr.value === null) return literal(null, to)
  return adaptNumber(expr, to) ?? expr
}

function adaptNumber(expr: Literal, to: DataType): Literal | undefined {
  if (!isNumeric(expr.type) || !isNumeric(to)) return undefined
  const { value } = expr
  if (isFloat(to)) {
    const number = Number(value)
    const exact = typeof value === 'bigint' ? BigInt(number) === value : true
    return exact && (to === 'float64' || Math.fround(number) === number) ? literal(number, to) : undefined
  }
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
  const big = BigInt(value as number | bigint)
  const { min, max } = integerRange[to as IntegerType]
  return big < min || big > max ? undefined : literal(ofInteger(big, to as IntegerType), to)
}

/** A bigint as the JavaScript value of an integer type, or of a decimal. */
export const ofInteger = (value: bigint, type: ExactType): number | bigint =>
  factsOf(type).bits === 64 ? value : Number(value)

export function castTo(expr: Expr, type: DataType): Expr {
  return expr.type === type
    ? expr
    : { kind: 'cast', arg: expr, type, nullable: expr.nullable, attempt: false }
}

/** All operands at the one type where they meet; `what` names the operation in the error. */
export function unify(what: string, args: readonly Expr[]): { type: DataType; args: readonly Expr[] } {
  const anchors = args.filter(arg => !isLiteral(arg))
  const anchor = meetAll(
    what,
    (anchors.length > 0 ? anchors : args).map(arg => arg.type),
    args,
  )
  const adapted = args.map(arg => adapt(arg, anchor))
  const type = meetAll(
    what,
    adapted.map(arg => arg.type),
    args,
  )
  return { type, args: adapted.map(arg => castTo(arg, type)) }
}

function meetAll(what: string, types: readonly DataType[], args: readonly Expr[]): DataType {
  return types.reduce((a, b) => {
    const met = meet(a, b)
    if (met) return met
    const given = args.map(arg => arg.type).join(' and ')
    const fix =
      isInteger(a) && isInteger(b) ? 'cast uint64 to int64, or the other side to uint64' : 'cast one side'
    throw new MillraceError('LDB-1200', `${what} does not take ${given}`, { fix })
  })
}
