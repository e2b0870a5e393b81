/** The plan of an aggregation: what the callback asks for becomes columns of it, and what is computed from those comes behind. */
import { aggregate } from '../../../ir/logical/aggregate.ts'
import { CHANGE } from '../../../ir/logical/emit.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { project } from '../../../ir/logical/project.ts'
import type { RowWindow } from '../../../ir/logical/row-window.ts'
import type { Columns } from '../../../ir/schema.ts'
import type { AggregatesOf } from './aggregate-types.ts'
import { AggregateCollector, nameCalls } from './aggregates.ts'
import { columnsOf, namedExprs, passed } from './columns.ts'
import { type EmitOptions, emitOf, rowsOf } from './emit.ts'
import type { ColumnsOf, Typed } from './types.ts'

/** What is aggregated, and by what. */
export interface Grouping {
  readonly node: LogicalNode
  readonly keys: readonly string[]
  readonly rows: RowWindow | undefined
}

export function groupedPlan<S extends Columns>(
  { node, keys, rows }: Grouping,
  aggregates: (columns: ColumnsOf<S>, aggregates: AggregatesOf) => Readonly<Record<string, Typed>>,
  options: EmitOptions | undefined,
): LogicalNode {
  const collector = new AggregateCollector()
  const results = namedExprs(aggregates(columnsOf<S>(node.relation.schema), collector.functions))
  const { calls, exprs } = nameCalls(collector.calls, results)
  const grouped = aggregate(node, keys, calls, emitOf(options, node.relation), rowsOf(options, rows))
  const isPlain = exprs.length === calls.length && exprs.every(({ name }, i) => name === calls[i].name)
  if (isPlain) return grouped
  const kept = grouped.relation.schema.filter(
    ({ name }) => name !== CHANGE && !calls.some(one => one.name === name),
  )
  return project(grouped, [...kept.map(passed), ...exprs])
}
