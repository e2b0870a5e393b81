/** The physical plan for people and programs: what each pipeline reads, keeps and writes, and what its kernels are. */
import { OPTIMISED_SIZE_MAX } from '../../codegen/js/emit.ts'
import { visit } from '../../ir/kernel/build.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import { sizeOf } from '../../ir/kernel/size.ts'
import {
  type OutputColumn,
  type PipelineProgram,
  type PlanProgram,
  WIDEST,
} from '../../ir/physical/program.ts'
import { printColumn } from '../../ir/schema.ts'
import { printLayout } from './layout.ts'

/** A chain of operators that run fused in one loop. */
export interface PipelineReport {
  /** Its place in the plan, from 0. */
  readonly id: number
  /** The source or the pipeline that it reads. */
  readonly from: string
  /** The columns that its kernels read; what only passes through is not among them. */
  readonly reads: readonly string[]
  /** The columns of its results, and where each comes from. */
  readonly writes: readonly string[]
  /** State regions with their fields and where they lie. */
  readonly state: readonly string[]
  /** The push kernel is the one for the widest shape of batch. */
  readonly kernels: readonly KernelReport[]
}

/** A function of the generated code, and how large it is. */
export interface KernelReport {
  /** `push`, `advance`, `init`, or one that makes room for state. */
  readonly name: string
  /** Statements of the kernel IR. */
  readonly statements: number
  /** Statements and expressions. */
  readonly size: number
  /** Does V8 optimise it? It runs many times slower where it is too large for that. */
  readonly optimised: boolean
}

export function reportPipeline(pipeline: PipelineProgram): PipelineReport {
  const { id, input, columns, regions, growables, output } = pipeline
  const read = columns.map(({ column, slot }) => `${slot} = ${printColumn(column)}`)
  const fixed = regions.filter(({ mem }) => mem.role === 'state').map(({ mem }) => mem)
  const tables = growables.flatMap(({ parts }) => parts.map(({ mem }) => mem))
  return {
    id,
    from: fromOf(input),
    reads: input.kind === 'edge' ? [`all columns of ${pipelinesOf(input.from)}`] : read,
    writes: output.map(printOutput),
    state: [...fixed, ...tables].map(printLayout),
    kernels: kernelsOf(pipeline).map(reportKernel),
  }
}

function fromOf(input: PipelineProgram['input']): string {
  if (input.kind === 'edge') return pipelinesOf(input.from)
  return input.kind === 'source' ? `source ${input.name}` : `answers of ${input.name}`
}

const pipelinesOf = (ids: readonly number[]): string =>
  `pipeline${ids.length > 1 ? 's' : ''} ${ids.join(', ')}`

/** All of its kernels; of those that take rows the one for the widest shape of batch. */
export const kernelsOf = (pipeline: PipelineProgram): readonly Kernel[] => [
  ...(pipeline.input.kind !== 'edge' ? [pipeline.push(WIDEST)] : []),
  ...pipeline.kernels,
]

function reportKernel(kernel: Kernel): KernelReport {
  const size = sizeOf(kernel)
  const optimised = size <= OPTIMISED_SIZE_MAX
  return { name: kernel.name, statements: statementsOf(kernel), size, optimised }
}

export const printPipelines = ({ pipelines }: PlanProgram): string =>
  pipelines.map(pipeline => printPipeline(reportPipeline(pipeline))).join('\n')

function printPipeline({ id, from, reads, writes, state, kernels }: PipelineReport): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['reads', reads],
    ['writes', writes],
    ['state', state],
    ['kernels', kernels.map(printKernel)],
  ]
  const lines = sections.flatMap(([title, texts]) => section(title, texts))
  return [`pipeline ${id} from ${from}`, ...lines].join('\n')
}

const printKernel = ({ name, statements, optimised }: KernelReport): string =>
  `${name} (${statements} statements${optimised ? '' : '; too large for V8 to optimise: compute less in one query'})`

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => `  ${(i === 0 ? title : '').padEnd(8)} ${line}`)

function printOutput(column: OutputColumn): string {
  const what = printColumn(column.column)
  return column.kind === 'computed'
    ? `${column.field} = ${what}`
    : `${what} passes by, as ${column.from} of the input`
}

function statementsOf(kernel: Kernel): number {
  let statements = 0
  visit(kernel.body, stmt => {
    if (stmt.kind !== 'note' && stmt.kind !== 'phase') statements++
  })
  return statements
}
