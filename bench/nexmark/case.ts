/** What a query of the bench is: the query itself, and what DuckDB makes of the same rows. */
import type { Columns, LookupSource, Stream } from '../../compiler/index.ts'
import type { NexmarkEvents } from './generator.ts'

export type SourceName = keyof NexmarkEvents

export interface NexmarkCase {
  readonly name: string
  /** What it asks, in a line. */
  readonly about: string
  readonly stream: Stream<Columns>
  /** The sources that it reads. */
  readonly sources: readonly SourceName[]
  /**
   * The same query over tables of these names; times are numbers of milliseconds. The columns of its rows are those of the
   * stream, in their order.
   */
  readonly sql: string
  /** Only the last row for each value of so many columns counts: results replace those before. */
  readonly latestBy?: number
  /** How many rows are timed, where a row costs so much that fewer must do. */
  readonly rows?: number
  /** The tables that it looks rows up in, by name. */
  readonly tables?: Readonly<Record<string, LookupSource>>
  /** Do rows carry the time at which they arrive? Then the clock stands there when they are pushed. */
  readonly arrives?: true
}
