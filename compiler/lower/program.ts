/** A logical plan becomes a physical one: pipelines of kernels, their constants and parameters. */
import { ABI_VERSION } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import { type Param, visit } from '../../ir/expr/expr.ts'
import { hashText } from '../../ir/hash.ts'
import { visit as visitKernel } from '../../ir/kernel/build.ts'
import type { FieldType, Kernel, Mem } from '../../ir/kernel/node.ts'
import { type OpName, opRow } from '../../ir/kernel/ops.ts'
import { rowLayout } from '../../ir/layout.ts'
import { exprsOf, inputsOf, type LogicalNode, printPlan } from '../../ir/logical/index.ts'
import type { BatchLimits, ParamSlot, PlanProgram } from '../../ir/physical/program.ts'
import { isBytes, typeTable } from '../../ir/types.ts'
import { splitPipelines } from '../plan/split-pipelines.ts'
import { lowerPipeline } from './pipeline.ts'
import { ConstantPool, type PlanScope } from './scope.ts'

export interface ProgramOptions {
  readonly limits: BatchLimits
  /** A fault makes the operation null instead of rejecting the row. */
  readonly lenient: boolean
}

export function lowerProgram(plan: LogicalNode, { limits, lenient }: ProgramOptions): PlanProgram {
  const params = paramsOf(plan)
  const mem = paramLayout(params)
  const fields = new Map(params.map(({ column, field }) => [column.name, field]))
  const scope: PlanScope = { constants: new ConstantPool(), params: { mem, fields }, lenient }
  const specs = splitPipelines(plan)
  const pipelines = specs.map((spec, i) => {
    const feedsPipeline = i < specs.length - 1
    return lowerPipeline(spec, { plan: scope, limits, feedsPipeline })
  })
  const text = canonicalText(plan, limits, lenient)
  return {
    text,
    hash: hashText(text),
    pipelines,
    constants: scope.constants.bytes(),
    params: { mem, slots: params },
    schema: plan.relation.schema,
    hostOps: hostOps(pipelines.flatMap(pipeline => [...pipeline.kernels, pipeline.push(widest)])),
  }
}

const widest = { dictionaries: [], dense: false }

/** Everything that the kernels of a plan depend on. */
function canonicalText(plan: LogicalNode, limits: BatchLimits, lenient: boolean): string {
  const { batchRows, outputRows, dictionaryRows } = limits
  const options = Object.entries({ batchRows, outputRows, dictionaryRows }).map(
    ([name, value]) => `${name}=${value}`,
  )
  return [`abi ${ABI_VERSION}`, ...options, `lenient=${lenient}`, printPlan(plan), ''].join('\n')
}

/** The parameters of a plan in order of first use. */
function paramsOf(plan: LogicalNode): readonly ParamSlot[] {
  const found = new Map<string, Param>()
  const collect = (node: LogicalNode): void => {
    for (const input of inputsOf(node)) collect(input)
    for (const expr of exprsOf(node)) {
      visit(expr, one => {
        if (one.kind === 'param') found.set(one.name, sameParam(found.get(one.name), one))
      })
    }
  }
  collect(plan)
  return [...found.values()].map((param, i) => ({ column: param, field: `p${i}` }))
}

function sameParam(known: Param | undefined, param: Param): Param {
  if (known && (known.type !== param.type || known.nullable !== param.nullable)) {
    throw new MillraceError('LDB-1200', `parameter '${param.name}' is both ${known.type} and ${param.type}`)
  }
  return param
}

function paramLayout(params: readonly ParamSlot[]): Mem {
  const fields: Record<string, FieldType> = {}
  for (const { column, field } of params) {
    if (isBytes(column.type)) {
      fields[`${field}_offset`] = 'i32'
      fields[`${field}_length`] = 'i32'
    } else fields[field] = column.type === 'bool' ? 'u8' : typeTable[column.type].field
    if (column.nullable) fields[`${field}_null`] = 'u8'
  }
  return rowLayout('params', 'params', fields)
}

/** The ops that only the host can compute, over all kernels. */
function hostOps(kernels: readonly Kernel[]): readonly OpName[] {
  const found = new Set<OpName>()
  for (const kernel of kernels) {
    visitKernel(
      kernel.body,
      () => {},
      expr => {
        if (expr.kind === 'op' && opRow(expr.op).host) found.add(expr.op)
      },
    )
  }
  return [...found]
}
