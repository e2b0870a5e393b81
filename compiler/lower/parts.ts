/** What the kernels of a pipeline are written against: its regions, its operators, and the way of a row through them. */
import type { KernelBuilder } from '../../ir/kernel/build.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import { type History, waitsFor } from '../../ir/logical/history.ts'
import { keepsOneRow } from '../../ir/logical/rank.ts'
import {
  type BatchLimits,
  edgeRegion,
  type FixedRegion,
  type PipelineProgram,
} from '../../ir/physical/program.ts'
import { type Column, findColumn } from '../../ir/schema.ts'
import { isBytes } from '../../ir/types.ts'
import { isCheap, outputColumns, readColumns } from '../plan/needed-columns.ts'
import type { PipelineSpec, RowOperator, StatefulOperator } from '../plan/split-pipelines.ts'
import { watermark } from './event-time.ts'
import { type InputLayout, layoutInput } from './input.ts'
import { InputTimes } from './input-times.ts'
import { type FrameOptions, OperatorNames, rowScope, type SideOutputs } from './kernel-frame.ts'
import { growingTexts, Interner } from './lib/interner.ts'
import { AggregateStage } from './operators/aggregate.ts'
import { AsofJoinStage } from './operators/asof-join.ts'
import { ConsolidateStage } from './operators/consolidate.ts'
import { DeduplicateStage } from './operators/deduplicate.ts'
import { lowerFilter } from './operators/filter.ts'
import { FirstRowStage } from './operators/first-row.ts'
import { TEXTS } from './operators/groups.ts'
import { HistoryStage } from './operators/history.ts'
import { HistoryBehindStage } from './operators/history-behind.ts'
import { HistoryRangeStage } from './operators/history-range.ts'
import { IntervalJoinStage } from './operators/interval-join.ts'
import { LookupStage } from './operators/lookup.ts'
import { lowerMode } from './operators/mode.ts'
import { lowerProject } from './operators/project.ts'
import { RankStage } from './operators/rank.ts'
import { SortStage } from './operators/sort.ts'
import { lowerWindow } from './operators/window.ts'
import { errorRegion, lateRegion, layoutOutput } from './output.ts'
import { Partitions } from './partitions.ts'
import { countsRegion, RowCount } from './row-counts.ts'
import type { PlanScope, Row, RowScope } from './scope.ts'
import type { Stage, StatefulStage } from './stage.ts'

export interface PipelineOptions {
  readonly plan: PlanScope
  readonly limits: BatchLimits
  /** Does another pipeline read the output? */
  readonly feedsPipeline: boolean
  /** Must each watermark be handed on before the next row, whether results leave with it or not? */
  readonly passesPromptly: boolean
  /** Do kernels count the rows of each operator? */
  readonly counts: boolean
}

export class PipelineParts {
  readonly spec: PipelineSpec
  readonly options: PipelineOptions
  readonly output: PipelineProgram['output']
  readonly input: InputLayout
  /** The outputs of other pipelines, where rows come from there. */
  readonly edges: readonly Mem[]
  /** The watermarks of its inputs, where there are several, or where they come with the rows. */
  readonly inputTimes: InputTimes | undefined
  readonly out: Mem
  readonly sides: SideOutputs
  /** Rows of a side output. */
  readonly sideRows: number
  readonly head: readonly Stage[]
  readonly tail: readonly Stage[]
  readonly stateful: StatefulStage | undefined
  /** Those of the source, where they have watermarks of their own. */
  readonly partitions: Partitions | undefined
  /** The texts that name partitions. */
  readonly texts: Interner | undefined
  readonly operators = new OperatorNames()
  readonly counts: FixedRegion | undefined
  /** Are rows dropped by a mask on their way through the head? */
  readonly masked: boolean

  constructor(spec: PipelineSpec, options: PipelineOptions) {
    const { limits } = options
    this.spec = spec
    this.options = options
    this.output = outputColumns(spec, options.feedsPipeline)
    this.input = layoutInput(spec.source ? readColumns(spec, this.output) : [], limits)
    this.edges = spec.from.map((from, n) => edgeInput(spec, from.carriesTime, limits, n))
    this.out = layoutOutput(this.output, limits.outputRows, spec.carriesTime)
    this.sideRows = Math.max(limits.batchRows, limits.outputRows)
    this.sides = { late: lateRegion(this.sideRows), errors: errorRegion(this.sideRows) }
    this.head = spec.head.map(lowerRowOperator)
    this.tail = spec.tail.map((node, i) => lowerRowOperator(node, spec.head.length + i))
    this.texts = textsOf(spec)
    this.stateful = spec.stateful && lowerStateful(spec.stateful, options, this.texts)
    this.inputTimes = this.stateful?.times ?? inputTimesOf(spec)
    this.partitions = partitionsOf(spec, this.stateful?.growables.length ?? 0, this.texts)
    this.masked = (this.stateful?.masked ?? true) && isCheap(spec)
    this.counts = options.counts ? countsRegion(spec) : undefined
  }

  /** All state that grows. */
  get growables(): StatefulStage['growables'] {
    const { stateful, partitions, texts } = this
    const ownTexts = stateful ? [] : growingTexts(texts)
    return [...(stateful?.growables ?? []), ...(partitions?.growables ?? []), ...ownTexts]
  }

  /** Regions of one row that the source needs. */
  get sourceMems(): readonly Mem[] {
    const ownTexts = this.stateful ? [] : (this.texts?.fixed ?? [])
    return [...(this.partitions?.mems ?? []), ...ownTexts]
  }

  /** Has it partitions that can become idle, and nothing else for its kernel `advance` to do? */
  get onlySweeps(): boolean {
    return this.stateful === undefined && this.partitions?.canBeIdle === true
  }

  scope(frame: Omit<FrameOptions, 'plan' | 'sides' | 'operators'>): RowScope {
    return rowScope({ ...frame, plan: this.options.plan, sides: this.sides, operators: this.operators })
  }

  /** Counts the way of a row that `passed` operators have handed on already, where rows are counted. */
  count(k: KernelBuilder, passed: number): RowCount | undefined {
    return this.counts && new RowCount(k, this.counts.mem, passed)
  }
}

/** The column whose values are the partitions of the source. */
function partitionColumn({ source, inputSchema }: PipelineSpec): Column | undefined {
  const partition = source?.watermark?.partition
  return partition && findColumn(inputSchema, partition.column)
}

/** Texts that name partitions are kept in one place with those that groups keep: a dictionary knows one id for each. */
function textsOf(spec: PipelineSpec): Interner | undefined {
  const column = partitionColumn(spec)
  return column && isBytes(column.type) ? new Interner(TEXTS) : undefined
}

function partitionsOf(spec: PipelineSpec, id: number, texts: Interner | undefined): Partitions | undefined {
  const watermark = spec.source?.watermark
  const column = partitionColumn(spec)
  if (!watermark?.partition || !column) return undefined
  const { partition, delayTicks } = watermark
  return new Partitions({ spec: partition, column, delayTicks, id, texts })
}

/** Writes the way of a row through some operators, and `end` behind the last of them. */
export function runStages(
  stages: readonly Stage[],
  cx: RowScope,
  row: Row,
  end: (row: Row) => void,
  count: RowCount | undefined,
): void {
  const [first, ...rest] = stages
  if (!first) {
    end(row)
    return
  }
  first.push(cx, row, changed => {
    count?.pass(changed.mask)
    runStages(rest, cx, changed, end, count)
  })
}

/** `texts`: those of the source, which are kept in one place with its own. */
function lowerStateful(
  node: StatefulOperator,
  { plan, limits }: PipelineOptions,
  texts: Interner | undefined,
): StatefulStage {
  switch (node.kind) {
    case 'aggregate':
      return new AggregateStage(node, watermark, plan, texts)
    case 'asof_join':
      return new AsofJoinStage(node)
    case 'consolidate':
      return new ConsolidateStage(node, watermark, texts)
    case 'deduplicate':
      return new DeduplicateStage(node, watermark, texts)
    case 'history':
      return lowerHistory(node, plan, texts)
    case 'sort':
      return new SortStage(node, watermark, texts)
    case 'interval_join':
      return new IntervalJoinStage(node)
    case 'lookup':
      return new LookupStage(node, limits)
    case 'rank':
      return keepsOneRow(node) ? new FirstRowStage(node, texts) : new RankStage(node, watermark, texts)
  }
}

function lowerHistory(node: History, plan: PlanScope, texts: Interner | undefined): StatefulStage {
  switch (waitsFor(node)) {
    case 'nothing':
      return new HistoryStage(node, plan, texts)
    case 'time':
      return new HistoryRangeStage(node, watermark, plan, texts)
    case 'rows':
      return new HistoryBehindStage(node, watermark, texts)
  }
}

function lowerRowOperator(node: RowOperator, number: number): Stage {
  switch (node.kind) {
    case 'filter':
      return lowerFilter(node)
    case 'project':
      return lowerProject(node)
    case 'mode':
      return lowerMode(node)
    case 'window':
      return lowerWindow(node, number)
  }
}

/** Where there are several inputs, or where the watermark comes with the rows. */
function inputTimesOf({ from }: PipelineSpec): InputTimes | undefined {
  const meets = from.length > 1 || from.some(({ carriesTime }) => carriesTime)
  return meets ? new InputTimes(from.length) : undefined
}

/** The output region of another pipeline, read as an input. */
function edgeInput(spec: PipelineSpec, carriesTime: boolean, limits: BatchLimits, n: number): Mem {
  const schema = spec.from[n].outputSchema
  const output = schema.map((column, i) => ({ kind: 'computed' as const, column, field: `o${i}` }))
  return { ...layoutOutput(output, limits.outputRows, carriesTime), name: edgeRegion(n), role: 'input' }
}
