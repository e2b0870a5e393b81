/** What the rows of a group bring to an aggregate, and their sums: rows of one pane are added for themselves, then the panes. */
import { type DataType, type IntegerType, isFloat } from '../types.ts'
import type { Value } from './expr.ts'
import { checked } from './functions/arithmetic.ts'

/** One row of a group as an aggregate sees it: the values of its arguments, and the event time. */
export interface Contribution {
  readonly values: readonly Value[]
  /** Event time where the stream has one, else the arrival number. */
  readonly time: bigint
  /** Row number modulo FLOAT_LANES where all rows are one group, else 0: order of addition of floats. */
  readonly lane: number
  /** The part of its window that it fell into: rows of one are aggregated for themselves, then the parts in order. */
  readonly pane: string
}

/** Partial sums of floats where all rows are one group; a power of two. */
export const FLOAT_LANES = 8

/** The rows of each pane, in the order of panes. */
export const panesOf = (rows: readonly Contribution[]): readonly (readonly Contribution[])[] =>
  [...new Set(rows.map(({ pane }) => pane))].map(name => rows.filter(({ pane }) => pane === name))

/** The value of the first argument of each row, pane by pane. */
export const valuesOf = (rows: readonly Contribution[]): readonly Value[] =>
  panesOf(rows)
    .flat()
    .map(({ values: [value] }) => value)

/** A step that leaves the range is the fault of what makes it: of a row, or of the window whose panes are added. */
const addIntegers = (values: readonly bigint[], type: IntegerType): bigint =>
  values.reduce((sum, value) => checked(sum + value, type) as bigint, 0n)

/** In arrival order for each lane. */
function addFloats(rows: readonly Contribution[]): number {
  const lanes = new Array<number>(FLOAT_LANES).fill(0)
  for (const { values, lane } of rows) lanes[lane] += Number(values[0])
  return addLanes(lanes)
}

export function sumOf(rows: readonly Contribution[], type: DataType): bigint | number {
  const panes = panesOf(rows)
  if (isFloat(type)) return panes.map(addFloats).reduce((sum, value) => sum + value, 0)
  const integers = panes.map(pane => pane.map(({ values: [value] }) => BigInt(value as bigint | number)))
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
