/** When results of an aggregation are handed out, as users say it. */
import { checkEmit, type Emit, type EmitStrategy } from '../../../ir/logical/emit.ts'
import type { AssignedWindow } from '../../../ir/logical/relation.ts'
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
   * came to before, taken back, and right behind it 3 what it comes to now. Over changes a group may go: 1 is what it came to
   * last. The last two are for tumbling windows or none; `'update'` is not for changes, as it could not say that a group is gone.
   */
  readonly emit?: EmitStrategy
  /** How long behind its end a window still takes rows. */
  readonly lateness?: Duration
}

/** What a stream of changes has beside its columns. */
export interface ChangeColumn {
  /** 0 a new row, 1 a row that is gone, 2 what a row was before, taken back, 3 what it is now. */
  readonly $op: ColumnType<'int8', false>
}

/** The column that tells changes apart, where they were asked for. */
export type ChangesOf<E> = E extends Changelog ? ChangeColumn : object

/** Options that ask for changes. */
export interface Changelog {
  /** As changes. */
  readonly emit: 'changelog'
}

/** The columns of rows that are read as changes by the column `C`. */
export type AsChanges<S, C extends keyof S> = Omit<S, C> & ChangeColumn

/** The columns of changes that are read as rows, their codes in the column `C`. */
export type AsAppend<S, C extends string> = Omit<S, '$op'> & { readonly [K in C]: ColumnType<'int8', false> }

/** The columns of what keeps the latest row of each key. */
export type Latest<S, K extends keyof S, D> = Pick<S, K> &
  Omit<S, K | (D extends keyof S ? D : never)> &
  ChangeColumn

/** Columns that are no codes of changes. */
export type PlainNames<S> = Exclude<keyof S & string, '$op'>

/** That column of a stream of changes: it goes on with its rows. */
export type ChangesIn<S> = string extends keyof S ? object : Pick<S, '$op' & keyof S>

/** LDB-0001 for a lateness that is negative, or without windows; LDB-2002 where it is no whole number of ticks. */
export function emitOf({ emit = 'close', lateness }: EmitOptions = {}, window?: AssignedWindow): Emit {
  if (lateness === undefined) return { strategy: emit, latenessTicks: 0n }
  if (!window) checkEmit({ strategy: emit, latenessTicks: 1n }, false)
  return { strategy: emit, latenessTicks: ticksOf(lateness, window?.type as TimestampType) }
}
