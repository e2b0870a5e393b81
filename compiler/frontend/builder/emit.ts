/** When results of an aggregation are handed out, as users say it. */
import { MillraceError } from '../../../ir/errors.ts'
import type { Early, Emit, EmitStrategy } from '../../../ir/logical/emit.ts'
import type { Relation } from '../../../ir/logical/relation.ts'
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import { type ColumnType, findColumn } from '../../../ir/schema.ts'
import { isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import type { Duration } from './types.ts'

/** How an aggregation hands out its results. */
export interface EmitOptions {
  /**
   * `'close'` (default): once, when the watermark has passed the end of the window and the lateness behind it; without a window
   * when the input ends. `'final'`: the same, but late rows are only counted, and not handed to `onLate`. `'watermark'`: when
   * the watermark passes the end of the window, and again with each row that comes within the lateness behind it. `'update'`:
   * the new result of a group after every row of it. `'changelog'`: the same as changes, with a column `$op`: 0 a new group,
   * 2 what it came to before, taken back, and right behind it 3 what it comes to now; of two sessions that are joined
   * 1 the later one, taken back. Windows that overlap keep a row in each of them with all but `'close'` and `'final'`, and
   * with `early`, which costs as much as a row for each. Over changes a group may go: 1 is what it came to last; there are only `'close'`, `'final'` and
   * `'changelog'`. `{ everyRows: n }`: after every n rows of a group what it comes to by then, and at the end where rows have
   * come since; only without windows.
   */
  readonly emit?: EmitStrategy | EveryRows
  /** How long behind its end a window still takes rows. */
  readonly lateness?: Duration
  /** Results of groups that are not complete yet, beside those that `emit` says. */
  readonly early?: EarlyResults
  /** Results of `'watermark'`, and early ones, as changes: as `'changelog'` has them, with a column `$op`. */
  readonly changes?: boolean
}

/**
 * Whenever so much time has passed, each group that has changed since its last result gives its current one: a duration of
 * event time, or of that of a clock. Results leave at the multiples of the duration since 1970, `'event'` (default): as the
 * watermark passes them; `'processing'`: as the clock of the query does.
 */
export type EarlyResults = Duration | EarlyByClock

/** How often early results leave, and by which clock. */
export interface EarlyByClock {
  /** The time from one multiple to the next. */
  readonly every: Duration
  /** The watermark (the default), or the clock of the query. */
  readonly clock?: 'event' | 'processing'
}

/** Results by the number of rows. */
export interface EveryRows {
  /** Rows of a group from one result to the next. */
  readonly everyRows: number
}

/** What a stream of changes has beside its columns. */
export interface ChangeColumn {
  /** 0 a new row, 1 a row that is gone, 2 what a row was before, taken back, 3 what it is now. */
  readonly $op: ColumnType<'int8', false>
}

/** The column that tells changes apart, where they were asked for. */
export type ChangesOf<E> = E extends Changelog | AsChanges ? ChangeColumn : object

/** Options that ask for changes. */
export interface Changelog {
  /** As changes. */
  readonly emit: 'changelog'
}

/** The columns of rows that are read as changes by the column `C`. */
export type ChangesBy<S, C extends keyof S> = Omit<S, C> & ChangeColumn

/** The columns of changes that are read as rows, their codes in the column `C`. */
export type AsAppend<S, C extends string> = Omit<S, '$op'> & { readonly [K in C]: ColumnType<'int8', false> }

/** The columns of what keeps the latest row of each key. */
export type Latest<S, K extends keyof S, D> = Pick<S, K> &
  Omit<S, K | (D extends keyof S ? D : never)> &
  ChangeColumn

/** Columns that are no codes of changes. */
export type PlainNames<S> = Exclude<keyof S & string, '$op'>

/** Options that ask for changes, whatever the results are. */
export interface AsChanges {
  /** As changes. */
  readonly changes: true
}

/** That column of a stream of changes: it goes on with its rows. */
export type ChangesIn<S> = string extends keyof S ? object : Pick<S, '$op' & keyof S>

/** LDB-2002 where a duration is no whole number of ticks. What does not go together is refused by the plan. */
export function emitOf(options: EmitOptions | undefined, relation: Relation): Emit {
  const { emit = 'close', lateness, early, changes } = options ?? {}
  const type = timeTypeOf(relation)
  return {
    strategy: typeof emit === 'string' ? emit : 'close',
    latenessTicks: lateness === undefined ? 0n : eventTicks(lateness, type),
    ...(early !== undefined && { early: periodOf(early, relation) }),
    ...(changes && { changes }),
  }
}

/** How often something happens, and by which clock. */
export function periodOf(given: EarlyResults, relation: Relation): Early {
  const { every, clock = 'event' } = typeof given === 'string' ? { every: given } : given
  const type = timeTypeOf(relation)
  return { clock, every: clock === 'event' ? eventTicks(every, type) : ticksOf(every, 'timestamp[ms]') }
}

/** Without event time there are no ticks, and the plan says so. */
const eventTicks = (duration: Duration, type: TimestampType | undefined): bigint =>
  type ? ticksOf(duration, type) : 1n

/** The windows of rows that results are over: those of the stream, or all rows of a group, now and then. LDB-1001 for both. */
export function rowsOf({ emit }: EmitOptions = {}, windows?: RowWindow): RowWindow | undefined {
  if (typeof emit !== 'object') return windows
  if (windows)
    throw new MillraceError('LDB-1001', 'results every so many rows, of windows that have a result each', {
      fix: 'slide the windows by so many rows: countWindow(size, { slide })',
    })
  return { slideRows: emit.everyRows }
}

function timeTypeOf({ schema, time }: Relation): TimestampType | undefined {
  const type = time?.window?.type ?? findColumn(schema, time?.columns[0] ?? '')?.type
  return type && isTimestamp(type) ? type : undefined
}
