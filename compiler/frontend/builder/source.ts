/** Declaring a source: its columns, and the one that carries event time. */
import { source as sourceNode, type WatermarkSpec } from '../../../ir/logical/source.ts'
import { type Columns, type ColumnType, findColumn, type Schema } from '../../../ir/schema.ts'
import { isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { unknownColumn } from './columns.ts'
import { ticksOf } from './duration.ts'
import type { ChangeColumn } from './emit.ts'
import { Stream } from './stream.ts'
import type { Duration, Flat, NamesOf } from './types.ts'

/** What a source is, apart from its columns. */
export interface SourceOptions<K extends string, M extends string = string, C extends string = never> {
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
  /**
   * A column of int8 that says what each row is: 0 insert, 1 delete, 2 update before, 3 update after. The stream is one of changes
   * then, and that column is called `$op`. A row with another code is rejected with LDB-9006.
   */
  readonly changes?: C
}

/** The columns of a source, whose column `C` holds codes of changes if there is one. */
export type SourceColumns<S extends Columns, C extends string> = [C] extends [never]
  ? S
  : Omit<S, C> & ChangeColumn

/**
 * A stream of rows that come from outside under a name: `source('flights', { at: t.timestamp('us'), delay: t.int64 },
 * { time: 'at' })`. LDB-1100 where the time is no column, LDB-2002 where the out-of-orderness is no duration.
 */
export function source<const S extends Columns, const C extends NamesOf<S, 'int8'> = never>(
  name: string,
  columns: S,
  options: SourceOptions<NamesOf<S, TimestampType>, NamesOf<S, 'bool'>, C> = {},
): Stream<Flat<SourceColumns<{ readonly [K in keyof S]: ColumnType<S[K]['type'], S[K]['nullable']> }, C>>> {
  const schema: Schema = Object.entries(columns).map(([column, { type, nullable }]) => ({
    name: column,
    type,
    nullable,
  }))
  const rows = new Stream<Columns>(sourceNode(name, schema, watermarkOf(schema, options)))
  const { changes } = options
  return (changes === undefined ? rows : rows.asChanges(changes as never)) as never
}

function watermarkOf(
  schema: Schema,
  options: SourceOptions<string, string, string>,
): WatermarkSpec | undefined {
  const { time: column, outOfOrderness = '0s', marker, watermarkMoves } = options
  if (column === undefined) return undefined
  const type = findColumn(schema, column)?.type
  if (!type) throw unknownColumn(column, schema, 'time of the source')
  return {
    ...{ column, delayTicks: isTimestamp(type) ? ticksOf(outOfOrderness, type) : 0n },
    ...(marker !== undefined && { marker }),
    ...(watermarkMoves === 'batch' && { moves: watermarkMoves }),
  }
}
