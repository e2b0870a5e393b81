/**
 * The aggregate table: typing rule and meaning of each aggregate. `evaluate` is the naive meaning over the values
 * of a group in arrival order; how kernels keep it up row by row is in compiler/lower/accumulators.
 */
import { MillraceError } from '../errors.ts'
import { type DataType, type IntegerType, isFloat, isNumeric, isUnsigned64 } from '../types.ts'
import type { Expr, Value } from './expr.ts'
import { checked } from './functions/arithmetic.ts'
import { compareValues } from './order.ts'
import { printExpr } from './print.ts'

/** One row of a group as an aggregate sees it: the value (null for count()) and the event time. */
export interface Contribution {
  readonly value: Value
  /** Event time where the stream has one, else the arrival number. */
  readonly time: bigint
  /** Row number modulo FLOAT_LANES where all rows are one group, else 0: order of addition of floats. */
  readonly lane: number
  /** The part of its window that it fell into: rows of one are aggregated for themselves, then the parts in order. */
  readonly pane: string
}

/** Partial sums of floats where all rows are one group; a power of two. */
export const FLOAT_LANES = 8

export interface AggregateRow {
  /** Result type for an argument type; `undefined` argument is `count()`. Throws LDB-1200. */
  readonly resolve: (arg: DataType | undefined) => DataType
  /** Is the result null for a group without non-null values? A group has a row at least. */
  readonly nullable: boolean
  /** Rows in arrival order, nulls of the argument already left out. */
  readonly evaluate: (rows: readonly Contribution[], type: DataType, argType: DataType) => Value
  /** Does it order rows by event time? */
  readonly ordered?: true
}

const only =
  (what: string, fits: (type: DataType) => boolean, result: (type: DataType) => DataType) =>
  (arg: DataType | undefined): DataType => {
    if (arg === undefined || !fits(arg)) {
      throw new MillraceError('LDB-1200', `${what} does not take ${arg ?? 'no argument'}`)
    }
    return result(arg)
  }

/** Integers are summed as checked 64-bit integers of their own signedness, floats as float64. */
const sumType = (type: DataType): DataType =>
  isFloat(type) ? 'float64' : isUnsigned64(type) ? 'uint64' : 'int64'

/** The rows of each pane, in the order of panes. */
const panesOf = (rows: readonly Contribution[]): readonly (readonly Contribution[])[] =>
  [...new Set(rows.map(({ pane }) => pane))].map(name => rows.filter(({ pane }) => pane === name))

/** A step that leaves the range is the fault of what makes it: of a row, or of the window whose panes are added. */
const addIntegers = (values: readonly bigint[], type: IntegerType): bigint =>
  values.reduce((sum, value) => checked(sum + value, type) as bigint, 0n)

/** In arrival order for each lane. */
function addFloats(rows: readonly Contribution[]): number {
  const lanes = new Array<number>(FLOAT_LANES).fill(0)
  for (const { value, lane } of rows) lanes[lane] += Number(value)
  return addLanes(lanes)
}

function sumOf(rows: readonly Contribution[], type: DataType): bigint | number {
  const panes = panesOf(rows)
  if (isFloat(type)) return panes.map(addFloats).reduce((sum, value) => sum + value, 0)
  const integers = panes.map(pane => pane.map(({ value }) => BigInt(value as bigint | number)))
  return addIntegers(
    integers.map(values => addIntegers(values, type as IntegerType)),
    type as IntegerType,
  )
}

/** Halves of the lanes are summed for themselves. */
const addLanes = (lanes: readonly number[]): number =>
  lanes.length === 1
    ? lanes[0]
    : addLanes(lanes.slice(0, lanes.length / 2)) + addLanes(lanes.slice(lanes.length / 2))

const extreme = (what: string, sign: 1 | -1): AggregateRow => ({
  resolve: only(
    what,
    () => true,
    type => type,
  ),
  nullable: true,
  evaluate: (rows, _type, argType) =>
    rows.map(row => row.value).reduce((best, x) => (sign * compareValues(argType, x, best) > 0 ? x : best)),
})

/** The value at the smallest (largest) event time; of equal times the earliest (latest) to arrive. */
const edge = (what: string, wins: (time: bigint, best: bigint) => boolean): AggregateRow => ({
  resolve: only(
    what,
    () => true,
    type => type,
  ),
  nullable: true,
  ordered: true,
  evaluate: rows => rows.reduce((best, row) => (wins(row.time, best.time) ? row : best)).value,
})

export const aggregates = {
  /** Rows, or rows where the argument is not null. */
  count: { resolve: () => 'int64', nullable: false, evaluate: rows => BigInt(rows.length) },
  sum: {
    resolve: only('sum', isNumeric, sumType),
    nullable: true,
    evaluate: (rows, type) => sumOf(rows, type),
  },
  /** f64(sum) / f64(count). */
  avg: {
    resolve: only('avg', isNumeric, () => 'float64'),
    nullable: true,
    evaluate: (rows, _type, argType) => Number(sumOf(rows, sumType(argType))) / rows.length,
  },
  min: extreme('min', -1),
  max: extreme('max', 1),
  first: edge('first', (time, best) => time < best),
  last: edge('last', (time, best) => time >= best),
} as const satisfies Record<string, AggregateRow>

export type AggregateName = keyof typeof aggregates
export const aggregateNames = Object.keys(aggregates) as readonly AggregateName[]
export const aggregateRow = (name: AggregateName): AggregateRow => aggregates[name]

/** A use of an aggregate in a plan. */
export interface Aggregate {
  readonly fn: AggregateName
  readonly arg: Expr | undefined
  readonly type: DataType
  readonly nullable: boolean
}

export function aggregate(fn: AggregateName, arg?: Expr): Aggregate {
  const row = aggregateRow(fn)
  return { fn, arg, type: row.resolve(arg?.type), nullable: row.nullable && arg?.nullable === true }
}

export const printAggregate = ({ fn, arg }: Aggregate): string => `${fn}(${arg ? printExpr(arg) : ''})`
