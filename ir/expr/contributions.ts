/** What the rows of a group bring to an aggregate, and their sums: rows of a part are added for themselves, then the parts. */
import {
  type DataType,
  DIGITS_MAX,
  decimalOf,
  decimalParts,
  type ExactType,
  isDecimal,
  isFloat,
  isUnsigned64,
} from '../types.ts'
import type { Value } from './expr.ts'
import { checked } from './functions/arithmetic.ts'

/** One row of a group as an aggregate sees it: the values of its arguments, and the event time. */
export interface Contribution {
  readonly values: readonly Value[]
  /** Event time where the stream has one, else the arrival number. */
  readonly time: bigint
  /** Row number modulo FLOAT_LANES where all rows are one group, else 0: order of addition of floats. */
  readonly lane: number
  /**
   * The parts that it came with, the outermost first: rows of a part stand together and are aggregated for themselves, then
   * joined to what came before them. Rows of none are added one by one.
   */
  readonly parts: readonly string[]
}

/** Partial sums of floats where all rows are one group; a power of two. */
export const FLOAT_LANES = 8

/** How rows are added to what is held, and how that of a part is joined to it. */
export interface Folding<T> {
  readonly none: T
  add(held: T, rows: readonly Contribution[]): T
  join(held: T, part: T): T
}

/** What all rows come to, part by part. */
export function fold<T>(rows: readonly Contribution[], folding: Folding<T>, depth = 0): T {
  const runs: { readonly part: string | undefined; readonly rows: Contribution[] }[] = []
  for (const row of rows) {
    const part = row.parts.at(depth)
    const last = runs.at(-1)
    if (last && last.part === part) last.rows.push(row)
    else runs.push({ part, rows: [row] })
  }
  return runs.reduce(
    (held, run) =>
      run.part === undefined
        ? folding.add(held, run.rows)
        : folding.join(held, fold(run.rows, folding, depth + 1)),
    folding.none,
  )
}

/** The value of the first argument of each row. */
export const valuesOf = (rows: readonly Contribution[]): readonly Value[] =>
  rows.map(({ values: [value] }) => value)

/** In arrival order for each lane. */
function addFloats(rows: readonly Contribution[]): number {
  const lanes = new Array<number>(FLOAT_LANES).fill(0)
  for (const { values, lane } of rows) lanes[lane] += Number(values[0])
  return addLanes(lanes)
}

const floats: Folding<number> = {
  none: 0,
  add: (held, rows) =>
    rows.every(({ lane }) => lane === 0)
      ? rows.reduce((sum, { values }) => sum + Number(values[0]), held)
      : held + addFloats(rows),
  join: (held, part) => held + part,
}

/** Integers are summed as checked 64-bit integers of their own signedness, floats as float64, decimals with all digits there are. */
export const sumType = (type: DataType): DataType => {
  if (isDecimal(type)) return decimalOf(DIGITS_MAX, decimalParts(type).scale)
  return isFloat(type) ? 'float64' : isUnsigned64(type) ? 'uint64' : 'int64'
}

/** A step that leaves the range is the fault of what makes it: of a row, or of what joins parts. */
const integersOf = (type: ExactType): Folding<bigint> => ({
  none: 0n,
  add: (held, rows) =>
    rows.reduce(
      (sum, { values }) => checked(sum + BigInt(values[0] as bigint | number), type) as bigint,
      held,
    ),
  join: (held, part) => checked(held + part, type) as bigint,
})

export const sumOf = (rows: readonly Contribution[], type: DataType): bigint | number =>
  isFloat(type) ? fold(rows, floats) : fold(rows, integersOf(type as ExactType))

/** Halves of the lanes are summed for themselves. */
const addLanes = (lanes: readonly number[]): number =>
  lanes.length === 1
    ? lanes[0]
    : addLanes(lanes.slice(0, lanes.length / 2)) + addLanes(lanes.slice(lanes.length / 2))
