/** Rankings, as users say them. */
import type { SortColumn } from '../../../ir/logical/ordering.ts'
import type { RankEmit, RankFunction, RankSpec } from '../../../ir/logical/rank.ts'
import type { ColumnType, Schema } from '../../../ir/schema.ts'
import { keysOf } from './columns.ts'
import type { ChangeColumn } from './emit.ts'

/** A column to order rows by, ascending; or with more to say. */
export type SortKey<K extends string> = K | SortBy<K>

/** A column to order rows by. Numbers come before NaN, texts go by their bytes. */
export interface SortBy<K extends string> {
  /** Its name. */
  readonly column: K
  /** The largest value first. */
  readonly descending?: boolean
  /** Where nulls come; by default they are the largest of all. */
  readonly nulls?: 'first' | 'last'
}

/** Which rows of a stream come first. */
export interface RankOptions<K extends string> {
  /** The columns of whose values each combination has a ranking of its own; without any there is one. */
  readonly partitionBy?: readonly K[]
  /** The columns that rows are ordered by, the most important one first. */
  readonly orderBy: readonly [SortKey<K>, ...SortKey<K>[]]
  /** How many ranks are told. It must be said but with `emit: 'close'`: otherwise a row may change all that ever came. */
  readonly limit?: number
  /** How many ranks are passed over before those; 0 by default. */
  readonly offset?: number
  /**
   * How rows that are equal in the order are counted: `'row_number'` (default) 1, 2, 3, the first to come first; `'rank'`
   * 1, 1, 3; `'dense_rank'` 1, 1, 2. With the last two there may be more rows than the limit.
   */
  readonly by?: RankFunction
  /** The name of a column of ranks; without one, rows that only move are not told of. */
  readonly as?: string
  /** `'update'` (default): each row tells what it changes. `'close'`: rows of windows are given when their window closes. */
  readonly emit?: RankEmit
}

/** Options that ask for a column of ranks. */
export interface RankNamed<A extends string> {
  /** Its name. */
  readonly as: A
}

/** Options that ask for rows of windows when those close. */
export interface RankedAtClose {
  /** When the window closes. */
  readonly emit: 'close'
}

/** The rank column, where one was asked for. */
export type RankColumn<O> =
  O extends RankNamed<infer A> ? { readonly [K in A]: ColumnType<'int64', false> } : object

/** The columns of ranked rows, their rank, and what becomes of them where each row tells that. */
export type Ranked<S, O> = Omit<S, '$op'> & RankColumn<O> & (O extends RankedAtClose ? object : ChangeColumn)

export function rankOf(schema: Schema, options: RankOptions<string>): RankSpec {
  const { partitionBy = [], orderBy, limit, offset = 0, by = 'row_number', as, emit = 'update' } = options
  const keys = keysOf(schema, partitionBy)
  return { by, partitionBy: keys, orderBy: orderBy.map(sortColumn), limit, offset, as, emit }
}

export function sortColumn(key: SortKey<string>): SortColumn {
  const {
    column,
    descending = false,
    nulls,
  } = typeof key === 'string' ? { column: key } : (key as SortBy<string>)
  return { name: column, descending, nullsFirst: nulls === undefined ? descending : nulls === 'first' }
}
