/** Windows of event time and of rows as users write them, and as the plan has them. */
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import type { WindowSpec } from '../../../ir/logical/window.ts'
import type { TimestampType } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import type { Duration } from './types.ts'

interface OnGrid<K extends string> {
  /** The column of event time. */
  readonly column: K
  /** How long each is. */
  readonly size: Duration
  /** How far the starts are moved. */
  readonly offset: Duration | undefined
}

/** A tumbling window of event time. */
export interface TumblingWindow<K extends string> extends OnGrid<K> {
  /** Side by side: a row belongs to one window. */
  readonly kind: 'tumble'
}

/** A hopping window of event time. */
export interface HoppingWindow<K extends string> extends OnGrid<K> {
  /** Overlapping: a row belongs to size / slide windows. */
  readonly kind: 'hop'
  /** From the start of one to the start of the next. */
  readonly slide: Duration
}

/** A cumulating window of event time. */
export interface CumulatingWindow<K extends string> extends OnGrid<K> {
  /** Growing: from the same start to the end of each step. */
  readonly kind: 'cumulate'
  /** From the end of one to the end of the next. */
  readonly step: Duration
}

/** A session of event time. */
export interface SessionWindow<K extends string> {
  /** From the first row of a key to the gap behind the last, as long as rows keep coming. */
  readonly kind: 'session'
  /** The column of event time. */
  readonly column: K
  /** How long no row comes before it ends. */
  readonly gap: Duration
  /** Does a row that comes exactly a gap behind the last one still join? */
  readonly inclusive: boolean
}

/** Windows whose bounds are known when their rows are aggregated: a row may belong to several, or to one that grows. */
export type GroupedWindow<K extends string> = HoppingWindow<K> | CumulatingWindow<K> | SessionWindow<K>

/** Windows of so many rows of a group, in order of arrival. */
export interface CountWindow {
  /** By the number of rows: no event time is needed. */
  readonly kind: 'count'
  /** Rows that a window has. */
  readonly size: number
  /** Rows from the end of one to the end of the next. */
  readonly slide: number
}

/** Windows of one size, side by side: `tumble('ts', '1h')`. Starts lie at whole sizes since 1970, plus the offset. */
export const tumble = <const K extends string>(
  column: K,
  size: Duration,
  offset?: Duration,
): TumblingWindow<K> => ({ kind: 'tumble', column, size, offset })

/**
 * Windows of one size that start at every slide: `hop('ts', '1h', '5m')` is the last hour every five minutes. Starts lie at
 * whole slides since 1970, plus the offset. What a row costs does not depend on how many windows it belongs to.
 */
export const hop = <const K extends string>(
  column: K,
  size: Duration,
  slide: Duration,
  offset?: Duration,
): HoppingWindow<K> => ({ kind: 'hop', column, size, slide, offset })

/**
 * Windows that grow: `cumulate('ts', '1d', '1h')` is the day so far at the end of each hour. Starts lie at whole sizes since
 * 1970, plus the offset; the size is a whole number of steps.
 */
export const cumulate = <const K extends string>(
  column: K,
  size: Duration,
  step: Duration,
  offset?: Duration,
): CumulatingWindow<K> => ({ kind: 'cumulate', column, size, step, offset })

/**
 * A window for each run of rows of a key: `session('ts', '30m')` ends 30 minutes behind the last row that came less than 30
 * minutes behind another, in whatever order they came. `inclusive`: exactly the gap joins as well.
 */
export const session = <const K extends string>(
  column: K,
  gap: Duration,
  { inclusive = false }: { readonly inclusive?: boolean } = {},
): SessionWindow<K> => ({ kind: 'session', column, gap, inclusive })

/**
 * Windows of `size` rows of each group, in order of arrival: `countWindow(100)` has a result for every 100 rows of a group,
 * handed out with the row that fills the window. With a slide, `countWindow(100, { slide: 10 })`, there is one every 10 rows,
 * over the last 100, or as many as there are yet. When the input ends, each window that rows have come to since the last
 * result leaves as it is. A group is kept until then, so their number is limited: LDB-8013.
 */
export const countWindow = (
  size: number,
  { slide = size }: { readonly slide?: number } = {},
): CountWindow => ({ kind: 'count', size, slide })

export const rowWindowOf = ({ size, slide }: CountWindow): RowWindow => ({ sizeRows: size, slideRows: slide })

/** In ticks of the time column. LDB-2002 where a duration is no whole number of them. */
export function specOf(
  spec: TumblingWindow<string> | GroupedWindow<string>,
  type: TimestampType,
): WindowSpec {
  const { column } = spec
  const ticks = (duration: Duration): bigint => ticksOf(duration, type)
  if (spec.kind === 'session')
    return { kind: 'session', column, gapTicks: ticks(spec.gap), isInclusive: spec.inclusive }
  const grid = {
    column,
    sizeTicks: ticks(spec.size),
    offsetTicks: spec.offset === undefined ? 0n : ticks(spec.offset),
  }
  switch (spec.kind) {
    case 'tumble':
      return { kind: 'tumble', ...grid }
    case 'hop':
      return { kind: 'hop', ...grid, slideTicks: ticks(spec.slide) }
    case 'cumulate':
      return { kind: 'cumulate', ...grid, stepTicks: ticks(spec.step) }
  }
}
