/** When results of an aggregation are handed out, as users say it. */
import { MillraceError } from '../../../ir/errors.ts'
import { checkEmit, type Emit, type EmitStrategy } from '../../../ir/logical/emit.ts'
import type { AssignedWindow } from '../../../ir/logical/relation.ts'
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import type { ColumnType } from '../../../ir/schema.ts'
import type { TimestampType } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import type { Duration } from './types.ts'

/** How an aggregation hands out its results. */
export interface EmitOptions {
  /**
   * `'close'` (default): once, when the watermark has passed the end of the window and the lateness behind it; without a window
   * when the input ends. `'final'`: the same, but late rows are only counted, and not handed to `onLate`. `'update'`: the new
   * result of a group after every row of it. `'changelog'`: the same as changes, with a column `$op`: 0 a new group, 2 what it
   * came to before, taken back, and right behind it 3 what it comes to now. The last two are for tumbling windows or none.
   * `{ everyRows: n }`: after every n rows of a group what it comes to by then, and at the end where rows have come since; only
   * without windows.
   */
  readonly emit?: EmitStrategy | EveryRows
  /** How long behind its end a window still takes rows. */
  readonly lateness?: Duration
}

/** Results by the number of rows. */
export interface EveryRows {
  /** Rows of a group from one result to the next. */
  readonly everyRows: number
}

/** What an aggregation that emits a changelog adds to its columns. */
export interface ChangeColumn {
  /** 0 a new group, 2 what it came to before, taken back, 3 what it comes to now. */
  readonly $op: ColumnType<'int8', false>
}

/** The column that tells changes apart, where they were asked for. */
export type ChangesOf<E> = E extends Changelog ? ChangeColumn : object

/** Options that ask for changes. */
export interface Changelog {
  /** As changes. */
  readonly emit: 'changelog'
}

/** That column of a stream of changes: it goes on with its rows. */
export type ChangesIn<S> = string extends keyof S ? object : Pick<S, '$op' & keyof S>

/** LDB-0001 for a lateness that is negative, or without windows; LDB-2002 where it is no whole number of ticks. */
export function emitOf({ emit = 'close', lateness }: EmitOptions = {}, window?: AssignedWindow): Emit {
  const strategy = typeof emit === 'string' ? emit : 'close'
  if (lateness === undefined) return { strategy, latenessTicks: 0n }
  if (!window) checkEmit({ strategy, latenessTicks: 1n }, false)
  return { strategy, latenessTicks: ticksOf(lateness, window?.type as TimestampType) }
}

/** The windows of rows that results are over: those of the stream, or all rows of a group, now and then. LDB-1001 for both. */
export function rowsOf({ emit }: EmitOptions = {}, windows?: RowWindow): RowWindow | undefined {
  if (typeof emit !== 'object') return windows
  if (windows)
    throw new MillraceError('LDB-1001', 'results every so many rows, of windows that have a result each', {
      fix: 'slide the windows by so many rows: countWindow(size, { slide })',
    })
  return { slideRows: emit.everyRows }
}
