/** What a running pipeline keeps, read from its memory: entries, bytes, event time. */

import type { Placement } from '../../ir/abi.ts'
import { regionBytes } from '../../ir/layout.ts'
import type { Growable, PipelineProgram } from '../../ir/physical/program.ts'
import { type DataType, isTimestamp, ticksPerSecond, unitOf } from '../../ir/types.ts'
import { controlOf, RowView } from '../../runtime/memory/control.ts'
import { MIN_TIME } from '../lower/event-time.ts'

/** A table of groups, open windows or distinct texts. */
export interface StateAnalysis {
  /** `groups`, `windows` or `texts`, or what an aggregate keeps besides. */
  readonly name: string
  /** Entries when the input ended, before what was open was emitted. */
  readonly entries: number
  /** The most there ever were. */
  readonly entriesPeak: number
  /** As many as there may be. */
  readonly entriesMax: number
  /** Bytes that it has grown to. */
  readonly bytes: number
  /** Bytes that it may grow to. */
  readonly bytesMax: number
}

/** What a growable state holds right now. */
export function readState({ name, head, heap, parts }: Growable, placement: Placement): StateAnalysis {
  const [row, control] = [new RowView(placement, head), controlOf(placement)]
  const bytesOf = (entries: number): number =>
    entries === 0
      ? 0
      : parts.reduce((sum, { mem, rowsPerUnit }) => sum + regionBytes(mem, entries * rowsPerUnit), 0)
  const entriesMax = control.get('limit')
  return {
    name,
    entries: row.get('live'),
    entriesPeak: row.get('high'),
    entriesMax,
    bytes: bytesOf(row.get('room')) + (heap ? new RowView(placement, heap).get('room') : 0),
    bytesMax: bytesOf(entriesMax) + (heap ? control.get('heap_limit') : 0),
  }
}

/** A moment of event time. */
export interface Moment {
  /** In ticks of the time column. */
  readonly ticks: string
  /** ISO 8601, where there is such a date. */
  readonly date: string | undefined
}

/** How far event time has come. */
export interface EventTimeAnalysis {
  /** The largest event time seen; undefined where none was, and for a pipeline that reads another. */
  readonly largest: Moment | undefined
  /** When the input ended, which raises it to the end of time; undefined before the first. */
  readonly watermark: Moment | undefined
}

/** What a pipeline keeps, and the rows that it dropped for their time. */
export interface PipelineFacts {
  readonly state: readonly StateAnalysis[]
  readonly eventTime: EventTimeAnalysis
  readonly late: number
  readonly nullTime: number
  readonly drifted: number
}

/** `timeType`: of the column that the watermark is about. */
export function readPipeline(
  { growables, time, drift }: PipelineProgram,
  placement: Placement,
  timeType: DataType | undefined,
): PipelineFacts {
  const [times, control] = [new RowView(placement, time), controlOf(placement)]
  return {
    state: growables.map(growable => readState(growable, placement)),
    eventTime: {
      largest: momentOf(times.getLong('max_ts'), timeType),
      watermark: momentOf(times.getLong('wm'), timeType),
    },
    late: Number(control.getLong('late_dropped')),
    nullTime: Number(control.getLong('null_time_dropped')),
    drifted: Number(drift ? new RowView(placement, drift).getLong('dropped') : 0n),
  }
}

/** How full it was and what the time was when the input ended; all else when what was open had been emitted. */
export const joinFacts = (atEnd: PipelineFacts, after: PipelineFacts): PipelineFacts => ({
  ...after,
  eventTime: atEnd.eventTime,
  state: after.state.map((state, i) => ({ ...state, entries: atEnd.state[i].entries })),
})

/** Milliseconds from 1970 that a Date can hold. */
const DATE_MAX = 8_640_000_000_000_000n

function momentOf(ticks: bigint, type: DataType | undefined): Moment | undefined {
  if (ticks === MIN_TIME) return undefined
  const isTime = type !== undefined && isTimestamp(type)
  const ms = isTime ? (ticks * 1000n) / ticksPerSecond[unitOf(type)] : undefined
  const isDate = ms !== undefined && ms <= DATE_MAX && ms >= -DATE_MAX
  return { ticks: String(ticks), date: isDate ? new Date(Number(ms)).toISOString() : undefined }
}
