/** What a table is that lies outside: whoever answers questions for keys. */
import type { RecordBatch } from 'apache-arrow'

/** A row of a table, or a key of one: columns by name. */
export type TableRow = Readonly<Record<string, unknown>>

/** What is wanted to be known of keys. */
export interface LookupRequest {
  /** The columns that are read, beside those of the key. Others may be left out. */
  readonly columns: readonly string[]
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** The rows of some keys, in any order; a key without a row is not there. */
export type LookupAnswer = RecordBatch | readonly TableRow[]

/**
 * A table that can be asked for rows by their keys. One that answers at once, and not by a promise, has its answers in the
 * results before a push returns.
 */
export interface LookupSource {
  /**
   * The rows of these keys, no two of which are equal: objects that have the columns of the key. What is thrown, or rejected, is
   * a failure: it is tried again.
   */
  query(keys: readonly TableRow[], request: LookupRequest): LookupAnswer | Promise<LookupAnswer>
  /** The most keys that it is asked for at once. Default: 500. */
  readonly maxBatch?: number
}
