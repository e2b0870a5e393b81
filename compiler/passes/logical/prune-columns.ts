/** Drops what nobody reads: columns of projections, aggregates. What can reject a row stays. */
import { type Aggregate, canRefuse } from '../../../ir/expr/aggregates.ts'
import { canFault } from '../../../ir/expr/can-fault.ts'
import { columnsOf } from '../../../ir/expr/expr.ts'
import { aggregate, weightsOf } from '../../../ir/logical/aggregate.ts'
import { type AsofJoin, asofJoin, readByAsof } from '../../../ir/logical/asof-join.ts'
import { columnsRead, type History, history, isRisky, waitsFor } from '../../../ir/logical/history.ts'
import type { NamedCall } from '../../../ir/logical/history-call.ts'
import { exprsOf, inputsOf, type LogicalNode } from '../../../ir/logical/index.ts'
import { type IntervalJoin, intervalJoin, isPaired, readBySide } from '../../../ir/logical/interval-join.ts'
import { type Lookup, lookup } from '../../../ir/logical/lookup.ts'
import { namesOf } from '../../../ir/logical/mode.ts'
import { project } from '../../../ir/logical/project.ts'
import { type Rank, rank } from '../../../ir/logical/rank.ts'
import type { Relation } from '../../../ir/logical/relation.ts'
import { type Sort, sort, sortedWindow } from '../../../ir/logical/sort.ts'
import { union } from '../../../ir/logical/union.ts'
import { withInputs } from './rewrite.ts'

export function pruneColumns(plan: LogicalNode): LogicalNode {
  return prune(plan, new Set(plan.relation.schema.map(column => column.name)))
}

/** `needed`: the columns of the node that are read after it. */
function prune(node: LogicalNode, needed: ReadonlySet<string>): LogicalNode {
  if (node.kind === 'union') return union(node.inputs.map(input => pruneInput(node.relation, input, needed)))
  if (node.kind === 'sort') return sortSlim(node, needed)
  if (node.kind === 'history') return historySlim(node, needed)
  if (node.kind === 'interval_join' || node.kind === 'asof_join') return pruneJoin(node, needed)
  if (node.kind === 'lookup') return pruneLookup(node, needed)
  const slim = dropUnread(node, needed)
  const before = neededBefore(slim, needed)
  return withInputs(
    slim,
    inputsOf(slim).map(input => prune(input, before)),
  )
}

/** Rows that wait are kept with what is read of them, and nothing else. */
function sortSlim({ input, column, keys, limit, ...node }: Sort, needed: ReadonlySet<string>): Sort {
  const window = sortedWindow({ input, column, keys, limit, ...node })
  const own = [column, window?.start, window?.end, ...keys.map(key => key.column)]
  const read = new Set([...needed, ...own.filter(name => name !== undefined)])
  return sort(pruneInput(input.relation, input, read), column, keys, limit)
}

/** What nobody reads is not asked for, but where rows wait for it: when they go on may be seen. */
function historySlim(node: History, needed: ReadonlySet<string>): LogicalNode {
  const { input, keys, column } = node
  const isKept = (call: NamedCall): boolean =>
    waitsFor(node) !== 'nothing' || needed.has(call.name) || isRisky(call)
  const calls = node.calls.filter(isKept)
  if (calls.length === 0) return prune(input, needed)
  const read = new Set([...needed, ...columnsRead({ keys, column, calls })])
  return history(pruneInput(input.relation, input, read), keys, column, calls)
}

/** Rows are kept: of those of each side only what is read. */
function pruneJoin(node: IntervalJoin | AsofJoin, needed: ReadonlySet<string>): LogicalNode {
  const isAsof = node.kind === 'asof_join'
  const read = isAsof ? readByAsof(node) : readBySide(node)
  const ofRight = [...node.names].flatMap(([own, name]) => (needed.has(name) ? [own] : []))
  const left = handOn(node.left, new Set([...needed, ...read.left]))
  const right = handOn(
    node.right,
    new Set([...(isAsof || isPaired(node.type) ? ofRight : []), ...read.right]),
  )
  const given = node.relation.schema.map(({ name }) => name)
  const used = given.filter(name => needed.has(name))
  const columns = used.length === given.length ? node.columns : used.length > 0 ? used : given.slice(0, 1)
  return isAsof
    ? asofJoin(left, right, { ...node, columns })
    : intervalJoin(left, right, { ...node, columns })
}

/** Rows may have to wait: just what is read of them is kept, and just that is looked up. */
function pruneLookup(node: Lookup, needed: ReadonlySet<string>): LogicalNode {
  const input = handOn(node.input, new Set([...needed, ...node.on]))
  const given = node.relation.schema.map(({ name }) => name)
  const columns = given.filter(name => needed.has(name))
  if (columns.length === given.length) return lookup(input, node)
  return lookup(input, { ...node, columns: columns.length > 0 ? columns : given.slice(0, 1) })
}

/** What comes together has the same columns: each input hands on just those that are read. */
const pruneInput = ({ schema }: Relation, input: LogicalNode, needed: ReadonlySet<string>): LogicalNode =>
  schema.every(({ name }) => needed.has(name)) ? prune(input, needed) : handOn(input, needed)

/** Just the columns that are needed, or one where none is. */
function handOn(input: LogicalNode, needed: ReadonlySet<string>): LogicalNode {
  if (input.relation.schema.every(({ name }) => needed.has(name))) return prune(input, needed)
  const read = input.relation.schema.filter(({ name }) => needed.has(name))
  const columns = (read.length > 0 ? read : input.relation.schema.slice(0, 1)).map(column => ({
    name: column.name,
    expr: { kind: 'column' as const, ...column },
  }))
  return prune(project(input, columns), needed)
}

function dropUnread(node: LogicalNode, needed: ReadonlySet<string>): LogicalNode {
  if (node.kind === 'project') {
    const kept = node.columns.filter(({ name, expr }) => needed.has(name) || canFault(expr))
    return kept.length === node.columns.length ? node : project(node.input, kept, node.language)
  }
  if (node.kind === 'rank') return slimRows(node, needed)
  if (node.kind !== 'aggregate') return node
  const kept = node.aggregates.filter(({ name, call }) => needed.has(name) || mayRefuse(call))
  return kept.length === node.aggregates.length
    ? node
    : aggregate(node.input, node.keys, kept, node.emit, node.rows, node.deletes)
}

/** Rows are kept without what nobody reads. Changes stay as they are: what is taken back is found by all of its columns. */
function slimRows(node: Rank, needed: ReadonlySet<string>): LogicalNode {
  const { input, partitionBy, orderBy, window } = node
  const { schema, isChangelog } = input.relation
  const bounds = window ? [window.start, window.end] : []
  const own = [...bounds, ...partitionBy, ...orderBy.map(({ name }) => name)]
  const kept = schema.filter(({ name }) => needed.has(name) || own.includes(name))
  if (isChangelog || kept.length === schema.length) return node
  const columns = kept.map(column => ({
    name: column.name,
    expr: { kind: 'column' as const, ...column },
  }))
  return rank(project(input, columns), node)
}

const mayRefuse = (call: Aggregate): boolean => canRefuse(call) || call.args.some(canFault)

function neededBefore(node: LogicalNode, needed: ReadonlySet<string>): ReadonlySet<string> {
  const read = columnsOf(exprsOf(node))
  switch (node.kind) {
    case 'project':
      return new Set(read)
    case 'aggregate':
      return new Set([
        ...read,
        ...node.keys,
        ...(node.window?.isInRows ? [node.window.start, node.window.end] : []),
        ...timeOf(node.input),
        ...weightsOf(node),
      ])
    case 'rank':
      return new Set(node.input.relation.schema.map(({ name }) => name))
    case 'consolidate':
      return new Set(node.relation.schema.map(({ name }) => name))
    case 'deduplicate':
      return new Set([...needed, ...node.keys, node.column])
    case 'window':
      return new Set([...needed, node.spec.column])
    case 'mode': {
      const { from, name } = namesOf(node)
      return new Set([...[...needed].filter(one => one !== name), from])
    }
    default:
      return new Set([...needed, ...read])
  }
}

/** The event time that orders rows inside a group. */
const timeOf = (node: LogicalNode): readonly string[] => node.relation.time?.columns.slice(0, 1) ?? []
