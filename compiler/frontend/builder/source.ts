/** Declaring a source: its columns, and the one that carries event time. */
import { MillraceError } from '../../../ir/errors.ts'
import type { AlignmentSpec, DriftPolicy } from '../../../ir/logical/alignment.ts'
import type { PartitionSpec } from '../../../ir/logical/partition.ts'
import { source as sourceNode, type WatermarkSpec } from '../../../ir/logical/source.ts'
import { type Columns, type ColumnType, findColumn, type Schema } from '../../../ir/schema.ts'
import { type DataType, isTimestamp, type TimestampType } from '../../../ir/types.ts'
import { unknownColumn } from './columns.ts'
import { ticksOf } from './duration.ts'
import type { ChangeColumn } from './emit.ts'
import { Stream } from './stream.ts'
import type { Duration, Flat, NamesOf } from './types.ts'

/** What a source is, apart from its columns. */
export interface SourceOptions<
  K extends string,
  M extends string = string,
  P extends string = never,
  C extends string = never,
> {
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
   * A column whose values part the stream: each partition has a watermark of its own, and that of the source is the least of
   * them. It never goes back: rows of a partition that comes later may be late.
   */
  readonly partition?: P
  /** How many partitions must have appeared before the watermark moves. Default: it does not wait. */
  readonly partitions?: number
  /**
   * How long the source may get no rows, by the clock of the query, before it is idle; at least a millisecond. An idle source
   * does not hold back what it comes together with in a union; a row wakes it, and may be late by then. It is found idle no
   * later than half of that time behind it; rows that wait to be read keep it awake. On its own a source has nobody to hold
   * back. With `partition` that is also how long a partition may get no rows before it holds back the watermark of the source:
   * where all are idle, that is the largest of theirs. Default: for ever.
   */
  readonly idleAfter?: Duration
  /** The most partitions that are known at a time. Default: 65,536. */
  readonly partitionsMax?: number
  /**
   * What happens when one more appears. `'fail'` (default): LDB-2006, the rest of the batch is not taken. `'forget'`: the
   * partition that has been idle for longest is forgotten and counted; LDB-2006 where none is idle.
   */
  readonly onPartitionsMax?: 'fail' | 'forget'
  /**
   * What closes a window to a row: the watermark of the source (default), or that of its own partition as well, which is
   * ahead of it where others lag behind. Windows leave by the watermark of the source either way.
   */
  readonly lateBy?: 'source' | 'partition'
  /**
   * What the watermark follows: the times of rows (default), or the clock of the query, less the out-of-orderness. It is raised
   * before each batch, and ten times a second while none comes.
   */
  readonly watermark?: 'event time' | 'processing time'
  /**
   * How far the time of a row may be ahead of the clock. A row that is further ahead, of a producer whose clock is wrong,
   * does not move the watermark and is counted (`ahead` of `live.watermarks()`). Default: any.
   */
  readonly maxAhead?: Duration
  /** What becomes of such a row. `'keep'` (default): it goes on. `'refuse'`: it is faulty, LDB-2007. */
  readonly onAhead?: 'keep' | 'refuse'
  /**
   * The name of a group: sources of a query that belong to it do not run ahead of each other by more than `maxDrift`. That is
   * the watermark of one less the least of the others, of those that are not idle and have not ended.
   */
  readonly align?: string
  /** How far ahead of the group a source may be; the same for all of them. Exactly as much is not too far. Default: 5 minutes. */
  readonly maxDrift?: Duration
  /**
   * What becomes of a source that is too far ahead. `'pause'` (default): it is not read until the others have caught up, have
   * ended or are idle. `run` does not ask it for more; `live.source(name).push` throws LDB-2008 and takes nothing, `pushInTurn`
   * waits. Batches are taken whole, so a source may be ahead by one batch more. One that has no watermark yet holds all others
   * back, as nobody knows how far behind it is: say `idleAfter` where it may never have rows. `'warn'`: LDB-2009 is told to
   * `onDiagnostic`, once each time that it gets too far ahead. `'drop'`: rows whose time less the out-of-orderness is too far
   * ahead of the others are dropped, row by row, and counted (`counters.drifted`); they move no watermark. Under both, sources
   * without a watermark do not count.
   */
  readonly onDrift?: DriftPolicy
  /**
   * A column of int8 that says what each row is: 0 insert, 1 delete, 2 update before, 3 update after. The stream is one of changes
   * then, and that column is called `$op`. A row with another code is rejected with LDB-9006.
   */
  readonly changes?: C
}

const PARTITIONS_MAX_DEFAULT = 1 << 16
const MAX_DRIFT_DEFAULT: Duration = '5m'

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
  options: SourceOptions<NamesOf<S, TimestampType>, NamesOf<S, 'bool'>, keyof S & string, C> = {},
): Stream<Flat<SourceColumns<{ readonly [K in keyof S]: ColumnType<S[K]['type'], S[K]['nullable']> }, C>>> {
  const schema: Schema = Object.entries(columns).map(([column, { type, nullable }]) => ({
    name: column,
    type,
    nullable,
  }))
  checkOptions(options)
  const rows = new Stream<Columns>(sourceNode(name, schema, watermarkOf(schema, options)))
  const { changes } = options
  return (changes === undefined ? rows : rows.asChanges(changes as never)) as never
}

function watermarkOf(schema: Schema, options: AnyOptions): WatermarkSpec | undefined {
  const { time: column, outOfOrderness = '0s', marker, watermarkMoves } = options
  if (column === undefined) return undefined
  const type = findColumn(schema, column)?.type
  if (!type) throw unknownColumn(column, schema, 'time of the source')
  return {
    ...{ column, delayTicks: ticksIn(outOfOrderness, type) },
    ...(marker !== undefined && { marker }),
    ...(watermarkMoves === 'batch' && { moves: watermarkMoves }),
    ...(options.watermark === 'processing time' && { follows: 'clock' as const }),
    ...(options.maxAhead !== undefined && {
      ahead: { ticks: ticksIn(options.maxAhead, type), policy: options.onAhead ?? 'keep' },
    }),
    ...(options.partition === undefined
      ? idleOf(options)
      : { partition: partitionOf(options.partition, options) }),
    ...(options.align !== undefined && { alignment: alignmentOf(options.align, options, type) }),
  }
}

const alignmentOf = (
  group: string,
  { maxDrift = MAX_DRIFT_DEFAULT, onDrift: policy = 'pause' }: AnyOptions,
  type: DataType,
): AlignmentSpec => ({ group, driftTicks: ticksIn(maxDrift, type), policy })

/** A time column that is none is refused where the plan is made. */
const ticksIn = (duration: Duration, type: DataType): bigint =>
  isTimestamp(type) ? ticksOf(duration, type) : 0n

type AnyOptions = SourceOptions<string, string, string, string>

/** Options that say nothing without another one. */
const dependent: readonly (readonly [keyof AnyOptions, keyof AnyOptions])[] = [
  ['partition', 'time'],
  ['partitions', 'partition'],
  ['idleAfter', 'time'],
  ['partitionsMax', 'partition'],
  ['onPartitionsMax', 'partition'],
  ['lateBy', 'partition'],
  ['watermark', 'time'],
  ['maxAhead', 'time'],
  ['onAhead', 'maxAhead'],
  ['align', 'time'],
  ['maxDrift', 'align'],
  ['onDrift', 'align'],
]

function checkOptions(options: AnyOptions): void {
  for (const [option, needed] of dependent)
    if (options[option] !== undefined && options[needed] === undefined)
      throw new MillraceError('LDB-0002', `${option} says nothing without ${needed}`)
}

/** A millisecond is what the clock counts in. */
const CLOCK_TYPE = 'timestamp[ms]'

const idleOf = ({ idleAfter }: AnyOptions): { readonly idleMs?: bigint } =>
  idleAfter === undefined ? {} : { idleMs: ticksOf(idleAfter, CLOCK_TYPE) }

function partitionOf(column: string, options: AnyOptions): PartitionSpec {
  const { partitions: expected } = options
  return {
    column,
    ...(expected !== undefined && { expected }),
    ...idleOf(options),
    max: options.partitionsMax ?? PARTITIONS_MAX_DEFAULT,
    whenFull: options.onPartitionsMax ?? 'fail',
    lateBy: options.lateBy ?? 'source',
  }
}
