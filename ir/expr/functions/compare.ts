/** Comparison. Floats compare as IEEE says: NaN is unequal to everything, -0 equals 0. */
import { type DataType, isFloat } from '../../types.ts'
import type { Expr, Value } from '../expr.ts'
import { compareValues } from '../order.ts'
import { unify } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse } from './row.ts'

const comparable =
  (what: string) =>
  (args: readonly Expr[]): Resolved =>
    args.length === 2 ? { type: 'bool', args: unify(what, args).args } : refuse(what, args, 'two operands')

/** undefined where a NaN makes the two unordered. */
function order(type: DataType, a: Value, b: Value): number | undefined {
  const unordered = isFloat(type) && (Number.isNaN(a) || Number.isNaN(b))
  return unordered ? undefined : compareValues(type, a, b)
}

const comparison = (what: string, holds: (order: number | undefined) => boolean): FunctionRow => ({
  resolve: comparable(what),
  evaluate: ([a, b], _type, [type]) => holds(order(type, a, b)),
})

export const isEqual = (type: DataType, a: Value, b: Value): boolean => order(type, a, b) === 0

/** Null equals null here, and is unequal to everything else. */
const distinct = (what: string, negated: boolean): FunctionRow => ({
  resolve: comparable(what),
  nullable: () => false,
  lazy: ([left, right], _type, [type]) => {
    const [a, b] = [left(), right()]
    const same = a === null || b === null ? a === b : isEqual(type, a, b)
    return same === negated
  },
})

const nullTest = (what: string, expected: boolean): FunctionRow => ({
  resolve: args => (args.length === 1 ? { type: 'bool', args } : refuse(what, args, 'one operand')),
  nullable: () => false,
  lazy: ([arg]) => (arg() === null) === expected,
})

const extreme = (what: string, wanted: (order: number) => boolean): FunctionRow => ({
  resolve: args => {
    if (args.length === 0) return refuse(what, args, 'one operand or more')
    return unify(what, args)
  },
  evaluate: (args, type) => args.reduce((best, x) => (wanted(compareValues(type, x, best)) ? x : best)),
})

export const compare = {
  eq: comparison('=', o => o === 0),
  ne: comparison('<>', o => o !== 0),
  lt: comparison('<', o => o !== undefined && o < 0),
  le: comparison('<=', o => o !== undefined && o <= 0),
  gt: comparison('>', o => o !== undefined && o > 0),
  ge: comparison('>=', o => o !== undefined && o >= 0),
  is_distinct: distinct('is distinct from', false),
  is_not_distinct: distinct('is not distinct from', true),
  is_null: nullTest('is null', true),
  is_not_null: nullTest('is not null', false),
  /** First argument against all others: null where it equals none but one of them is null. */
  in: {
    resolve: args => {
      if (args.length < 2) return refuse('in', args, 'a value and a list')
      return { type: 'bool', args: unify('in', args).args }
    },
    lazy: ([needle, ...items], _type, [type]) => {
      const value = needle()
      const values = items.map(item => item())
      if (value === null) return null
      if (values.some(item => item !== null && isEqual(type, value, item))) return true
      return values.includes(null) ? null : false
    },
  },
  /** Largest by the total order of the type (NaN is the largest); null if any argument is. */
  greatest: extreme('greatest', o => o > 0),
  least: extreme('least', o => o < 0),
} as const satisfies Record<string, FunctionRow>
