/** Arithmetic: checked by default, wrapping by name. Integers keep their type; an overflow is a RowFault. */
import {
  type DataType,
  type ExactType,
  factsOf,
  type IntegerType,
  isDecimal,
  isFloat,
  isInteger,
  isNumeric,
} from '../../types.ts'
import { asDecimal, productOfDecimals, rangeOf, sumOfDecimals } from '../decimal.ts'
import { type Expr, RowFault, type Value } from '../expr.ts'
import { castTo, ofInteger, unify } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'

const numbers =
  (what: string, count: number) =>
  (args: readonly Expr[]): Resolved => {
    if (args.length !== count || !args.every(arg => isNumeric(arg.type))) return refuse(what, args, 'numbers')
    return unify(what, args)
  }

/** Numbers, decimals among them. */
const exact =
  (what: string, count: number) =>
  (args: readonly Expr[]): Resolved => {
    const fits = args.length === count && args.every(({ type }) => isNumeric(type) || isDecimal(type))
    return fits ? unify(what, args) : refuse(what, args, 'numbers')
  }

const terms =
  (what: string) =>
  (args: readonly Expr[]): Resolved => {
    const met = exact(what, 2)(args)
    return isDecimal(met.type) ? { ...met, type: sumOfDecimals(met.type) } : met
  }

/** Decimals are multiplied as they are: their scales are added. */
function factors(args: readonly Expr[]): Resolved {
  const types = args.map(({ type }) => asDecimal(type))
  const [a, b] = types
  if (args.length !== 2 || !args.some(({ type }) => isDecimal(type)) || !a || !b) return exact('*', 2)(args)
  const type = productOfDecimals(a, b)
  if (!type) return refuse('*', args, 'decimals with fewer digits behind the point')
  return { type, args: [castTo(args[0], a), castTo(args[1], b)] }
}

const isExact = (type: DataType): boolean => isInteger(type) || isDecimal(type)

const integers =
  (what: string) =>
  (args: readonly Expr[]): Resolved => {
    const resolved = numbers(what, 2)(args)
    return isInteger(resolved.type) ? resolved : refuse(what, args, 'integers')
  }

/** The value of an exact result in its type, or the fault that it does not fit. */
export function checked(value: bigint, type: ExactType): Value {
  const { min, max } = rangeOf(type)
  if (value < min || value > max) throw new RowFault('LDB-9002')
  return ofInteger(value, type)
}

/** The low bits of an exact integer result. */
function wrapped(value: bigint, type: IntegerType): Value {
  const { bits, class: cls } = factsOf(type)
  return ofInteger(cls === 'unsigned' ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value), type)
}

const rounded = (value: number, type: DataType): number => (type === 'float32' ? Math.fround(value) : value)

type OnInt = (a: bigint, b: bigint) => bigint
type OnFloat = (a: number, b: number) => number

const binary = (
  what: string,
  onInt: OnInt,
  onFloat: OnFloat,
  resolve: FunctionRow['resolve'] = numbers(what, 2),
): FunctionRow => ({
  resolve,
  faults: isExact,
  evaluate: ([a, b], type) => {
    if (isFloat(type)) return rounded(onFloat(a as number, b as number), type)
    return checked(onInt(BigInt(a as number), BigInt(b as number)), type as ExactType)
  },
})

const wrapping = (what: string, onInt: OnInt): FunctionRow => ({
  resolve: integers(what),
  evaluate: ([a, b], type) => wrapped(onInt(BigInt(a as number), BigInt(b as number)), type as IntegerType),
})

const nonZero = (b: bigint): bigint => {
  if (b === 0n) throw new RowFault('LDB-9003')
  return b
}

const unary = (what: string, onInt: (a: bigint) => bigint, onFloat: (a: number) => number): FunctionRow => ({
  resolve: exact(what, 1),
  faults: isExact,
  evaluate: ([a], type) => {
    if (isFloat(type)) return onFloat(a as number)
    return checked(onInt(BigInt(a as number)), type as ExactType)
  },
})

export const arithmetic = {
  add: binary(
    '+',
    (a, b) => a + b,
    (a, b) => a + b,
    terms('+'),
  ),
  sub: binary(
    '-',
    (a, b) => a - b,
    (a, b) => a - b,
    terms('-'),
  ),
  mul: binary(
    '*',
    (a, b) => a * b,
    (a, b) => a * b,
    factors,
  ),
  /** Integers divide toward zero; floats as IEEE says. */
  div: binary(
    '/',
    (a, b) => a / nonZero(b),
    (a, b) => a / b,
  ),
  /** The remainder has the sign of the dividend. */
  mod: binary(
    '%',
    (a, b) => a % nonZero(b),
    (a, b) => a % b,
  ),
  neg: unary(
    '-',
    a => -a,
    a => -a,
  ),
  abs: unary('abs', a => (a < 0n ? -a : a), Math.abs),
  add_wrapping: wrapping('add_wrapping', (a, b) => a + b),
  sub_wrapping: wrapping('sub_wrapping', (a, b) => a - b),
  mul_wrapping: wrapping('mul_wrapping', (a, b) => a * b),
} as const satisfies Record<string, FunctionRow>
