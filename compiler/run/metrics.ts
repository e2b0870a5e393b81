/** Why is it not emitting? What each operator with state waits for, and who holds its time back: read between two calls. */
import type { Placement } from '../../ir/abi.ts'
import { printOperator } from '../../ir/logical/index.ts'
import {
  inputIdle,
  inputWatermark,
  type PipelineProgram,
  type PlanProgram,
} from '../../ir/physical/program.ts'
import type { LookupMetrics } from '../../runtime/dag/lookups.ts'
import type { Counters } from '../../runtime/dag/runner.ts'
import { controlOf, RowView } from '../../runtime/memory/control.ts'
import { readState, type StateAnalysis } from '../analyze/state.ts'
import { MAX_TIME, MIN_TIME } from '../lower/event-time.ts'
import type { PipelineSpec } from '../plan/split-pipelines.ts'
import type { SourceWatermark } from './watermarks.ts'

/** What an open query has done and what it waits for. */
export interface QueryMetrics {
  /** Rows so far. */
  readonly counters: Counters
  /** How far each source has come. */
  readonly sources: readonly SourceWatermark[]
  /** The operators that keep state, in the order in which rows come to them. */
  readonly operators: readonly OperatorMetrics[]
  /** What was looked up in tables, in the order of the plan. */
  readonly lookups: readonly LookupMetrics[]
}

/** What an operator with state waits for. */
export interface OperatorMetrics {
  /** As explain prints it, with parameters in place of literals. */
  readonly operator: string
  /** The pipeline that it is in. */
  readonly pipeline: number
  /** The watermark that drives it, in ticks of its time column; undefined before the first, and when all input has ended. */
  readonly watermark: bigint | undefined
  /** The watermark at which its next window closes or its next result is due; undefined where only the end of input does. */
  readonly nextAt: bigint | undefined
  /** The source whose watermark is the least of those that count; undefined when all input has ended. */
  readonly heldBackBy: HoldBack | undefined
  /** Rows that were late for it. */
  readonly late: bigint
  /** Its tables: keys, open windows, distinct texts, with their bytes and limits. */
  readonly state: readonly StateAnalysis[]
}

/** Who holds a watermark back. */
export interface HoldBack {
  /** Its name. */
  readonly source: string
  /** In ticks of its time column; undefined before the first. */
  readonly watermark: bigint | undefined
  /** When it last moved, or the query was opened, in milliseconds since 1970. */
  readonly sinceMs: number
  /** The partition that is the furthest behind, where the source has any: see `sources`. */
  readonly partition: unknown
}

export interface MetricsParts {
  readonly program: PlanProgram
  readonly specs: readonly PipelineSpec[]
  readonly placements: readonly Placement[]
  readonly counters: Counters
  readonly sources: readonly SourceWatermark[]
  readonly lookups: readonly LookupMetrics[]
  /** When the watermark of a source last moved. */
  readonly movedMs: (source: number) => number
}

export function readMetrics(parts: MetricsParts): QueryMetrics {
  const { specs, counters, sources, lookups } = parts
  const operators = specs.flatMap(({ id, stateful }) =>
    stateful ? [readOperator(parts, id, printOperator(stateful))] : [],
  )
  return { counters, sources, operators, lookups }
}

function readOperator(parts: MetricsParts, id: number, operator: string): OperatorMetrics {
  const [program, placement] = [parts.program.pipelines[id], parts.placements[id]]
  const { deadline, time, growables } = program
  const next = deadline && new RowView(placement, deadline.mem).getLong(deadline.field)
  return {
    operator,
    pipeline: id,
    watermark: timeOf(new RowView(placement, time).getLong('wm')),
    nextAt: next === undefined ? undefined : timeOf(next),
    heldBackBy: holderOf(parts, id),
    late: controlOf(placement).getLong('late_dropped'),
    state: growables.map(growable => readState(growable, placement)),
  }
}

const timeOf = (ticks: bigint): bigint | undefined =>
  ticks === MIN_TIME || ticks === MAX_TIME ? undefined : ticks

/** Up the plan, at each union to the input that is the furthest behind. */
function holderOf(parts: MetricsParts, id: number): HoldBack | undefined {
  const { input } = parts.program.pipelines[id]
  if (input.kind === 'source') return holdBackOf(parts, input.name)
  if (input.kind === 'answers') return undefined
  const from = input.from[slowestOf(parts.program.pipelines[id], parts.placements[id])]
  return from === undefined ? undefined : holderOf(parts, from)
}

/** The number of the input whose watermark is the least of those that are open and not idle, or else of all open ones. */
function slowestOf({ input, inputTimes, lookup }: PipelineProgram, placement: Placement): number {
  const count = input.kind === 'edge' ? input.from.length : 0
  if (!inputTimes || lookup) return 0
  const times = new RowView(placement, inputTimes)
  const all = Array.from({ length: count }, (_, n) => ({
    n,
    time: times.getLong(inputWatermark(n)),
    isIdle: times.get(inputIdle(n)) !== 0,
  }))
  const open = all.filter(({ time }) => time < MAX_TIME)
  const active = open.filter(({ isIdle }) => !isIdle)
  const [slowest] = (active.length > 0 ? active : open).toSorted((a, b) => (a.time < b.time ? -1 : 1))
  return slowest?.n ?? -1
}

function holdBackOf({ sources, movedMs }: MetricsParts, name: string): HoldBack | undefined {
  const number = sources.findIndex(({ source }) => source === name)
  const { watermark, partitions } = sources[number]
  if (watermark === MAX_TIME) return undefined
  const holder = partitions?.holder
  return {
    source: name,
    watermark,
    sinceMs: holder?.sinceMs ?? movedMs(number),
    partition: holder?.partition,
  }
}
