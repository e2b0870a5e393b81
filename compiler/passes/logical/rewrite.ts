/** Rebuilding logical plans: each operator's constructor derives its schema again and checks what it is given. */
import { aggregateOver } from '../../../ir/expr/aggregates.ts'
import type { Expr } from '../../../ir/expr/expr.ts'
import { aggregate } from '../../../ir/logical/aggregate.ts'
import { type AsofJoin, asofJoin } from '../../../ir/logical/asof-join.ts'
import { consolidate } from '../../../ir/logical/consolidate.ts'
import { deduplicate } from '../../../ir/logical/deduplicate.ts'
import { filter } from '../../../ir/logical/filter.ts'
import { history } from '../../../ir/logical/history.ts'
import type { NamedCall } from '../../../ir/logical/history-call.ts'
import { inputsOf, type LogicalNode } from '../../../ir/logical/index.ts'
import { type IntervalJoin, intervalJoin } from '../../../ir/logical/interval-join.ts'
import { columnsOfBoth } from '../../../ir/logical/join-columns.ts'
import type { KeyPair } from '../../../ir/logical/join-condition.ts'
import { lookup } from '../../../ir/logical/lookup.ts'
import { asAppend, asChanges } from '../../../ir/logical/mode.ts'
import { project } from '../../../ir/logical/project.ts'
import { rank } from '../../../ir/logical/rank.ts'
import { sink } from '../../../ir/logical/sink.ts'
import { sort } from '../../../ir/logical/sort.ts'
import { union } from '../../../ir/logical/union.ts'
import { window } from '../../../ir/logical/window.ts'
import type { Schema } from '../../../ir/schema.ts'

/** The same operator over other inputs, with other expressions. */
export function rebuild(
  node: LogicalNode,
  inputs: readonly LogicalNode[],
  changeOver: (expr: Expr, schema: Schema) => Expr,
): LogicalNode {
  const [input] = inputs
  const change = (expr: Expr): Expr => changeOver(expr, input.relation.schema)
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
    case 'lookup':
      return lookup(input, node)
    case 'sort':
      return sort(input, node.column, node.keys, node.limit)
    case 'history':
      return history(
        input,
        node.keys,
        node.column,
        node.calls.map(named => withArgs(named, change)),
      )
    case 'interval_join':
      return rebuildJoin(node, inputs, changeOver)
    case 'asof_join':
      return rebuildAsof(node, inputs, changeOver)
    case 'rank':
      return rank(input, node)
    case 'sink':
      return sink(input)
  }
}

function rebuildJoin(
  { type, condition, names, columns, maxRows }: IntervalJoin,
  [left, right]: readonly LogicalNode[],
  change: (expr: Expr, schema: Schema) => Expr,
): LogicalNode {
  const [ofLeft, ofRight] = [left, right].map(({ relation }) => relation.schema)
  const keys = changedKeys(condition.keys, left, right, change)
  const both = columnsOfBoth(ofLeft, ofRight, names)
  const residual = condition.residual && change(condition.residual, both)
  return intervalJoin(left, right, {
    type,
    condition: { ...condition, keys, residual },
    names,
    columns,
    maxRows,
  })
}

function rebuildAsof(
  node: AsofJoin,
  [left, right]: readonly LogicalNode[],
  change: (expr: Expr, schema: Schema) => Expr,
): LogicalNode {
  return asofJoin(left, right, { ...node, keys: changedKeys(node.keys, left, right, change) })
}

function changedKeys(
  keys: readonly KeyPair[],
  left: LogicalNode,
  right: LogicalNode,
  change: (expr: Expr, schema: Schema) => Expr,
): readonly KeyPair[] {
  return keys.map(pair => ({
    left: change(pair.left, left.relation.schema),
    right: change(pair.right, right.relation.schema),
  }))
}

/** The same call over the columns that its arguments have become. */
function withArgs({ name, call }: NamedCall, change: (expr: Expr) => Expr): NamedCall {
  if (call.kind !== 'aggregate') return { name, call }
  return { name, call: { ...call, call: aggregateOver(call.call, call.call.args.map(change)) } }
}

export const withInputs = (node: LogicalNode, inputs: readonly LogicalNode[]): LogicalNode =>
  rebuild(node, inputs, expr => expr)

/** Rewrites all expressions of a plan, from the sources on; `change` sees the columns that an expression is over, rebuilt. */
export function mapPlan(node: LogicalNode, change: (expr: Expr, schema: Schema) => Expr): LogicalNode {
  const rebuilt = inputsOf(node).map(input => mapPlan(input, change))
  return rebuild(node, rebuilt, change)
}
