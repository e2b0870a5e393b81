/** Declaring a source: its columns, and the one that carries event time. */
import { source as sourceNode } from '../../../ir/logical/source.ts'
import { type Columns, type ColumnType, findColumn, type Schema } from '../../../ir/schema.ts'
import { isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import { Stream, unknownColumn } from './stream.ts'
import type { Duration, NamesOf } from './types.ts'

/** What a source is, apart from its columns. */
export interface SourceOptions<K extends string, M extends string = string> {
  /** The column of event time. Without one there are no windows. */
  readonly time?: K
  /** How far a row may come behind the latest one; the watermark lags by as much. Default: not at all. */
  readonly outOfOrderness?: Duration
  /** A column of booleans: only rows where it is true move the watermark (a punctuated watermark). */
  readonly marker?: M
  /**
   * When the watermark moves. `'row'` (default): behind each row, so that how the stream is cut into batches makes no
   * difference to what is late and to what comes out. `'batch'`: behind the last row of each batch that is pushed; no row is
   * late by one of its own batch.
   */
  readonly watermarkMoves?: 'row' | 'batch'
}

/**
 * A stream of rows that come from outside under a name: `source('flights', { at: t.timestamp('us'), delay: t.int64 },
 * { time: 'at' })`. LDB-1100 where the time is no column, LDB-2002 where the out-of-orderness is no duration.
 */
export function source<const S extends Columns>(
  name: string,
  columns: S,
  options: SourceOptions<NamesOf<S, TimestampType>, NamesOf<S, 'bool'>> = {},
): Stream<{ readonly [K in keyof S]: ColumnType<S[K]['type'], S[K]['nullable']> }> {
  const schema: Schema = Object.entries(columns).map(([column, { type, nullable }]) => ({
    name: column,
    type,
    nullable,
  }))
  if (options.time === undefined) return new Stream(sourceNode(name, schema))
  const type = findColumn(schema, options.time)?.type
  if (!type) throw unknownColumn(options.time, schema, 'time of the source')
  const delayTicks = isTimestamp(type) ? ticksOf(options.outOfOrderness ?? '0s', type) : 0n
  const { time: column, marker, watermarkMoves } = options
  const watermark = {
    ...{ column, delayTicks },
    ...(marker !== undefined && { marker }),
    ...(watermarkMoves === 'batch' && { moves: watermarkMoves }),
  }
  return new Stream(sourceNode(name, schema, watermark))
}
