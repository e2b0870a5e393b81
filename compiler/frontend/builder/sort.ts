/** The order of rows as users write it. */
import type { SortKey } from '../../../ir/logical/sort.ts'
import type { Schema } from '../../../ir/schema.ts'
import { keysOf } from './columns.ts'
import { type SortKey as OrderKey, sortColumn } from './rank.ts'

/** How many rows there are. */
export interface SortLimit {
  /** Of each window at most. */
  readonly limit?: number
}

/** LDB-1100 where a key is no column. */
export function sortKeysOf(schema: Schema, by: readonly OrderKey<string>[]): readonly SortKey[] {
  const keys = by.map(key => {
    const { name, ...order } = sortColumn(key)
    return { column: name, ...order }
  })
  keysOf(
    schema,
    keys.map(({ column }) => column),
    'sort',
  )
  return keys
}
