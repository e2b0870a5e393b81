/** Comparing bigints with each other and with numbers: by their exact mathematical values. */
import { type Expr, isLiteral, literal } from '../../../../ir/expr/expr.ts'
import { type IntegerType, integerRange, isFloat } from '../../../../ir/types.ts'
import { after, allOf, anyOf, apply, choose, convert, double, FALSE, TRUE } from './exprs.ts'
import { asInt64 } from './numbers.ts'

export type Comparison = 'lt' | 'le' | 'gt' | 'ge' | 'eq'

/** The same comparison with its operands exchanged. */
export const mirrored: Readonly<Record<Comparison, Comparison>> = {
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
  eq: 'eq',
}

const constant = (holds: boolean): Expr => (holds ? TRUE : FALSE)

/** Neither operand is null. */
export function compareBigints(how: Comparison, left: Expr, right: Expr): Expr {
  const [a, b] = [asInt64(left), asInt64(right)]
  if (isLiteral(b)) return compareWithInteger(how, a, b.value as bigint)
  if (isLiteral(a)) return compareWithInteger(mirrored[how], b, a.value as bigint)
  if (a.type === b.type) return apply(how, a, b)
  return a.type === 'uint64' ? compareSigns(how, a, b) : compareSigns(mirrored[how], b, a)
}

/** A uint64 against an int64: a negative one is below all. */
function compareSigns(how: Comparison, unsigned: Expr, signed: Expr): Expr {
  const isNegative = apply('lt', signed, literal(0n, 'int64'))
  const both = apply(how, unsigned, convert(signed, 'uint64'))
  const negativeAnswer = constant(how === 'gt' || how === 'ge')
  return after([unsigned], choose(isNegative, negativeAnswer, both))
}

/** Against an integer of any size: one outside of the type lies below or above all values. */
export function compareWithInteger(how: Comparison, expr: Expr, value: bigint): Expr {
  const type = expr.type as 'int64' | 'uint64'
  const { min, max } = integerRange[type]
  if (value < min) return after([expr], constant(how === 'gt' || how === 'ge'))
  if (value > max) return after([expr], constant(how === 'lt' || how === 'le'))
  return apply(how, expr, literal(value, type))
}

/** A bigint against a number; neither is null. Equality of the two is never asked for. */
export function compareMixed(how: Exclude<Comparison, 'eq'>, left: Expr, number: Expr): Expr {
  const big = asInt64(left)
  if (isLiteral(number)) return compareWithNumber(how, big, Number(number.value))
  if (!isFloat(number.type)) return compareBigints(how, big, convert(number, 'int64'))
  return compareWithDouble(how, big, convert(number, 'float64'))
}

function compareWithNumber(how: Exclude<Comparison, 'eq'>, big: Expr, value: number): Expr {
  if (Number.isNaN(value)) return after([big], FALSE)
  if (!Number.isFinite(value)) {
    return after([big], constant(value > 0 ? how === 'lt' || how === 'le' : how === 'gt' || how === 'ge'))
  }
  return compareWithInteger(
    how,
    big,
    BigInt(roundings[how] === 'floor' ? Math.floor(value) : Math.ceil(value)),
  )
}

/** An integer is below (not above) a number where it is below (not above) that number rounded so. */
const roundings = { lt: 'ceil', le: 'floor', gt: 'floor', ge: 'ceil' } as const

/** Inside of the range of the type the rounded number is an integer of it; outside the answer is known. NaN is neither. */
function compareWithDouble(how: Exclude<Comparison, 'eq'>, big: Expr, number: Expr): Expr {
  const type = big.type as IntegerType
  const { min, max } = integerRange[type]
  const rounded = apply(roundings[how], number)
  const [aboveAll, belowAll] = [
    apply('ge', rounded, double(Number(max))),
    apply('lt', rounded, double(Number(min))),
  ]
  const inside = allOf([apply('ge', rounded, double(Number(min))), apply('lt', rounded, double(Number(max)))])
  const answer = how === 'lt' || how === 'le' ? aboveAll : belowAll
  return after([big], anyOf([answer, allOf([inside, apply(how, big, convert(rounded, type))])]))
}
