/**
 * What aggregates mean over changes: rows that are taken back count as -1 of what they were. An aggregate that has no row
 * here cannot take rows back. No order of changes leaves a trace: what is summed in floating point is summed exactly and
 * rounded once, and of values that are left both zeros are one.
 */
import type { DataType, ExactType, IntegerType } from '../types.ts'
import { isFloat } from '../types.ts'
import { type Aggregate, type AggregateName, type AggregateOptions, aggregateRow } from './aggregates.ts'
import type { Contribution } from './contributions.ts'
import { RowFault, type Value } from './expr.ts'
import { foldOf, foldResult, foldRows } from './fold.ts'
import { checked } from './functions/arithmetic.ts'
import { compareValues } from './order.ts'
import { ofInteger } from './promote.ts'

/** A row of a group, or one that is taken back from it. */
export interface Change extends Contribution {
  readonly isTakenBack: boolean
}

export interface RetractRow {
  /** Changes in arrival order, those with a null argument already left out. Throws where what is taken back is not there. */
  readonly evaluate: (
    rows: readonly Change[],
    type: DataType,
    argTypes: readonly DataType[],
    options: AggregateOptions,
  ) => Value
  /** What must be possible where a row is taken or taken back, if that is not the result: throws where it is not. */
  readonly take?: (rows: readonly Change[], argTypes: readonly DataType[], options: AggregateOptions) => void
}

/** A step that leaves the range is the fault of the row that makes it; so is one that takes back what is not there. */
function net(rows: readonly Change[]): number {
  return rows.reduce((count, { isTakenBack }) => {
    if (isTakenBack && count === 0) throw new RowFault('LDB-9005')
    return count + (isTakenBack ? -1 : 1)
  }, 0)
}

const integerOf = ({ values }: Change): bigint => BigInt(values[0] as bigint | number)

function sumIntegers(rows: readonly Change[], type: ExactType): bigint {
  return rows.reduce(
    (sum, row) => checked(row.isTakenBack ? sum - integerOf(row) : sum + integerOf(row), type) as bigint,
    0n,
  )
}

/** Doubles are multiples of 2^-1074. */
const EXPONENT_MIN = -1074
const MANTISSA_BITS = 52n
const view = new DataView(new ArrayBuffer(8))

function unitsOf(x: number): bigint {
  view.setFloat64(0, Math.abs(x))
  const bits = view.getBigInt64(0)
  const exponent = bits >> MANTISSA_BITS
  const mantissa = bits & ((1n << MANTISSA_BITS) - 1n)
  const units = exponent === 0n ? mantissa : (mantissa | (1n << MANTISSA_BITS)) << (exponent - 1n)
  return x < 0 ? -units : units
}

/** Bits that a number is rounded from: those below them only say whether there are any. */
const ROUNDED_BITS = 128

/** Rounds to the nearest double, to the even one of two. */
function ofUnits(units: bigint): number {
  const size = units < 0n ? -units : units
  const dropped = Math.max(0, size.toString(2).length - ROUNDED_BITS)
  const isRest = size % (1n << BigInt(dropped)) !== 0n
  const top = (size >> BigInt(dropped)) | (isRest ? 1n : 0n)
  const exponent = EXPONENT_MIN + dropped
  const half = exponent >> 1
  const rounded = Number(top) * 2 ** half * 2 ** (exponent - half)
  return units < 0n ? -rounded : rounded
}

/** An infinity outweighs all numbers, and both of them are no number. */
function sumFloats(rows: readonly Change[]): number {
  const weightOf = (fits: (x: number) => boolean): number =>
    rows
      .filter(({ values }) => fits(Number(values[0])))
      .reduce((sum, row) => sum + (row.isTakenBack ? -1 : 1), 0)
  const isRising = weightOf(x => x === Number.POSITIVE_INFINITY) > 0
  const isFalling = weightOf(x => x === Number.NEGATIVE_INFINITY) > 0
  if (weightOf(Number.isNaN) > 0 || (isRising && isFalling)) return Number.NaN
  if (isRising) return Number.POSITIVE_INFINITY
  if (isFalling) return Number.NEGATIVE_INFINITY
  const finite = rows.filter(({ values }) => Number.isFinite(Number(values[0])))
  return ofUnits(
    finite.reduce((sum, row) => {
      const units = unitsOf(Number(row.values[0]))
      return row.isTakenBack ? sum - units : sum + units
    }, 0n),
  )
}

const sumOf = (rows: readonly Change[], type: DataType, argType: DataType): bigint | number =>
  isFloat(argType) ? sumFloats(rows) : sumIntegers(rows, type as ExactType)

/** Null where nothing is left. */
const unlessEmpty = (value: Value, rows: readonly Change[]): Value => (net(rows) === 0 ? null : value)

/** How many rows are true, and how many false. */
function bools(rows: readonly Change[]): { readonly trues: number; readonly falses: number } {
  const [trues, falses] = [true, false].map(value => net(rows.filter(({ values }) => values[0] === value)))
  return { trues, falses }
}

/** The rows that are left. Equal values are one: which zero came first would tell of those that are gone. */
function left(rows: readonly Change[], type: DataType): readonly Change[] {
  const kept: Change[] = []
  for (const row of rows) {
    const [value] = row.values
    const at = kept.findIndex(one => compareValues(type, one.values[0], value) === 0)
    if (!row.isTakenBack) kept.push({ ...row, values: [value === 0 ? 0 : value] })
    else if (at < 0) throw new RowFault('LDB-9005')
    else kept.splice(at, 1)
  }
  return kept
}

/** What the aggregate of that name makes of the rows that are left. */
const ofLeft = (name: AggregateName): RetractRow => ({
  evaluate: (rows, type, argTypes, options) => {
    const { rowsMin, evaluate } = aggregateRow(name)
    const kept = left(rows, argTypes[0])
    return kept.length < rowsMin ? null : evaluate(kept, type, argTypes, options)
  },
})

export const retractable = {
  count: { evaluate: rows => BigInt(net(rows)) },
  sum: { evaluate: (rows, type, [argType]) => unlessEmpty(sumOf(rows, type, argType), rows) },
  avg: {
    evaluate: (rows, _type, [argType]) => {
      const sum = sumOf(rows, argType === 'uint64' ? 'uint64' : 'int64', argType)
      return unlessEmpty(Number(sum) / net(rows), rows)
    },
  },
  bool_and: {
    evaluate: rows => {
      const { trues, falses } = bools(rows)
      return trues + falses === 0 ? null : falses === 0
    },
  },
  bool_or: {
    evaluate: rows => {
      const { trues, falses } = bools(rows)
      return trues + falses === 0 ? null : trues > 0
    },
  },
  /** What is joined twice is gone: a row is taken back as it was added. */
  bit_xor: {
    evaluate: (rows, type) =>
      unlessEmpty(
        ofInteger(
          rows.map(integerOf).reduce((a, b) => a ^ b, 0n),
          type as IntegerType,
        ),
        rows,
      ),
  },
  min: ofLeft('min'),
  max: ofLeft('max'),
  count_distinct: ofLeft('count_distinct'),
  quantile: ofLeft('quantile'),
  quantile_disc: ofLeft('quantile_disc'),
  mode: ofLeft('mode'),
  fold: {
    take: (rows, argTypes, options) => {
      foldRows(foldOf(options), argTypes, rows)
      net(rows)
    },
    evaluate: (rows, _type, argTypes, options) => {
      const result = foldResult(foldOf(options), foldRows(foldOf(options), argTypes, rows))
      net(rows)
      return result
    },
  },
} as const satisfies Partial<Record<AggregateName, RetractRow>>

export type RetractableName = keyof typeof retractable
export const retractableNames = Object.keys(retractable) as readonly RetractableName[]

const rowsByName: Partial<Record<AggregateName, RetractRow>> = retractable

/** What an aggregate means over changes; undefined where it cannot take rows back. */
export const retractRow = ({ fn, fold }: Pick<Aggregate, 'fn' | 'fold'>): RetractRow | undefined =>
  fold && !fold.remove ? undefined : rowsByName[fn]
