/** Tables that rows are looked up in: their columns, and the key that names a row. */

import { MillraceError } from '../../../ir/errors.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { type LookupType, lookup, type TableSpec, tableSpec } from '../../../ir/logical/lookup.ts'
import type { Columns, RowOf, Schema } from '../../../ir/schema.ts'
import { MemoryTable } from '../../../runtime/lookup/memory-table.ts'
import { ticksOf } from './duration.ts'
import type { JoinedColumns } from './join.ts'
import type { Duration } from './types.ts'

/** Columns that can be the key of a table: those that are never null. */
type KeyOf<S extends Columns> = { [K in keyof S]: S[K]['nullable'] extends false ? K : never }[keyof S] &
  string

/** A table as queries know it: what it is called, its columns of schema `S`, and the columns `K` that name a row. */
export class Table<S extends Columns, K extends keyof S & string> {
  /** @internal */
  readonly spec: TableSpec
  /** The columns of its key. */
  readonly key: readonly K[]

  /** @internal */
  constructor(spec: TableSpec, key: readonly K[]) {
    this.spec = spec
    this.key = key
  }

  /** Its name, by which a query is given it when it is opened. */
  get name(): string {
    return this.spec.name
  }

  /** Its columns. */
  get schema(): Schema {
    return this.spec.schema
  }
}

/**
 * A table that rows are looked up in: `table('airports', { code: t.utf8, city: t.utf8 }, { key: ['code'] })`. Its rows are
 * given when the query is opened, under its name. LDB-3001 for a key that may be null, or has no columns.
 */
export function table<const S extends Columns, const K extends KeyOf<S>>(
  name: string,
  columns: S,
  { key }: { readonly key: readonly [K, ...K[]] },
): Table<S, K> {
  const schema = Object.entries(columns).map(([column, { type, nullable }]) => ({
    name: column,
    type,
    nullable,
  }))
  return new Table(tableSpec(name, schema, key), key)
}

/** The rows of a table, in memory; of rows with equal keys the last one counts. LDB-5020 for one that does not fit. */
export const memoryTable = <S extends Columns, K extends keyof S & string>(
  { spec }: Table<S, K>,
  rows: readonly RowOf<S>[] = [],
): MemoryTable => new MemoryTable(spec.schema, spec.key, rows)

/** For each column of the key of a table the column of the stream that is equal to it: `{ origin: 'code' }`. */
export type LookupKeys<S extends Columns, R extends Columns, K extends keyof R> = {
  readonly [C in keyof S]?: { [N in K]: R[N]['type'] extends S[C]['type'] ? N : never }[K]
}

/** What a lookup is, apart from its table and keys. */
export interface LookupJoinOptions {
  /** `'inner'` (default): rows whose key is in the table. `'left'`: all rows, with nulls where it is not. */
  readonly type?: LookupType
  /**
   * Do rows leave in order of arrival? That is the default: a row that waits for an answer holds those behind it. Without order
   * each leaves when its answer is there.
   */
  readonly ordered?: boolean
  /** How long an answer counts, by the clock of the query. Default: for ever; `live.invalidate` says what has changed. */
  readonly ttl?: Duration
  /**
   * The most keys that are remembered, found or not; those that have not been used for longest make room, roughly. Less where
   * `stateRows` is: three quarters of that. Default: 100,000.
   */
  readonly cacheRows?: number
  /**
   * Rows that may wait for answers; when there are as many no batch is begun: `run` does not read, `push` throws LDB-3013,
   * `pushInTurn` waits. Batches are taken whole, so there may be a batch more. Default: 65,536.
   */
  readonly waitingRows?: number
}

const CACHE_ROWS_DEFAULT = 100_000
const WAITING_ROWS_DEFAULT = 1 << 16

/** The columns behind a lookup. */
export type LookedUpColumns<
  S extends Columns,
  R extends Columns,
  O extends LookupJoinOptions,
> = JoinedColumns<S, R, { readonly type: O['type'] extends 'left' ? 'left' : 'inner' }>

/** A millisecond is what the clock counts in. */
const CLOCK_TYPE = 'timestamp[ms]'

/** The plan of a lookup. */
export function lookupIn(
  node: LogicalNode,
  table: TableSpec,
  keys: Readonly<Record<string, string | undefined>>,
  options: LookupJoinOptions = {},
): LogicalNode {
  const named = Object.entries(keys)
  const on = table.key.map(column => named.find(([, key]) => key === column)?.[0])
  const missing = table.key.find((_, i) => on[i] === undefined)
  if (missing !== undefined || named.length !== table.key.length)
    throw new MillraceError(
      'LDB-3001',
      `a lookup in '${table.name}' by ${named.map(([, key]) => key).join(', ')}`,
      {
        fix: `name a column for each of its key, once: ${table.key.join(', ')}`,
      },
    )
  const { type = 'inner', ordered = true, ttl } = options
  return lookup(node, {
    table,
    on: on.filter(name => name !== undefined),
    type,
    isOrdered: ordered,
    ttlMs: ttl === undefined ? undefined : ticksOf(ttl, CLOCK_TYPE),
    cacheRows: options.cacheRows ?? CACHE_ROWS_DEFAULT,
    waitingRows: options.waitingRows ?? WAITING_ROWS_DEFAULT,
  })
}
