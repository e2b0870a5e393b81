/** What the kernels of a pipeline are written against: its regions, its operators, and the way of a row through them. */
import type { KernelBuilder } from '../../ir/kernel/build.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import {
  type BatchLimits,
  edgeRegion,
  type FixedRegion,
  type PipelineProgram,
} from '../../ir/physical/program.ts'
import { isCheap, outputColumns, readColumns } from '../plan/needed-columns.ts'
import type { PipelineSpec, RowOperator, StatefulOperator } from '../plan/split-pipelines.ts'
import { watermark } from './event-time.ts'
import { type InputLayout, layoutInput } from './input.ts'
import { InputTimes } from './input-times.ts'
import { type FrameOptions, OperatorNames, rowScope, type SideOutputs } from './kernel-frame.ts'
import { AggregateStage } from './operators/aggregate.ts'
import { DeduplicateStage } from './operators/deduplicate.ts'
import { lowerFilter } from './operators/filter.ts'
import { lowerProject } from './operators/project.ts'
import { lowerWindow } from './operators/window.ts'
import { errorRegion, lateRegion, layoutOutput } from './output.ts'
import { countsRegion, RowCount } from './row-counts.ts'
import type { PlanScope, Row, RowScope } from './scope.ts'
import type { Stage, StatefulStage } from './stage.ts'

export interface PipelineOptions {
  readonly plan: PlanScope
  readonly limits: BatchLimits
  /** Does another pipeline read the output? */
  readonly feedsPipeline: boolean
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
    const meets = spec.from.length > 1 || spec.from.some(({ carriesTime }) => carriesTime)
    this.inputTimes = meets ? new InputTimes(spec.from.length) : undefined
    this.out = layoutOutput(this.output, limits.outputRows, spec.carriesTime)
    this.sideRows = Math.max(limits.batchRows, limits.outputRows)
    this.sides = { late: lateRegion(this.sideRows), errors: errorRegion(this.sideRows) }
    this.head = spec.head.map(lowerRowOperator)
    this.tail = spec.tail.map((node, i) => lowerRowOperator(node, spec.head.length + i))
    this.stateful = spec.stateful && lowerStateful(spec.stateful)
    this.masked = (this.stateful?.masked ?? true) && isCheap(spec)
    this.counts = options.counts ? countsRegion(spec) : undefined
  }

  scope(frame: Omit<FrameOptions, 'plan' | 'sides' | 'operators'>): RowScope {
    return rowScope({ ...frame, plan: this.options.plan, sides: this.sides, operators: this.operators })
  }

  /** Counts the way of a row that `passed` operators have handed on already, where rows are counted. */
  count(k: KernelBuilder, passed: number): RowCount | undefined {
    return this.counts && new RowCount(k, this.counts.mem, passed)
  }
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

function lowerStateful(node: StatefulOperator): StatefulStage {
  switch (node.kind) {
    case 'aggregate':
      return new AggregateStage(node, watermark)
    case 'deduplicate':
      return new DeduplicateStage(node, watermark)
  }
}

function lowerRowOperator(node: RowOperator, number: number): Stage {
  switch (node.kind) {
    case 'filter':
      return lowerFilter(node)
    case 'project':
      return lowerProject(node)
    case 'window':
      return lowerWindow(node, number)
  }
}

/** The output region of another pipeline, read as an input. */
function edgeInput(spec: PipelineSpec, carriesTime: boolean, limits: BatchLimits, n: number): Mem {
  const output = spec.inputSchema.map((column, i) => ({ kind: 'computed' as const, column, field: `o${i}` }))
  return { ...layoutOutput(output, limits.outputRows, carriesTime), name: edgeRegion(n), role: 'input' }
}
