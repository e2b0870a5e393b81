/**
 * Plans as plain data and back: the list of operators from the source on. It holds what their constructors take and
 * nothing that they derive, so that a file stays good when operators learn more.
 */
import { type AggregateName, aggregateOver, aggregateRow } from '../../ir/expr/aggregates.ts'
import { call, cast } from '../../ir/expr/build.ts'
import { type Expr, literal, type Param, type Value } from '../../ir/expr/expr.ts'
import { type Fold, type StateField, scopesOf } from '../../ir/expr/fold.ts'
import type { FunctionName } from '../../ir/expr/functions/index.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { type AsofJoin, type AsofParts, asofJoin } from '../../ir/logical/asof-join.ts'
import { consolidate } from '../../ir/logical/consolidate.ts'
import { deduplicate } from '../../ir/logical/deduplicate.ts'
import type { Early, Emit } from '../../ir/logical/emit.ts'
import { filter } from '../../ir/logical/filter.ts'
import { history } from '../../ir/logical/history.ts'
import type { NamedCall } from '../../ir/logical/history-call.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { intervalJoin, type JoinType } from '../../ir/logical/interval-join.ts'
import { columnsOfBoth, rightNames } from '../../ir/logical/join-columns.ts'
import type { KeyPair, TimeRange } from '../../ir/logical/join-condition.ts'
import { type Lookup, lookup } from '../../ir/logical/lookup.ts'
import { asAppend, asChanges, type Mode } from '../../ir/logical/mode.ts'
import { project } from '../../ir/logical/project.ts'
import { type RankSpec, rank } from '../../ir/logical/rank.ts'
import type { RowWindow } from '../../ir/logical/row-window.ts'
import { sink } from '../../ir/logical/sink.ts'
import { type SortKey, sort } from '../../ir/logical/sort.ts'
import { source, type WatermarkSpec } from '../../ir/logical/source.ts'
import { union } from '../../ir/logical/union.ts'
import { type TumblingWindow, type WindowSpec, window } from '../../ir/logical/window.ts'
import { findColumn, type Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import { endlessTable } from './endless-table.ts'

type ExprJson =
  | { readonly column: string }
  | { readonly literal: Value; readonly type: DataType }
  | { readonly param: string; readonly type: DataType; readonly nullable: boolean }
  | { readonly call: FunctionName; readonly args: readonly ExprJson[] }
  | { readonly cast: ExprJson; readonly type: DataType; readonly attempt: boolean }

type OperatorJson =
  | { readonly source: string; readonly columns: Schema; readonly watermark?: WatermarkSpec | undefined }
  | { readonly union: readonly PlanJson[] }
  | {
      readonly interval_join: readonly [PlanJson, PlanJson]
      readonly type: JoinType
      readonly on: ConditionJson
      readonly maxRows?: number | undefined
    }
  | {
      readonly asof_join: readonly [PlanJson, PlanJson]
      readonly parts: Omit<AsofParts, 'keys'> & { readonly keys: readonly PairJson[] }
    }
  | ({
      readonly lookup: string
      readonly on: readonly string[]
      readonly ttlMs?: bigint | undefined
    } & Pick<Lookup, 'type' | 'isOrdered' | 'cacheRows' | 'waitingRows'>)
  | { readonly deduplicate: readonly string[]; readonly column: string; readonly withinTicks: bigint }
  | { readonly consolidate: Early | null }
  | { readonly sort: readonly SortKey[]; readonly column: string | null; readonly limit?: number | undefined }
  | {
      readonly history: readonly string[]
      readonly column: string | null
      readonly calls: readonly NamedCall[]
    }
  | { readonly rank: RankSpec }
  | { readonly filter: ExprJson }
  | { readonly project: readonly { readonly name: string; readonly expr: ExprJson }[] }
  | { readonly mode: Mode; readonly column: string }
  | { readonly window: WindowSpec | Omit<TumblingWindow, 'kind'> }
  | {
      readonly aggregate: readonly string[]
      readonly calls: readonly CallJson[]
      readonly emit?: Emit
      readonly deletes?: string | undefined
      readonly rows?: RowWindow | undefined
    }

interface ConditionJson {
  readonly keys: readonly PairJson[]
  readonly range?: TimeRange | undefined
  readonly residual?: ExprJson | undefined
}

interface CallJson {
  readonly name: string
  readonly fn: AggregateName
  /** Several stand in a list. */
  readonly arg?: ExprJson | readonly ExprJson[] | undefined
  readonly fraction?: number | undefined
  readonly limit?: number | undefined
  readonly separator?: string | undefined
  readonly fold?: FoldJson | undefined
}

interface FoldJson {
  readonly state: readonly StateField[]
  readonly add: readonly ExprJson[]
  readonly merge?: readonly ExprJson[] | undefined
  readonly remove?: readonly ExprJson[] | undefined
  readonly result: ExprJson
}

/** The operators of a plan that ends in a sink, which goes without saying. */
export type PlanJson = readonly OperatorJson[]

function exprToJson(expr: Expr): ExprJson {
  switch (expr.kind) {
    case 'column':
      return { column: expr.name }
    case 'literal':
      return { literal: expr.value, type: expr.type }
    case 'param':
      return { param: expr.name, type: expr.type, nullable: expr.nullable }
    case 'call':
      return { call: expr.fn, args: expr.args.map(exprToJson) }
    case 'cast':
      return { cast: exprToJson(expr.arg), type: expr.type, attempt: expr.attempt }
  }
}

function exprFromJson(json: ExprJson, schema: Schema): Expr {
  if ('column' in json) return { kind: 'column', ...columnOf(schema, json.column) }
  if ('literal' in json) return literal(json.literal, json.type)
  if ('param' in json) return { kind: 'param', name: json.param, ...typeOf(json) }
  if ('call' in json) return call(json.call, ...json.args.map(arg => exprFromJson(arg, schema)))
  return cast(exprFromJson(json.cast, schema), json.type, json.attempt)
}

const typeOf = ({ type, nullable }: Pick<Param, 'type' | 'nullable'>) => ({ type, nullable })

function columnOf(schema: Schema, name: string): Schema[number] {
  const column = findColumn(schema, name)
  if (!column) throw new Error(`the plan has no column ${name}`)
  return column
}

const foldToJson = ({ state, add, merge, remove, result }: Fold): FoldJson => ({
  state,
  add: add.map(exprToJson),
  merge: merge?.map(exprToJson),
  remove: remove?.map(exprToJson),
  result: exprToJson(result),
})

function foldFromJson({ state, ...json }: FoldJson, argTypes: readonly DataType[]): Fold {
  const scopes = scopesOf({ state }, argTypes)
  const step = (exprs: readonly ExprJson[] | undefined, scope: Schema) =>
    exprs?.map(expr => exprFromJson(expr, scope))
  return {
    state,
    add: step(json.add, scopes.add) ?? [],
    merge: step(json.merge, scopes.merge),
    remove: step(json.remove, scopes.remove),
    result: exprFromJson(json.result, scopes.result),
  }
}

type PairJson = readonly [ExprJson, ExprJson]

const pairsToJson = (keys: readonly KeyPair[]): readonly PairJson[] =>
  keys.map(({ left, right }) => [exprToJson(left), exprToJson(right)])

const pairsFromJson = (
  keys: readonly PairJson[],
  [left, right]: readonly LogicalNode[],
): readonly KeyPair[] =>
  keys.map(([a, b]) => ({
    left: exprFromJson(a, left.relation.schema),
    right: exprFromJson(b, right.relation.schema),
  }))

function asofToJson({ left, right, keys, ...node }: AsofJoin): OperatorJson {
  const { type, direction, times, toleranceTicks, waits, probes } = node
  const parts = { type, direction, times, toleranceTicks, waits, probes, keys: pairsToJson(keys) }
  return { asof_join: [planToJson(left), planToJson(right)], parts }
}

const lookupToJson = (node: Lookup): OperatorJson => {
  const { table, on, type, isOrdered, ttlMs, cacheRows, waitingRows } = node
  return { lookup: table.name, on, type, isOrdered, ttlMs, cacheRows, waitingRows }
}

export function planToJson(node: LogicalNode): PlanJson {
  switch (node.kind) {
    case 'source':
      return [{ source: node.name, columns: node.relation.schema, watermark: node.watermark }]
    case 'sink':
      return planToJson(node.input)
    case 'union':
      return [{ union: node.inputs.map(planToJson) }]
    case 'interval_join': {
      const { keys, range, residual } = node.condition
      const on = {
        keys: pairsToJson(keys),
        range,
        residual: residual && exprToJson(residual),
      }
      return [
        {
          interval_join: [planToJson(node.left), planToJson(node.right)],
          type: node.type,
          on,
          maxRows: node.maxRows,
        },
      ]
    }
    case 'asof_join':
      return [asofToJson(node)]
    case 'filter':
      return [...planToJson(node.input), { filter: exprToJson(node.predicate) }]
    case 'project':
      return [
        ...planToJson(node.input),
        { project: node.columns.map(({ name, expr }) => ({ name, expr: exprToJson(expr) })) },
      ]
    case 'mode':
      return [...planToJson(node.input), { mode: node.to, column: node.column }]
    case 'window':
      return [...planToJson(node.input), { window: node.spec }]
    case 'consolidate':
      return [...planToJson(node.input), { consolidate: node.every ?? null }]
    case 'lookup':
      return [...planToJson(node.input), lookupToJson(node)]
    case 'deduplicate': {
      const { keys, column, withinTicks } = node
      return [...planToJson(node.input), { deduplicate: keys, column, withinTicks }]
    }
    case 'history': {
      const { keys, column = null, calls } = node
      return [...planToJson(node.input), { history: keys, column, calls }]
    }
    case 'sort': {
      const { keys, column = null, limit } = node
      return [...planToJson(node.input), { sort: keys, column, limit }]
    }
    case 'rank': {
      const { by, partitionBy, orderBy, limit, offset, as, emit } = node
      return [...planToJson(node.input), { rank: { by, partitionBy, orderBy, limit, offset, as, emit } }]
    }
    case 'aggregate': {
      const calls = node.aggregates.map(({ name, call: { fn, args, fraction, limit, separator, fold } }) => ({
        name,
        fn,
        arg: args.length > 1 ? args.map(exprToJson) : args.map(exprToJson)[0],
        fraction: aggregateRow(fn).takesFraction ? fraction : undefined,
        limit,
        separator: aggregateRow(fn).takesSeparator ? separator : undefined,
        fold: fold && foldToJson(fold),
      }))
      const { keys, emit, rows, deletes } = node
      return [...planToJson(node.input), { aggregate: keys, calls, emit, rows, deletes }]
    }
  }
}

export const planFromJson = (json: PlanJson): LogicalNode => sink(chainFromJson(json))

function startFromJson(json: OperatorJson | undefined): LogicalNode {
  if (json && 'source' in json) return source(json.source, json.columns, json.watermark)
  if (json && 'union' in json) return union(json.union.map(chainFromJson))
  if (json && 'interval_join' in json) return joinFromJson(json)
  if (json && 'asof_join' in json) {
    const [left, right] = json.asof_join.map(chainFromJson)
    return asofJoin(left, right, { ...json.parts, keys: pairsFromJson(json.parts.keys, [left, right]) })
  }
  throw new Error('a plan begins with a source')
}

const chainFromJson = ([first, ...rest]: PlanJson): LogicalNode =>
  rest.reduce(operatorFromJson, startFromJson(first))

function joinFromJson({
  interval_join: sides,
  type,
  on,
  maxRows,
}: Extract<OperatorJson, { readonly interval_join: unknown }>): LogicalNode {
  const [left, right] = sides.map(chainFromJson)
  const [ofLeft, ofRight] = [left, right].map(({ relation }) => relation.schema)
  const names = rightNames(ofLeft, ofRight)
  const keys = pairsFromJson(on.keys, [left, right])
  const residual = on.residual && exprFromJson(on.residual, columnsOfBoth(ofLeft, ofRight, names))
  return intervalJoin(left, right, { type, condition: { keys, range: on.range, residual }, names, maxRows })
}

/** What is undefined has no text. */
function historyCallFromJson({ name, call }: NamedCall): NamedCall {
  if (call.kind === 'lag' || call.kind === 'lead')
    return { name, call: { ...call, otherwise: call.otherwise } }
  if (call.kind !== 'aggregate') return { name, call }
  return { name, call: { ...call, call: aggregateOver(call.call, call.call.args) } }
}

function operatorFromJson(input: LogicalNode, json: OperatorJson): LogicalNode {
  const { schema } = input.relation
  const expr = (of: ExprJson): Expr => exprFromJson(of, schema)
  if ('consolidate' in json) return consolidate(input, json.consolidate ?? undefined)
  if ('lookup' in json) {
    const { lookup: name, ttlMs, ...rules } = json
    const types = json.on.map(one => columnOf(schema, one).type)
    return lookup(input, { ...rules, ttlMs, table: endlessTable(name, types) })
  }
  if ('deduplicate' in json) return deduplicate(input, json.deduplicate, json.column, json.withinTicks)
  if ('sort' in json) return sort(input, json.column ?? undefined, json.sort, json.limit)
  if ('history' in json)
    return history(input, json.history, json.column ?? undefined, json.calls.map(historyCallFromJson))
  if ('rank' in json) return rank(input, json.rank)
  if ('filter' in json) return filter(input, expr(json.filter))
  if ('window' in json)
    return window(input, 'kind' in json.window ? json.window : { kind: 'tumble', ...json.window })
  if ('project' in json)
    return project(
      input,
      json.project.map(one => ({ name: one.name, expr: expr(one.expr) })),
    )
  if ('mode' in json)
    return json.mode === 'changes' ? asChanges(input, json.column) : asAppend(input, json.column)
  if ('source' in json || 'union' in json || 'interval_join' in json || 'asof_join' in json)
    throw new Error('a source in the middle of a plan')
  const calls = json.calls.map(({ name, arg = [], fold, ...call }) => {
    const args = [arg].flat().map(expr)
    const definition =
      fold &&
      foldFromJson(
        fold,
        args.map(({ type }) => type),
      )
    return { name, call: aggregateOver({ ...call, fold: definition }, args) }
  })
  return aggregate(input, json.aggregate, calls, json.emit, json.rows, json.deletes)
}
