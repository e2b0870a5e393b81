/** A logical plan becomes a physical one: pipelines of kernels, their constants and parameters. */
import { ABI_VERSION } from '../../ir/abi.ts'
import { hashText } from '../../ir/hash.ts'
import type { FieldType, Mem } from '../../ir/kernel/node.ts'
import { rowLayout } from '../../ir/layout.ts'
import { type LogicalNode, printPlan } from '../../ir/logical/index.ts'
import type { BatchLimits, ParamSlot, PlanProgram } from '../../ir/physical/program.ts'
import { factsOf, isBytes } from '../../ir/types.ts'
import { paramsOf } from '../plan/params.ts'
import { type PipelineSpec, splitPipelines } from '../plan/split-pipelines.ts'
import { ticksOf } from '../plan/ticks.ts'
import { lowerPipeline } from './pipeline.ts'
import { ConstantPool, type PlanScope } from './scope.ts'

export interface ProgramOptions {
  readonly limits: BatchLimits
  /** A fault makes the operation null instead of rejecting the row. */
  readonly lenient: boolean
  /** For explain analyze: kernels count the rows of each operator. */
  readonly counts?: boolean
}

export function lowerProgram(plan: LogicalNode, options: ProgramOptions): PlanProgram {
  const { limits, lenient, counts = false } = options
  const params = paramsOf(plan).map((param, i): ParamSlot => ({ column: param, field: `p${i}` }))
  const mem = paramLayout(params)
  const fields = new Map(params.map(({ column, field }) => [column.name, field]))
  const scope: PlanScope = { constants: new ConstantPool(), params: { mem, fields }, lenient }
  const specs = splitPipelines(plan)
  const pipelines = specs.map((spec, i) => {
    const feedsPipeline = i < specs.length - 1
    const passesPromptly = specs.slice(i + 1).some(readsWatermark)
    return lowerPipeline(spec, { plan: scope, limits, feedsPipeline, passesPromptly, counts })
  })
  const text = canonicalText(plan, options)
  return {
    text,
    hash: hashText(text),
    pipelines,
    constants: scope.constants.bytes(),
    params: { mem, slots: params },
    schema: plan.relation.schema,
    ticksEveryMs: ticksOf(plan),
    hostOps: [...new Set(pipelines.flatMap(pipeline => pipeline.hostOps))],
  }
}

/** Do results depend on when exactly the watermark moves, and not only on what rows it comes between? */
const readsWatermark = ({ stateful }: PipelineSpec): boolean =>
  stateful?.kind === 'consolidate' ||
  (stateful?.kind === 'aggregate' && stateful.emit.early?.clock === 'event')

/** Everything that the kernels of a plan depend on. */
function canonicalText(plan: LogicalNode, { limits, lenient, counts }: ProgramOptions): string {
  const { batchRows, outputRows, dictionaryRows } = limits
  const facts = Object.entries({ batchRows, outputRows, dictionaryRows }).map(
    ([name, value]) => `${name}=${value}`,
  )
  if (counts) facts.push('counts=true')
  return [`abi ${ABI_VERSION}`, ...facts, `lenient=${lenient}`, printPlan(plan), ''].join('\n')
}

function paramLayout(params: readonly ParamSlot[]): Mem {
  const fields: Record<string, FieldType> = {}
  for (const { column, field } of params) {
    if (isBytes(column.type)) {
      fields[`${field}_offset`] = 'i32'
      fields[`${field}_length`] = 'i32'
    } else fields[field] = column.type === 'bool' ? 'u8' : factsOf(column.type).field
    if (column.nullable) fields[`${field}_null`] = 'u8'
  }
  return rowLayout('params', 'params', fields)
}
