/** Do random trials reach what they are there for? Every word of the language, and the situations that are rare. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withInputs } from '../../compiler/passes/logical/rewrite.ts'
import { paramsOf } from '../../compiler/plan/params.ts'
import { rowErrors } from '../../ir/abi.ts'
import { type Aggregate, type AggregateName, aggregateNames, aggregateRow } from '../../ir/expr/aggregates.ts'
import { type Expr, visit } from '../../ir/expr/expr.ts'
import { functionNames } from '../../ir/expr/functions/index.ts'
import { aggregate, type NamedAggregate } from '../../ir/logical/aggregate.ts'
import { type AnyEmitStrategy, corrects, type Early, takesBack } from '../../ir/logical/emit.ts'
import { exprsOf, inputsOf, type LogicalNode, type OperatorKind } from '../../ir/logical/index.ts'
import { overlaps, type RowWindow } from '../../ir/logical/row-window.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import type { WindowSpec } from '../../ir/logical/window.ts'
import { type DataType, dataTypes, isBytes, isFloat, isList, isTimestamp } from '../../ir/types.ts'
import { type Trial, trialsOn } from '../gen/trials.ts'
import { TEXT_BYTES_MAX } from '../gen/values.ts'
import { type ModelResult, runModel } from '../model/model.ts'
import { chainOf } from '../support/faults.ts'
import { foldSituations } from '../support/fold-situations.ts'
import { modelOptionsOf } from '../support/model-options.ts'
import { orderSituations } from '../support/order-situations.ts'
import { partitionOf, sourceOf, withPartition } from '../support/plan-partitions.ts'
import { rankSituations } from '../support/rank-situations.ts'
import { isQuick } from '../support/runs.ts'

/** The same trials at every run: a share that is too small is a fault of the generator, not of the day. */
const SEED = 20
const TRIALS = 2200

/** No random stream is as long as a list may be: lower/lists has one. */
const LIST_TOO_LONG = 'LDB-9007'

const skip = isQuick && 'what is rare takes many trials'
const trials = skip ? [] : fc.sample(trialsOn(fc.constant(['js'])), { numRuns: TRIALS, seed: SEED })
const nodes = trials.flatMap(({ plan }) => chainOf(plan))
const exprs = nodes.flatMap(exprsOf).flatMap(partsOf)
const aggregations = nodes.filter(node => node.kind === 'aggregate')
const calls = aggregations.flatMap(({ aggregates }) => aggregates.map(({ call }) => call))

function partsOf(expr: Expr): readonly Expr[] {
  const parts: Expr[] = []
  visit(expr, part => parts.push(part))
  return parts
}

const assertAll = <T>(wanted: readonly T[], found: Iterable<T>): void => {
  const seen = new Set(found)
  assert.deepEqual(
    wanted.filter(one => !seen.has(one)),
    [],
  )
}

test('every operator', { skip }, () => {
  const kinds = {
    source: 1,
    filter: 1,
    project: 1,
    window: 1,
    mode: 1,
    aggregate: 1,
    consolidate: 1,
    sort: 1,
    history: 1,
    deduplicate: 1,
    rank: 1,
    union: 1,
    interval_join: 1,
    asof_join: 1,
    lookup: 1,
    sink: 1,
  }
  assertAll(
    Object.keys(kinds satisfies Record<OperatorKind, number>),
    nodes.map(({ kind }) => kind),
  )
})

test('every function', { skip }, () => {
  assertAll(
    functionNames,
    exprs.flatMap(expr => (expr.kind === 'call' ? [expr.fn] : [])),
  )
})

test('every aggregate, with a filter and without', { skip }, () => {
  const isFiltered = (arg: Expr | undefined): boolean =>
    arg?.kind === 'call' && arg.fn === 'case' && arg.args.length === 3 && isNull(arg.args[2])
  const hasFilter = ({ fn, args }: Aggregate): boolean =>
    (aggregateRow(fn).keepsNulls === true && args.length > 1) || isFiltered(args[0])
  const filtered = calls.filter(hasFilter)
  const plain = calls.filter(call => !hasFilter(call))
  for (const some of [filtered, plain])
    assertAll(
      aggregateNames,
      some.map(({ fn }) => fn),
    )
})

const isNull = (expr: Expr): boolean => expr.kind === 'literal' && expr.value === null

test('every kind of window', { skip }, () => {
  const kinds = { tumble: 1, hop: 1, cumulate: 1, session: 1 }
  assertAll(
    Object.keys(kinds satisfies Record<WindowSpec['kind'], number>),
    nodes.flatMap(node => (node.kind === 'window' ? [node.spec.kind] : [])),
  )
})

test('every way to emit', { skip }, () => {
  const strategies = { close: 1, final: 1, watermark: 1, update: 1, changelog: 1, distinct: 1 }
  assertAll(
    Object.keys(strategies satisfies Record<AnyEmitStrategy, number>),
    aggregations.map(({ emit }) => emit.strategy),
  )
})

test('every type: of columns, literals, parameters, arguments of aggregates and group keys', { skip }, () => {
  const keys = aggregations.flatMap(({ keys, input }) =>
    input.relation.schema.filter(({ name }) => keys.includes(name)),
  )
  const uses: Record<string, readonly { readonly type: DataType }[]> = {
    columns: trials.flatMap(({ schema }) => schema),
    literals: exprs.filter(({ kind }) => kind === 'literal'),
    params: trials.flatMap(({ plan }) => paramsOf(plan)),
    arguments: calls.flatMap(({ args }) => args),
    keys,
    'keys that can be null': keys.filter(({ nullable }) => nullable),
  }
  for (const of of Object.values(uses))
    assertAll(
      dataTypes,
      of.map(({ type }) => type),
    )
})

test('event times of every unit', { skip }, () => {
  assertAll(
    dataTypes.filter(isTimestamp),
    nodes.flatMap(node => (node.kind === 'source' && node.watermark ? timesOf(node) : [])),
  )
})

const timesOf = ({ relation }: LogicalNode): DataType[] => relation.schema.slice(0, 1).map(({ type }) => type)

const keysOfSource = ({ plan, schema }: Trial) => {
  const names = new Set(chainOf(plan).flatMap(node => (node.kind === 'aggregate' ? node.keys : [])))
  return schema.filter(({ name }) => names.has(name))
}

/** Has a group key that is a column of the source all of these values? */
const hasKeys = (trial: Trial, ...values: readonly unknown[]): boolean =>
  keysOfSource(trial).some(({ name }) =>
    values.every(value => trial.rows.some(row => Object.is(row[name], value))),
  )

/** Aggregates that keep all values of a group. */
const keepers: ReadonlySet<AggregateName> = new Set(['count_distinct', 'quantile', 'quantile_disc', 'mode'])

type Situation = (trial: Trial, model: ModelResult) => boolean

const situations: Readonly<Record<string, Situation>> = {
  'a result': (_, model) => model.rows.length > 0,
  'many results': (_, model) => model.rows.length > 9,
  'an empty stream': ({ rows }) => rows.length === 0,
  'no batch at all': ({ rows, schedule }) => rows.length === 0 && schedule.splits.length === 0,
  'a batch without rows': ({ schedule: { splits } }) => new Set(splits).size < splits.length,
  'two aggregations': ({ plan }) => chainOf(plan).filter(node => node.kind === 'aggregate').length === 2,
  'a row without time': (_, model) => model.nullTimes > 0,
  'a late row': (_, model) => model.late.some(row => row >= 0),
  'windows of windows': ({ plan }) => chainOf(plan).filter(node => node.kind === 'window').length === 2,
  'a row in several windows that close': ({ plan, rows }, model) =>
    model.rows.length > 2 * rows.length && specsOf(plan).some(({ kind }) => kind !== 'tumble'),
  'panes of two lengths': ({ plan }, model) =>
    model.rows.length > 2 &&
    specsOf(plan).some(spec => spec.kind === 'hop' && spec.sizeTicks % spec.slideTicks > 0n),
  'all values of panes that are combined': ({ plan }, model) =>
    model.rows.length > 2 &&
    chainOf(plan).some(
      node =>
        node.kind === 'aggregate' &&
        node.window?.isInRows === false &&
        node.aggregates.some(({ call: { fn } }) => keepers.has(fn)),
    ),
  'a row in time by the lateness': (trial, model) => {
    const { late } = runModel(mapAggregates(trial.plan), trial.rows, modelOptionsOf(trial))
    return late.length > model.late.length
  },
  'a watermark that moves by batches': ({ plan }, model) =>
    model.rows.length > 0 &&
    chainOf(plan).some(node => node.kind === 'source' && node.watermark?.moves === 'batch'),
  'a watermark that rows mark': ({ plan }, model) =>
    model.rows.length > 0 &&
    chainOf(plan).some(node => node.kind === 'source' && node.watermark?.marker !== undefined),
  'partitions that close windows': ({ plan }, model) =>
    model.rows.length > 0 && partitionOf(plan) !== undefined && specsOf(plan).length > 0,
  'a row that is late by its partition alone': (trial, model) =>
    partitionOf(trial.plan)?.lateBy === 'partition' &&
    model.late.length > modelOf(trial, withPartition(trial.plan, { lateBy: 'source' })).late.length,
  'partitions that are idle': ({ plan }, model) =>
    model.foundIdle > 0 && model.rows.length > 0 && specsOf(plan).length > 0,
  'partitions that the watermark waits for': ({ plan }, model) =>
    model.rows.length > 0 && partitionOf(plan)?.expected !== undefined,
  'rows that are ahead of the clock': (_, model) => model.ahead > 0,
  'windows that the clock closes': ({ plan }, model) =>
    model.rows.length > 0 && model.late.length > 0 && sourceOf(plan)?.watermark?.follows === 'clock',
  'a partition that is forgotten': (_, model) => model.forgotten > 0,
  'a partition too many': (_, model) => model.abandoned > 0,
  'changes that undo each other in a step': trial =>
    consolidatedOf(trial).some(({ came, given }) => given > 1 && came > given),
  'a step that ends before the input does': trial => consolidatedOf(trial).some(({ early }) => early > 0),
  'a step that the clock ends': trial =>
    consolidatedOf(trial).some(({ early, clock }) => early > 0 && clock === 'processing'),
  'a duplicate that is left out': ({ plan, rows }, model) =>
    chainOf(plan).some(({ kind }) => kind === 'deduplicate') &&
    model.late.length + model.errors.length + model.rows.length < rows.length,
  'results of several sources': ({ plan }, model) =>
    sourcesOf(plan).length > 1 && model.rows.length > 0 && specsOf(plan).length > 0,
  'a source that falls silent': ({ idles = [] }, model) => idles.length > 0 && model.rows.length > 0,
  'a source that the clock finds idle': ({ plan }, model) =>
    sourcesOf(plan).length > 1 && model.sourcesFoundIdle > 0 && model.rows.length > 0,
  'rows that run ahead of another source': ({ plan }, model) =>
    model.drifted > 0 && model.rows.length > 0 && specsOf(plan).length > 0,
  'a source that is told of because it runs ahead': (_, model) => model.warnings > 0,
  'a late row behind a union': (_, model) => model.late.includes(-1),
  'changes that take others back': (_, model) => model.rows.some(row => row.$op === 2),
  'a result that corrects another': trial =>
    resultsOf(trial, ({ emit }) => corrects(emit)).some(rows => rows.length > 3),
  'early results by event time': ({ plan }, model) => model.rows.length > 3 && hasEarly(plan, 'event'),
  'early results by processing time': ({ plan }, model) =>
    model.rows.length > 3 && hasEarly(plan, 'processing'),
  'early results that are taken back': trial =>
    resultsOf(trial, ({ emit }) => takesBack(emit)).some(rows => rows.some(row => row.$op === 2)),
  'changes behind changes': ({ plan }, model) =>
    model.rows.length > 0 &&
    chainOf(plan).some(({ kind, relation }) => kind === 'project' && relation.isChangelog),
  'aggregations of changes of aggregations of changes': ({ plan }, model) =>
    model.rows.length > 0 &&
    chainOf(plan).filter(node => node.kind === 'aggregate' && overChanges(node)).length > 1,
  'values that are taken back': trial =>
    resultsOf(trial, node => overChanges(node) && node.aggregates.some(keepsValues)).some(rows =>
      rows.some(row => row.$op === 2),
    ),
  'a group that goes': (_, model) => model.rows.some(row => row.$op === 1),
  'distinct rows': ({ plan }, model) => model.rows.length > 0 && hasDistinct(plan, false),
  'distinct rows of changes': ({ plan }, model) => model.rows.length > 0 && hasDistinct(plan, true),
  'rows that delete others': trial =>
    resultsOf(trial, ({ deletes }) => deletes !== undefined).some(rows => rows.some(row => row.$op === 1)),
  'changes as rows': ({ plan }, model) =>
    model.rows.length > 0 && chainOf(plan).some(node => node.kind === 'mode' && node.to === 'append'),
  'windows of rows that fill up': ({ plan }, model) =>
    rowWindowsOf(plan).some(one => !overlaps(one)) &&
    model.rows.some(({ window_number }) => typeof window_number === 'bigint' && window_number > 1n),
  'windows of rows that use a pane again': ({ plan }, model) =>
    rowWindowsOf(plan).some(
      one =>
        overlaps(one) &&
        model.rows.some(({ window_number: number }) => Number(number) * one.slideRows > (one.sizeRows ?? 0)),
    ),
  'all values of windows of rows': ({ plan }, model) =>
    model.rows.length > 2 &&
    chainOf(plan).some(
      node =>
        node.kind === 'aggregate' &&
        node.rows?.sizeRows !== undefined &&
        node.aggregates.some(({ call: { fn } }) => keepers.has(fn)),
    ),
  'lists of windows of rows': ({ plan }, model) =>
    model.rows.length > 2 &&
    chainOf(plan).some(
      node =>
        node.kind === 'aggregate' &&
        node.rows?.sizeRows !== undefined &&
        node.aggregates.some(({ call: { type } }) => isList(type)),
    ),
  'results every so many rows': ({ plan }, model) =>
    model.rows.length > 3 && rowWindowsOf(plan).some(({ sizeRows }) => sizeRows === undefined),
  'windows of rows behind another aggregation': ({ plan }, model) =>
    model.rows.length > 1 &&
    chainOf(plan).findLastIndex(node => node.kind === 'aggregate' && node.rows !== undefined) >
      chainOf(plan).findIndex(node => node.kind === 'aggregate'),
  ...foldSituations,
  ...orderSituations,
  ...rankSituations,
  'a fault of a result': (_, model) => model.errors.some(({ row }) => row < 0),
  'a list as long as its limit': ({ plan }, model) =>
    model.rows.some(row => limitedLists(plan).some(({ name, call }) => lengthOf(row[name]) === call.limit)),
  'a list without values': (_, model) => model.rows.some(row => Object.values(row).some(isEmptyList)),
  'a list with nulls': (_, model) =>
    model.rows.some(row => Object.values(row).some(value => Array.isArray(value) && value.includes(null))),
  'faults that are null': ({ schedule }) => schedule.lenient,
  'keys NaN and null': trial => hasKeys(trial, Number.NaN, null),
  'keys 0 and -0': trial => hasKeys(trial, 0, -0),
  'a float key': trial => keysOfSource(trial).some(({ type }) => isFloat(type)),
  'a key of bytes': trial => keysOfSource(trial).some(({ type }) => isBytes(type)),
  'a text that fills its column': ({ rows }) =>
    rows.some(row => Object.values(row).some(value => bytesOf(value) === TEXT_BYTES_MAX)),
  'another value for a parameter': ({ params }) => Object.keys(params.given).length > 0,
  ...Object.fromEntries(
    rowErrors
      .filter(({ code }) => code !== LIST_TOO_LONG)
      .map(({ code }): [string, Situation] => [
        `a fault ${code}`,
        (_, model) => model.errors.some(error => error.code === code),
      ]),
  ),
}

/** What aggregations of some kind come to, wherever they are in the plan. */
const resultsOf = (
  trial: Trial,
  fits: (node: Extract<LogicalNode, { kind: 'aggregate' }>) => boolean,
): readonly ModelResult['rows'][] =>
  chainOf(trial.plan)
    .filter(node => node.kind === 'aggregate' && fits(node))
    .map(node => runModel(node, trial.rows, modelOptionsOf(trial)).rows)

const keepsValues = ({ call: { fn } }: NamedAggregate): boolean =>
  fn === 'min' || fn === 'max' || keepers.has(fn)

/** How many changes came to be consolidated, how many were given out, and how many of those before the end of input. */
const consolidatedOf = (trial: Trial) =>
  chainOf(trial.plan).flatMap(node => {
    if (node.kind !== 'consolidate') return []
    const options = modelOptionsOf(trial)
    const [came, given] = [node.input, node].map(one => runModel(one, trial.rows, options).rows.length)
    const clock = node.every?.clock
    return [
      { came, given, clock, early: runModel(node, trial.rows, { ...options, ends: false }).rows.length },
    ]
  })

const overChanges = (node: LogicalNode): boolean =>
  inputsOf(node).some(({ relation }) => relation.isChangelog)

const hasDistinct = (plan: LogicalNode, isOverChanges: boolean): boolean =>
  chainOf(plan).some(
    node =>
      node.kind === 'aggregate' && node.emit.strategy === 'distinct' && overChanges(node) === isOverChanges,
  )

const hasEarly = (plan: LogicalNode, clock: Early['clock']): boolean =>
  chainOf(plan).some(node => node.kind === 'aggregate' && node.emit.early?.clock === clock)

/** The plan without lateness. */
function mapAggregates(plan: LogicalNode): LogicalNode {
  const before = inputsOf(plan).map(mapAggregates)
  if (plan.kind !== 'aggregate') return withInputs(plan, before)
  return aggregate(
    before[0],
    plan.keys,
    plan.aggregates,
    { ...plan.emit, latenessTicks: 0n },
    plan.rows,
    plan.deletes,
  )
}

const rowWindowsOf = (plan: LogicalNode): readonly RowWindow[] =>
  chainOf(plan).flatMap(node => (node.kind === 'aggregate' && node.rows ? [node.rows] : []))

const modelOf = (trial: Trial, plan: LogicalNode): ModelResult =>
  runModel(plan, trial.rows, modelOptionsOf(trial))

const limitedLists = (plan: LogicalNode): readonly NamedAggregate[] =>
  chainOf(plan)
    .flatMap(node => (node.kind === 'aggregate' ? node.aggregates : []))
    .filter(({ call }) => isList(call.type) && call.limit !== undefined)

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : -1)
const isEmptyList = (value: unknown): boolean => lengthOf(value) === 0

const specsOf = (plan: LogicalNode): readonly WindowSpec[] =>
  chainOf(plan).flatMap(node => (node.kind === 'window' ? [node.spec] : []))

const bytesOf = (value: unknown): number =>
  typeof value === 'string' || value instanceof Uint8Array ? Buffer.byteLength(value) : 0

test('every situation', { skip }, t => {
  const models = trials.map(trial => runModel(trial.plan, trial.rows, modelOptionsOf(trial)))
  for (const [name, holds] of Object.entries(situations)) {
    const count = trials.filter((trial, i) => holds(trial, models[i])).length
    t.diagnostic(`${name}: ${count} of ${TRIALS}`)
    assert.ok(count >= 2, `${name} was reached ${count} times`)
  }
})
