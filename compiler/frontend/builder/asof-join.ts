/** Joins by the nearest time: what users say of them, and the columns that come out. */
import {
  type AsofDirection,
  type AsofParts,
  type AsofType,
  asofJoin,
  asofKeys,
  asofTime,
} from '../../../ir/logical/asof-join.ts'
import type { Columns, ColumnType } from '../../../ir/schema.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import { type Condition, conditionOf, type JoinedColumns } from './join.ts'
import { joinParams, type PlanParts } from './stream-params.ts'
import type { Duration, Flat, NamesOf } from './types.ts'

/** What is said of every join by the nearest time. */
export interface NearestOptions<L extends Columns = Columns, R extends Columns = Columns> {
  /** `'inner'` (default): rows that have found one. `'left'`: also those that have not, with nulls in place of it. */
  readonly type?: AsofType
  /** The columns of event time of this stream and of the other one, where they are not the first that each has. */
  readonly times?: readonly [NamesOf<L, TimestampType>, NamesOf<R, TimestampType>]
}

/** What an asof join is, apart from its condition. */
export interface AsofOptions<L extends Columns = Columns, R extends Columns = Columns>
  extends NearestOptions<L, R> {
  /**
   * `'backward'` (default): the last row that is not later. `'forward'`: the first that is not earlier. `'nearest'`: the nearer
   * of both, of two that are equally near the earlier one. Of several at one time the last to arrive is taken backward, and
   * the first forward.
   */
  readonly direction?: AsofDirection
  /** How far the row may be, that distance included. Needed where rows wait for one that is later. */
  readonly tolerance?: Duration
  /**
   * Does a row wait until no nearer one can come (default)? Else it takes what is there: that comes at once, and depends on
   * which of two streams was the faster.
   */
  readonly wait?: boolean
}

/** What a join with the versions of a table is, apart from its condition. */
export interface TemporalOptions<L extends Columns = Columns, R extends Columns = Columns>
  extends NearestOptions<L, R> {
  /**
   * `'event'` (default): the version that was valid at the event time of the row, which waits until no other can come.
   * `'processing'`: the one that came last; that needs no event time, and depends on which of two streams was the faster.
   */
  readonly versions?: 'event' | 'processing'
}

/** How a row is probed, apart from the condition. */
export interface ProbeOptions<L extends Columns = Columns, R extends Columns = Columns>
  extends NearestOptions<L, R> {
  /** The distances from the time of the row, each other, in any order; `'-5s'` is before it. */
  readonly offsets: readonly [Duration, ...Duration[]]
  /** The column that tells them, in ticks of the time column; `offset` where nothing is said. */
  readonly as?: string
  /** How far before each of these times the row may be, that distance included. */
  readonly tolerance?: Duration
}

/** Which rows a join gives, as those of other joins say it. */
interface TypeOfAsof<O extends Pick<NearestOptions, 'type'>> {
  /** What is said, or `'inner'`. */
  readonly type: O['type'] extends 'left' ? 'left' : 'inner'
}

/** The columns behind a join by the nearest time: those of the right side without what its changes are. */
export type AsofColumns<
  L extends Columns,
  R extends Columns,
  O extends Pick<NearestOptions, 'type'>,
> = JoinedColumns<L, Omit<R, '$op'>, TypeOfAsof<O>>

/** The same with the distance at which each row was probed. */
export type ProbedColumns<
  L extends Columns,
  R extends Columns,
  O extends Pick<ProbeOptions, 'type' | 'as'>,
> = Flat<
  Record<O['as'] extends string ? O['as'] : 'offset', ColumnType<'int64', false>> & AsofColumns<L, R, O>
>

export function asofStreams(sides: JoinedSides, options: AsofOptions = {}): PlanParts {
  const { direction = 'backward', tolerance, wait = true } = options
  return nearest(sides, options, true, ticks => ({
    direction,
    toleranceTicks: tolerance === undefined ? undefined : ticks(tolerance),
    waits: wait,
    probes: undefined,
  }))
}

export function temporalStreams(sides: JoinedSides, options: TemporalOptions = {}): PlanParts {
  const isByEvent = options.versions !== 'processing'
  return nearest(sides, options, isByEvent, () => ({
    direction: 'backward',
    toleranceTicks: undefined,
    waits: isByEvent,
    probes: undefined,
  }))
}

export function probedStreams(sides: JoinedSides, options: ProbeOptions): PlanParts {
  const { offsets, as: name = 'offset', tolerance } = options
  return nearest(sides, options, true, ticks => ({
    direction: 'backward',
    toleranceTicks: tolerance === undefined ? undefined : ticks(tolerance),
    waits: true,
    probes: { offsets: offsets.map(ticks).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)), name },
  }))
}

/** Both streams and the condition. */
export interface JoinedSides {
  readonly left: PlanParts
  readonly other: PlanParts
  readonly on: Condition
}

function nearest(
  { left, other, on }: JoinedSides,
  { type = 'inner', times: [l, r] = [] as never }: NearestOptions,
  isByTime: boolean,
  partsOf: (ticks: (duration: Duration) => bigint) => Omit<AsofParts, 'type' | 'keys' | 'times'>,
): PlanParts {
  const { node: right, params } = joinParams(left.params, other)
  const keys = asofKeys(left.node, right, conditionOf(left.node, right, on))
  const times = isByTime
    ? { left: asofTime(left.node, 'left', l), right: asofTime(right, 'right', r) }
    : undefined
  const column = times && findColumn(left.node.relation.schema, times.left)?.type
  const ticks = (duration: Duration): bigint =>
    column && isTimestamp(column) ? ticksOf(duration, column) : 0n
  return { node: asofJoin(left.node, right, { type, keys, times, ...partsOf(ticks) }), params }
}
