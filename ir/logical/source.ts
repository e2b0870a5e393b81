/** source: rows that come from outside, with the event time and watermark that their owner declares. */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn, printSchema, type Schema } from '../schema.ts'
import { isList, isTimestamp } from '../types.ts'
import { type AlignmentSpec, checkAlignment, printAlignment } from './alignment.ts'
import type { OperatorRule } from './operator.ts'
import { checkIdle, checkPartition, type PartitionSpec, printPartition } from './partition.ts'
import type { Relation } from './relation.ts'

/** The watermark is the largest time seen less the delay. */
export interface WatermarkSpec {
  readonly column: string
  readonly delayTicks: bigint
  /** A column of booleans: only the times of rows where it is true count. */
  readonly marker?: string
  /** When it moves: behind each row (the default), or behind the last row of each batch that was pushed. */
  readonly moves?: 'row' | 'batch'
  /** Set where parts of the source have watermarks of their own. */
  readonly partition?: PartitionSpec
  /** Milliseconds of the clock after which a source that gets no rows holds back nothing that it comes together with. */
  readonly idleMs?: bigint
  /** Set where it belongs to sources that do not run ahead of each other. */
  readonly alignment?: AlignmentSpec
  /** What becomes of rows whose time is ahead of the clock by more than so many ticks. They never move the watermark. */
  readonly ahead?: { readonly ticks: bigint; readonly policy: 'keep' | 'refuse' }
  /** What it follows: the times of rows (the default), or the clock, which no row moves. */
  readonly follows?: 'rows' | 'clock'
}

export interface Source {
  readonly kind: 'source'
  readonly name: string
  readonly watermark: WatermarkSpec | undefined
  readonly relation: Relation
}

export function source(name: string, schema: Schema, watermark?: WatermarkSpec): Source {
  checkSchema(schema)
  for (const { name, type } of schema)
    if (isList(type))
      throw new MillraceError('LDB-1001', `the column '${name}' of the source is a list (${type})`, {
        fix: 'give the source one row for each value: arrayAgg makes lists of them',
      })
  if (watermark) checkWatermark(schema, watermark)
  const time = watermark && { columns: [watermark.column], window: undefined }
  return { kind: 'source', name, watermark, relation: { schema, time, isChangelog: false } }
}

/** When a source that gets no rows is idle: with partitions, when the last of them is. */
export const idleMsOf = ({ idleMs, partition }: WatermarkSpec): bigint | undefined =>
  idleMs ?? partition?.idleMs

function checkWatermark(schema: Schema, spec: WatermarkSpec): void {
  const { column, delayTicks, marker, moves = 'row', partition, ahead, idleMs, alignment } = spec
  const found = findColumn(schema, column)
  if (!found) throw new MillraceError('LDB-1100', `no column '${column}' to be the time of the source`)
  if (!isTimestamp(found.type)) {
    throw new MillraceError('LDB-1200', `the time column '${column}' is ${found.type}, not a timestamp`)
  }
  const marks = marker === undefined ? undefined : findColumn(schema, marker)
  if (marker !== undefined && !marks)
    throw new MillraceError('LDB-1100', `no column '${marker}' to be the marker`)
  if (marks && marks.type !== 'bool')
    throw new MillraceError('LDB-1200', `the marker '${marker}' is ${marks.type}, not a bool`)
  if (delayTicks < 0n) throw new MillraceError('LDB-0001', 'the out-of-orderness must not be negative')
  if (partition) checkPartition(schema, partition, moves)
  checkIdle('a source', idleMs)
  if (alignment) checkAlignment(alignment)
  if (ahead && (ahead.ticks < 0n || ahead.ticks > AHEAD_MAX))
    throw new MillraceError('LDB-0001', `a row cannot be ahead of the clock by ${ahead.ticks} ticks`)
  checkClock(spec)
}

function checkClock({ follows, marker, moves, partition, idleMs, alignment }: WatermarkSpec): void {
  const isAboutRows =
    marker !== undefined || moves === 'batch' || partition || idleMs !== undefined || alignment
  if (follows === 'clock' && isAboutRows)
    throw new MillraceError('LDB-1001', 'a watermark that follows the clock is not moved by rows', {
      fix: 'leave out marker, watermarkMoves, partition, idleAfter and align',
    })
}

/** Added to a time of the clock it is still a time. */
const AHEAD_MAX = 1n << 61n

export const sourceRule: OperatorRule<Source> = {
  inputs: () => [],
  exprs: () => [],
  accepts: [],
  print: ({ name, watermark, relation }) => {
    const time = watermark ? ` watermark ${printWatermark(watermark)}` : ''
    return `source ${printName(name)} (${printSchema(relation.schema)})${time}`
  },
}

function printWatermark(spec: WatermarkSpec): string {
  const { column, delayTicks, marker, moves = 'row', partition, ahead, idleMs, alignment, follows } = spec
  const where = marker === undefined ? '' : ` where ${printName(marker)}`
  if (follows === 'clock') return `${printName(column)} by the clock - ${delayTicks}${printAhead(ahead)}`
  const idle = idleMs === undefined ? '' : ` idle after ${idleMs} ms`
  const parts = partition ? printPartition(partition) : ''
  const group = alignment ? printAlignment(alignment) : ''
  return `${printName(column)} - ${delayTicks}${where}${moves === 'row' ? '' : ' by batch'}${printAhead(ahead)}${idle}${parts}${group}`
}

const printAhead = (ahead: WatermarkSpec['ahead']): string =>
  ahead ? ` ahead by ${ahead.ticks} at most${ahead.policy === 'refuse' ? ', others refused' : ''}` : ''
