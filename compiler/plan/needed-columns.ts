/**
 * Which columns of its input a pipeline must read, and which columns of its output merely pass through: those are
 * never copied into the engine, they are taken from the input batch where the result is handed out.
 */
import { columnsOf, type Expr } from '../../ir/expr/expr.ts'
import { weightsOf } from '../../ir/logical/aggregate.ts'
import { columnsRead } from '../../ir/logical/history.ts'
import { namesOf } from '../../ir/logical/mode.ts'
import type { Window } from '../../ir/logical/window.ts'
import type { OutputColumn } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import { isBytes } from '../../ir/types.ts'
import type { PipelineSpec, RowOperator } from './split-pipelines.ts'

/** Is a column a bound of the windows that an operator assigns rows to? */
function isBound({ relation: { time } }: Window, name: string): boolean {
  const window = time?.window
  return window?.isInRows === true && (name === window.start || name === window.end)
}

/** The columns of the result, and where each comes from. `copyAll`: another pipeline reads them. */
export function outputColumns(spec: PipelineSpec, copyAll: boolean): readonly OutputColumn[] {
  return spec.outputSchema.map((column, i): OutputColumn => {
    const from = spec.stateful || !spec.source || copyAll ? undefined : originOf(column.name, spec.head)
    return from === undefined
      ? { kind: 'computed', column, field: `o${i}` }
      : { kind: 'passed', column, from }
  })
}

/** The input column that an output column is, if it is one unchanged. */
function originOf(name: string, operators: readonly RowOperator[]): string | undefined {
  return operators.reduceRight<string | undefined>((at, node) => {
    if (at === undefined || (node.kind === 'window' && isBound(node, at))) return undefined
    if (node.kind === 'mode' && namesOf(node).name === at) return namesOf(node).from
    if (node.kind !== 'project') return at
    const expr = node.columns.find(column => column.name === at)?.expr
    return expr?.kind === 'column' ? expr.name : undefined
  }, name)
}

/** The input columns that the kernels of a pipeline read, in the order of the schema. */
export function readColumns(spec: PipelineSpec, output: readonly OutputColumn[]): Schema {
  const needed = new Set(wantedAtEnd(spec, output))
  for (const node of spec.head.toReversed()) stepBack(node, needed)
  const watermark = spec.source?.watermark
  for (const name of [watermark?.column, watermark?.marker, watermark?.partition?.column])
    if (name !== undefined) needed.add(name)
  return spec.inputSchema.filter(column => needed.has(column.name))
}

function wantedAtEnd({ stateful }: PipelineSpec, output: readonly OutputColumn[]): readonly string[] {
  const computed = output.flatMap(one => (one.kind === 'computed' ? [one.column.name] : []))
  if (!stateful || stateful.kind === 'interval_join' || stateful.kind === 'asof_join') return computed
  if (stateful.kind === 'lookup') return computed
  if (stateful.kind === 'consolidate' || stateful.kind === 'sort')
    return stateful.relation.schema.map(({ name }) => name)
  if (stateful.kind === 'history')
    return [...stateful.relation.schema.map(({ name }) => name), ...columnsRead(stateful)]
  if (stateful.kind === 'deduplicate') return [...computed, ...stateful.keys, stateful.column]
  if (stateful.kind === 'rank') return stateful.input.relation.schema.map(({ name }) => name)
  const { window, keys, aggregates, input } = stateful
  const args = columnsOf(aggregates.flatMap(({ call }) => call.args))
  const times = input.relation.time?.columns.slice(0, 1) ?? []
  const bounds = window?.isInRows ? [window.start, window.end] : []
  return [...bounds, ...keys, ...args, ...times, ...weightsOf(stateful)]
}

/** The names needed before an operator, from those needed after it. */
function stepBack(node: RowOperator, needed: Set<string>): void {
  switch (node.kind) {
    case 'filter':
      for (const name of columnsOf([node.predicate])) needed.add(name)
      return
    case 'window':
      for (const name of [...needed]) if (isBound(node, name)) needed.delete(name)
      needed.add(node.spec.column)
      return
    case 'mode': {
      const { from, name } = namesOf(node)
      needed.delete(name)
      needed.add(from)
      return
    }
    case 'project': {
      const exprs = node.columns.flatMap(({ name, expr }) =>
        expr.kind === 'column' && !needed.has(name) ? [] : [expr],
      )
      needed.clear()
      for (const name of columnsOf(exprs)) needed.add(name)
    }
  }
}

/**
 * Can rows be dropped by a mask: does nothing that is done for a row loop over bytes, or make any? What is computed
 * for a row that was dropped must cost little, and must not stop the kernel.
 */
export function isCheap({ head, stateful }: PipelineSpec): boolean {
  const args = stateful?.kind === 'aggregate' ? stateful.aggregates.flatMap(({ call }) => call.args) : []
  return [...head.flatMap(exprsOf), ...args].every(touchesNoBytes)
}

function exprsOf(node: RowOperator): readonly Expr[] {
  if (node.kind === 'window' || node.kind === 'mode') return []
  return node.kind === 'filter' ? [node.predicate] : node.columns.map(({ expr }) => expr)
}

/** Does an expression look at no text? */
export function touchesNoBytes(expr: Expr): boolean {
  if (expr.kind === 'cast') return !isBytes(expr.arg.type) && !isBytes(expr.type) && touchesNoBytes(expr.arg)
  if (expr.kind !== 'call') return true
  const nullTest = expr.fn === 'is_null' || expr.fn === 'is_not_null'
  return (
    !isBytes(expr.type) && expr.args.every(arg => (nullTest || !isBytes(arg.type)) && touchesNoBytes(arg))
  )
}
