/** Random plans over a schema: one operator after the other, with one aggregation or two. */
import fc from 'fast-check'
import { withInputs } from '../../compiler/passes/logical/rewrite.ts'
import { type Aggregate, aggregateOver, aggregateRow } from '../../ir/expr/aggregates.ts'
import { call } from '../../ir/expr/build.ts'
import { type Expr, literal, nullOf } from '../../ir/expr/expr.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { deduplicate } from '../../ir/logical/deduplicate.ts'
import { type Emit, ON_CLOSE, takesBack } from '../../ir/logical/emit.ts'
import { filter } from '../../ir/logical/filter.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { project } from '../../ir/logical/project.ts'
import type { AssignedWindow, EventTime } from '../../ir/logical/relation.ts'
import { type RowWindow, WINDOW_NUMBER } from '../../ir/logical/row-window.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source, type WatermarkSpec } from '../../ir/logical/source.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import { union } from '../../ir/logical/union.ts'
import {
  type TumblingWindow,
  WINDOW_END,
  WINDOW_START,
  type WindowSpec,
  window,
} from '../../ir/logical/window.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, dataTypes, isInteger, isList, isNumeric, isTimestamp } from '../../ir/types.ts'
import { exprOf, ref } from './exprs.ts'
import { TIME } from './streams.ts'
import { MAX64, MIN64, types } from './values.ts'

type NodeArb = fc.Arbitrary<LogicalNode>
type Step = (input: LogicalNode) => NodeArb

const DEPTH = 2
const KEYS_DRAWN_MAX = 3

export function plansOver(schema: Schema): NodeArb {
  const bare = fc
    .option(watermarksOf(schema), { nil: undefined, freq: 8 })
    .map(watermark => source('s', schema, watermark))
  const others = watermarksOf(schema)
  const steps = [
    maybe(filtered, 1, 4),
    maybe(projected, 1, 2),
    maybe(deduplicated, 1, 8),
    maybe(united(others), 1, 8),
    maybe(deduplicated, 1, 20),
    maybe(filtered, 1, 4),
    maybe(aggregated, 3, 4),
    maybe(united(others), 1, 12),
    maybe(filtered, 1, 4),
    maybe(projected, 1, 2),
    maybe(aggregated, 1, 2),
  ]
  return steps.reduce<NodeArb>((node, step) => node.chain(step), bare).map(sink)
}

function watermarksOf(schema: Schema): fc.Arbitrary<WatermarkSpec> {
  const flags = schema.flatMap(({ name, type }) => (type === 'bool' ? [{ marker: name }] : []))
  return fc
    .record({
      delayTicks: fc.constantFrom(0n, 1n, 7n, 1000n),
      marker: fc.constantFrom({}, ...flags),
      moves: fc.constantFrom({}, {}, {}, { moves: 'batch' as const }),
    })
    .map(({ delayTicks, marker, moves }) => ({ column: TIME, delayTicks, ...marker, ...moves }))
}

/** Takes the step so many times out of so many. */
const maybe =
  (step: Step, times: number, outOf: number): Step =>
  input =>
    fc.oneof(
      { weight: outOf - times, arbitrary: fc.constant(input) },
      { weight: times, arbitrary: step(input) },
    )

const deduplicated: Step = input => {
  const { schema, time, isChangelog } = input.relation
  const times = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (isChangelog || time?.window || times.length === 0) return fc.constant(input)
  const names = schema.map(({ name }) => name)
  return fc
    .record({
      keys: fc.subarray(names, { maxLength: Math.min(KEYS_DRAWN_MAX, names.length) }),
      column: fc.constantFrom(...times.map(({ name }) => name)),
      within: fc.constantFrom(1n, 3n, 10n, 1000n, (1n << 61n) - 1n),
    })
    .map(({ keys, column, within }) => deduplicate(input, keys, column, within))
}

/** Together with what the same operators make of other sources, each with a filter of its own or none. */
const united =
  (watermarks: fc.Arbitrary<WatermarkSpec>): Step =>
  input => {
    const sources = sourcesOf(input)
    if (sources.length > 1 || input.relation.time?.window) return fc.constant(input)
    const [{ name, relation, watermark }] = sources
    const branch = fc
      .tuple(watermark ? watermarks : fc.constant(undefined), fc.integer({ min: 1, max: 2 }))
      .map(([mark, n]) => withSource(input, source(`${name}${n}`, relation.schema, mark)))
      .chain(maybe(filtered, 1, 3))
    return fc
      .uniqueArray(branch, { minLength: 1, maxLength: 2, selector: one => sourcesOf(one)[0].name })
      .map(branches => union([input, ...branches]))
  }

/** The same operators over another source. */
const withSource = (node: LogicalNode, other: LogicalNode): LogicalNode =>
  node.kind === 'source'
    ? other
    : withInputs(
        node,
        inputsOf(node).map(input => withSource(input, other)),
      )

/** Half of the filters let rows pass that they know nothing of: else few rows would reach the end of a plan. */
const filtered: Step = input =>
  fc
    .tuple(exprOf('bool', input.relation.schema, DEPTH), fc.boolean())
    .map(([predicate, passes]) =>
      filter(input, passes ? call('coalesce', predicate, literal(true, 'bool')) : predicate),
    )

/** Event time and windows stay, under new names once the window has closed; so do some others; the rest is computed. */
const projected: Step = input => {
  const { schema, time } = input.relation
  const isTime = ({ name }: Column): boolean => time?.columns.includes(name) === true
  const newName = (name: string): string => (time?.window ? name : (closed[name] ?? name))
  const kept = schema.filter(isTime).map(column => ({ name: newName(column.name), expr: ref(column) }))
  const passed = fc
    .subarray(schema.filter(column => !isTime(column)))
    .map(columns => columns.map(column => ({ name: column.name, expr: ref(column) })))
  const computed = fc.array(
    types.chain(type => exprOf(type, schema, DEPTH)),
    { minLength: 1, maxLength: 3 },
  )
  const prefix = schema.some(({ name }) => name.startsWith('x')) ? 'y' : 'x'
  return fc
    .tuple(passed, computed)
    .map(([others, exprs]) =>
      project(input, [...kept, ...others, ...exprs.map((expr, i) => ({ name: `${prefix}${i}`, expr }))]),
    )
}

const closed: Readonly<Record<string, string>> = { [WINDOW_START]: 'from', [WINDOW_END]: 'to' }

/** Mostly windows that close in the stream; now and then ones that leave the range of time. */
const sizesAndOffsets = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(1n, 5n, 10n, 1000n), fc.constantFrom(0n, 3n, -2n)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(7n, (1n << 62n) + 1n, MAX64),
      fc.constantFrom(MIN64, MAX64, -(1n << 40n)),
    ),
  },
)

const windowed: Step = input => {
  const { schema, time } = input.relation
  const free = !schema.some(({ name }) => name === WINDOW_START || name === WINDOW_END)
  const columns = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (!free || columns.length === 0 || time?.window) return fc.constant(input)
  return fc
    .tuple(fc.constantFrom(...columns.map(({ name }) => name)), sizesAndOffsets)
    .chain(([column, [sizeTicks, offsetTicks]]) => specsOn({ column, sizeTicks, offsetTicks }))
    .map(spec => window(input, spec))
}

/** Side by side, overlapping, or sessions: slides and steps that do and do not divide the size. */
const specsOn = (grid: Omit<TumblingWindow, 'kind'>): fc.Arbitrary<WindowSpec> => {
  const { column, sizeTicks } = grid
  const parts = [1n, 2n, 3n, 5n, 10n].filter(n => n <= sizeTicks)
  const slides = parts.map(n => sizeTicks / n + (sizeTicks % n === 0n ? 0n : 1n))
  const steps = parts.filter(n => sizeTicks % n === 0n).map(n => sizeTicks / n)
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<WindowSpec>({ kind: 'tumble', ...grid }) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...slides, ...(sizeTicks > 7n ? [sizeTicks - 1n, 3n + sizeTicks / 9n] : []))
        .map((slideTicks): WindowSpec => ({ kind: 'hop', ...grid, slideTicks })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(1n, 2n, 5n, 50n, 1000n, MAX64 - 1n), fc.boolean())
        .map(([gapTicks, isInclusive]): WindowSpec => ({ kind: 'session', column, gapTicks, isInclusive })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...steps)
        .map((stepTicks): WindowSpec => ({ kind: 'cumulate', ...grid, stepTicks })),
    },
  )
}

const aggregated: Step = input =>
  input.relation.isChangelog
    ? fc.constant(input)
    : fc.oneof(
        { weight: 4, arbitrary: maybe(windowed, 4, 5)(input).chain(groupedOf()) },
        { weight: 1, arbitrary: rowWindows.chain(rows => groupedOf(rows)(input)) },
      )

/** Of few rows, so that they fill up: side by side, overlapping in panes of one row and of more, or without an end. */
const rowWindows: fc.Arbitrary<RowWindow> = fc.oneof(
  fc.constantFrom(1, 2, 3, 7).map(rows => ({ sizeRows: rows, slideRows: rows })),
  fc.constantFrom(1, 2, 5).map(slideRows => ({ slideRows })),
  fc
    .constantFrom([2, 1], [3, 2], [5, 1], [6, 2], [6, 4], [12, 9], [40, 1])
    .map(([sizeRows, slideRows]) => ({ sizeRows, slideRows })),
)

const groupedOf =
  (rows?: RowWindow): Step =>
  input => {
    const { schema, time } = input.relation
    const window = time?.window
    const numbered = rows?.sizeRows === undefined ? [] : [WINDOW_NUMBER]
    const taken = [window?.start, window?.end, ...numbered]
    const others = schema.filter(({ name, type }) => !taken.includes(name) && !isList(type))
    const keys = fc.subarray(
      others.map(({ name }) => name),
      { maxLength: Math.min(KEYS_DRAWN_MAX, others.length) },
    )
    const calls = fc.array(callOver(schema), { minLength: 1, maxLength: 3 })
    const emits = rows ? fc.constant(ON_CLOSE) : emitsOf(time)
    return fc.tuple(keys, calls, emits).map(([names, drawn, wanted]) => {
      const [list, emit] = fitting(drawn, wanted)
      const named = list.map((call, i) => ({ name: freshName(schema, i), call }))
      return aggregate(input, names, named, emit, rows)
    })
  }

/** What is taken back must have been kept, which is so of fields only: other aggregates are left out, where any stay. */
const fitting = (calls: readonly Aggregate[], emit: Emit): readonly [readonly Aggregate[], Emit] => {
  if (!takesBack(emit)) return [calls, emit]
  const kept = calls.filter(({ fn }) => !aggregateRow(fn).outgrowsEntry)
  const { changes, ...once } = emit
  return kept.length > 0 ? [kept, emit] : [calls, once]
}

function emitsOf(time: EventTime | undefined): fc.Arbitrary<Emit> {
  const window = time?.window
  return window?.isInRows === false
    ? emitsOnce(window)
    : fc.oneof({ weight: 2, arbitrary: emitsOnce(window) }, { weight: 3, arbitrary: emitsRefined(time) })
}

/** Results that later ones replace. */
function emitsRefined(time: EventTime | undefined): fc.Arbitrary<Emit> {
  const clocks =
    time && time.columns.length > 0 ? (['event', 'processing'] as const) : (['processing'] as const)
  const early = fc.record(
    { clock: fc.constantFrom(...clocks), every: fc.constantFrom(1n, 3n, 10n, MAX64) },
    { noNullPrototype: true },
  )
  const isWindowed = time?.window !== undefined
  return fc
    .record({
      strategy: fc.constantFrom(
        'watermark' as const,
        'watermark' as const,
        'close' as const,
        'final' as const,
      ),
      latenessTicks: isWindowed ? fc.constantFrom(0n, 5n, 1000n, MAX64) : fc.constant(0n),
      early: fc.option(early, { nil: undefined, freq: 2 }),
      changes: fc.constantFrom(true, true, false),
    })
    .map(({ early, ...emit }) => ({ ...emit, ...(early && { early }) }))
}

function emitsOnce(window: AssignedWindow | undefined): fc.Arbitrary<Emit> {
  const eager = fc.constantFrom('update' as const, 'changelog' as const)
  const strategy = fc.oneof(
    { weight: 4, arbitrary: fc.constant('close' as const) },
    { weight: 1, arbitrary: fc.constant('final' as const) },
    ...(window?.isInRows === false ? [] : [{ weight: 2, arbitrary: eager }]),
  )
  const latenessTicks = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0n) },
    { weight: window ? 2 : 0, arbitrary: fc.constantFrom(1n, 5n, 1000n, MAX64) },
  )
  return fc.record({ strategy, latenessTicks }, { noNullPrototype: true })
}

/** A name that neither a key nor another result has. */
const freshName = (schema: Schema, i: number): string =>
  schema.some(({ name }) => name === `a${i}`) ? `b${i}` : `a${i}`

type CallArb = fc.Arbitrary<Aggregate>

function callOver(schema: Schema): CallArb {
  const any = types.chain(type => exprOf(type, schema, 1))
  const among = (fits: (type: DataType) => boolean): fc.Arbitrary<Expr> =>
    fc.constantFrom(...dataTypes.filter(fits)).chain(type => exprOf(type, schema, 1))
  const where = fc.option(exprOf('bool', schema, 1), { nil: undefined, freq: 3 })
  const plain = fc.constantFrom('count', 'min', 'max', 'first', 'last', 'approx_count_distinct')
  const ofAll = fc.constantFrom('count_distinct', 'mode', 'quantile_disc')
  const fractions = fc.oneof(fc.constantFrom(0, 0.5, 0.99, 1), fc.double({ min: 0, max: 1, noNaN: true }))
  const counts: CallArb = where.map(cond =>
    aggregateOver({ fn: 'count' }, cond ? [filteredBy(literal(true, 'bool'), cond)] : []),
  )
  const over = (fns: fc.Arbitrary<Aggregate['fn']>, ...args: readonly fc.Arbitrary<Expr>[]): CallArb =>
    fc.tuple(fns, fc.tuple(...args), where, fractions).map(([fn, list, cond, fraction]) =>
      aggregateOver(
        { fn, fraction },
        list.map(arg => (cond ? filteredBy(arg, cond) : arg)),
      ),
    )
  return fc.oneof(
    counts,
    { weight: 2, arbitrary: listsOver(schema, any, where) },
    over(plain, any),
    over(ofAll, any),
    over(fc.constantFrom('sum', 'avg', 'approx_quantile', 'quantile'), among(isNumeric)),
    over(fc.constantFrom('var_pop', 'var_samp', 'stddev_pop', 'stddev_samp'), among(isNumeric)),
    over(fc.constantFrom('covar_pop', 'covar_samp', 'corr'), among(isNumeric), among(isNumeric)),
    over(fc.constantFrom('bool_and', 'bool_or'), exprOf('bool', schema, 1)),
    over(fc.constantFrom('bit_and', 'bit_or', 'bit_xor'), among(isInteger)),
  )
}

/** Values as a list, joined, or the first in their order: limits that a group passes, reaches, and those it does not. */
function listsOver(schema: Schema, any: fc.Arbitrary<Expr>, where: fc.Arbitrary<Expr | undefined>): CallArb {
  const limits = fc.constantFrom(1, 2, 3, 40, 1000)
  const options = fc.record(
    { limit: fc.oneof(limits, fc.constant(undefined)), separator: fc.constantFrom('', ', ', '日') },
    { noNullPrototype: true },
  )
  const listed = fc
    .tuple(any, where, options)
    .map(([arg, cond, given]) => aggregateOver({ fn: 'array_agg', ...given }, cond ? [arg, cond] : [arg]))
  const joined = fc
    .tuple(exprOf('utf8', schema, 1), where, options)
    .map(([arg, cond, given]) =>
      aggregateOver({ fn: 'string_agg', ...given }, [cond ? filteredBy(arg, cond) : arg]),
    )
  const ranked = fc
    .tuple(fc.constantFrom('top_k' as const, 'bottom_k' as const), any, where, limits)
    .map(([fn, arg, cond, limit]) => aggregateOver({ fn, limit }, [cond ? filteredBy(arg, cond) : arg]))
  return fc.oneof(listed, joined, ranked)
}

/** What `where` of an aggregate is: rows that the condition leaves out count as null. */
const filteredBy = (arg: Expr, cond: Expr): Expr => call('case', cond, arg, nullOf(arg.type))
