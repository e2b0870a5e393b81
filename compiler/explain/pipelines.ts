/** The physical plan as text: what each pipeline reads, keeps and writes, and what its kernels are. */
import { visit } from '../../ir/kernel/build.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import {
  type OutputColumn,
  type PipelineProgram,
  type PlanProgram,
  WIDEST,
} from '../../ir/physical/program.ts'
import { printColumn } from '../../ir/schema.ts'
import { printLayout } from './layout.ts'

export function printPipelines({ pipelines }: PlanProgram): string {
  return pipelines.map(printPipeline).join('\n')
}

function printPipeline(pipeline: PipelineProgram): string {
  const { id, input, columns, regions, growables, output } = pipeline
  const from = input.kind === 'source' ? `source ${input.name}` : `pipeline ${input.pipeline}`
  const read = columns.map(({ column, slot }) => `${slot} = ${printColumn(column)}`)
  const kernels = [pipeline.push(WIDEST), ...pipeline.kernels].map(printKernelLine)
  const state = regions.filter(({ mem }) => mem.role === 'state').map(({ mem }) => printLayout(mem))
  const tables = growables.flatMap(({ parts }) => parts.map(({ mem }) => printLayout(mem)))
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['reads', input.kind === 'source' ? read : [`all columns of pipeline ${input.pipeline}`]],
    ['writes', output.map(printOutput)],
    ['state', [...state, ...tables]],
    ['kernels', kernels],
  ]
  return [`pipeline ${id} from ${from}`, ...sections.flatMap(([title, lines]) => section(title, lines))].join(
    '\n',
  )
}

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.map((line, i) => `  ${(i === 0 ? title : '').padEnd(8)} ${line}`)

function printOutput(column: OutputColumn): string {
  const what = printColumn(column.column)
  return column.kind === 'computed'
    ? `${column.field} = ${what}`
    : `${what} passes by, as ${column.from} of the input`
}

function printKernelLine(kernel: Kernel): string {
  let statements = 0
  visit(kernel.body, stmt => {
    if (stmt.kind !== 'note' && stmt.kind !== 'phase') statements++
  })
  return `${kernel.name} (${statements} statements)`
}
