/** Rebuilding logical plans: each operator's constructor derives its schema again and checks what it is given. */
import { aggregateOver } from '../../../ir/expr/aggregates.ts'
import type { Expr } from '../../../ir/expr/expr.ts'
import { aggregate } from '../../../ir/logical/aggregate.ts'
import { consolidate } from '../../../ir/logical/consolidate.ts'
import { deduplicate } from '../../../ir/logical/deduplicate.ts'
import { filter } from '../../../ir/logical/filter.ts'
import { history } from '../../../ir/logical/history.ts'
import { inputsOf, type LogicalNode } from '../../../ir/logical/index.ts'
import { asAppend, asChanges } from '../../../ir/logical/mode.ts'
import { project } from '../../../ir/logical/project.ts'
import { sink } from '../../../ir/logical/sink.ts'
import { sort } from '../../../ir/logical/sort.ts'
import { union } from '../../../ir/logical/union.ts'
import { window } from '../../../ir/logical/window.ts'

/** The same operator over other inputs, with other expressions. */
export function rebuild(
  node: LogicalNode,
  inputs: readonly LogicalNode[],
  change: (expr: Expr) => Expr,
): LogicalNode {
  const [input] = inputs
  switch (node.kind) {
    case 'source':
      return node
    case 'union':
      return union(inputs)
    case 'filter':
      return filter(input, change(node.predicate), node.language)
    case 'project':
      return project(
        input,
        node.columns.map(({ name, expr }) => ({ name, expr: change(expr) })),
        node.language,
      )
    case 'window':
      return window(input, node.spec)
    case 'mode':
      return node.to === 'changes' ? asChanges(input, node.column) : asAppend(input, node.column)
    case 'aggregate':
      return aggregate(
        input,
        node.keys,
        node.aggregates.map(({ name, call }) => ({
          name,
          call: aggregateOver(call, call.args.map(change)),
        })),
        node.emit,
        node.rows,
        node.deletes,
      )
    case 'consolidate':
      return consolidate(input, node.every)
    case 'deduplicate':
      return deduplicate(input, node.keys, node.column, node.withinTicks)
    case 'sort':
      return sort(input, node.column, node.keys, node.limit)
    case 'history':
      return history(input, node.keys, node.column, node.calls)
    case 'sink':
      return sink(input)
  }
}

export const withInputs = (node: LogicalNode, inputs: readonly LogicalNode[]): LogicalNode =>
  rebuild(node, inputs, expr => expr)

/** Rewrites all expressions of a plan, from the sources on; `change` sees the rebuilt input of the operator. */
export function mapPlan(node: LogicalNode, change: (expr: Expr, input: LogicalNode) => Expr): LogicalNode {
  const rebuilt = inputsOf(node).map(input => mapPlan(input, change))
  return rebuild(node, rebuilt, expr => change(expr, rebuilt[0]))
}
