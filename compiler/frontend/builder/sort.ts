/** The order of rows as users write it. */
import { type SortKey, sortKey } from '../../../ir/logical/sort.ts'
import type { Schema } from '../../../ir/schema.ts'
import { keysOf } from './columns.ts'

/** A column in ascending order, or with what else there is to say of it. */
export type SortBy<K extends string> =
  | K
  | {
      /** The column. */
      readonly column: K
      /** The largest first. */
      readonly descending?: boolean
      /** Where rows without a value come. Null is the largest: last by default, and first in descending order. */
      readonly nulls?: 'first' | 'last'
    }

/** How many rows there are. */
export interface SortLimit {
  /** Of each window at most. */
  readonly limit?: number
}

/** LDB-1100 where a key is no column. */
export function sortKeysOf(schema: Schema, by: readonly SortBy<string>[]): readonly SortKey[] {
  const keys = by.map(key =>
    typeof key === 'string' ? sortKey(key) : sortKey(key.column, key.descending, key.nulls),
  )
  keysOf(
    schema,
    keys.map(({ column }) => column),
    'sort',
  )
  return keys
}
