/** Random plans over a schema: one operator after the other, with one aggregation or two. */
import fc from 'fast-check'
import { withInputs } from '../../compiler/passes/logical/rewrite.ts'
import { aggregate as aggregateCall } from '../../ir/expr/aggregates.ts'
import { call } from '../../ir/expr/build.ts'
import { type Expr, literal } from '../../ir/expr/expr.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { consolidate } from '../../ir/logical/consolidate.ts'
import { deduplicate } from '../../ir/logical/deduplicate.ts'
import { changes, ON_CLOSE } from '../../ir/logical/emit.ts'
import { filter } from '../../ir/logical/filter.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { asAppend, asChanges, withoutCode } from '../../ir/logical/mode.ts'
import { project } from '../../ir/logical/project.ts'
import { rank } from '../../ir/logical/rank.ts'
import { type RowWindow, WINDOW_NUMBER } from '../../ir/logical/row-window.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source, type WatermarkSpec } from '../../ir/logical/source.ts'
import { isHeldByPartition, sourcesOf } from '../../ir/logical/sources.ts'
import { union } from '../../ir/logical/union.ts'
import { WINDOW_END, WINDOW_START, window } from '../../ir/logical/window.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { isList, isTimestamp } from '../../ir/types.ts'
import { callOver } from './aggregates.ts'
import { asofJoinsOf } from './asof-joins.ts'
import { emitsOf, emitsOnce, fitting, periodsOf } from './emits.ts'
import { conditionsOn, exprOf, ref } from './exprs.ts'
import { joinsOf } from './joins.ts'
import { lookedUp } from './lookups.ts'
import { historied, sortedBy, sortedIn } from './orders.ts'
import { rankings } from './rankings.ts'
import { types } from './values.ts'
import { alignments, watermarksOf } from './watermarks.ts'
import { rowWindows, sizesAndOffsets, specsOn } from './windows.ts'

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
    maybe(remoded, 1, 8),
    maybe(filtered, 1, 4),
    maybe(projected, 1, 2),
    maybe(deduplicated, 1, 8),
    maybe(united(others), 1, 8),
    maybe(joined(others), 1, 10),
    maybe(nearest(others), 1, 10),
    maybe(lookedUp('dim'), 1, 10),
    maybe(deduplicated, 1, 20),
    maybe(consolidated, 1, 3),
    maybe(historied, 1, 12),
    maybe(ordered, 1, 6),
    maybe(historied, 1, 10),
    maybe(filtered, 1, 4),
    maybe(ranked, 1, 10),
    maybe(aggregated, 3, 4),
    maybe(consolidated, 1, 4),
    maybe(remoded, 1, 10),
    maybe(united(others), 1, 12),
    maybe(joined(others), 1, 20),
    maybe(nearest(others), 1, 16),
    maybe(filtered, 1, 4),
    maybe(projected, 1, 2),
    maybe(lookedUp('other'), 1, 12),
    maybe(ordered, 1, 8),
    maybe(historied, 1, 10),
    maybe(ranked, 1, 10),
    maybe(aggregated, 1, 2),
    maybe(consolidated, 1, 3),
    maybe(aggregated, 1, 3),
  ]
  return steps.reduce<NodeArb>((node, step) => node.chain(step), bare).map(sink)
}

/** Takes the step so many times out of so many. */
const maybe =
  (step: Step, times: number, outOf: number): Step =>
  input =>
    fc.oneof(
      { weight: outOf - times, arbitrary: fc.constant(input) },
      { weight: times, arbitrary: step(input) },
    )

/** Expressions never read what a change is. */
const readable = (input: LogicalNode): Schema => withoutCode(input.relation.schema)

const deduplicated: Step = input => {
  const { schema, time, isChangelog } = input.relation
  const times = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (isChangelog || time?.window || times.length === 0 || isHeldByPartition(input)) return fc.constant(input)
  const names = schema.map(({ name }) => name)
  return fc
    .record({
      keys: fc.subarray(names, { maxLength: Math.min(KEYS_DRAWN_MAX, names.length) }),
      column: fc.constantFrom(...times.map(({ name }) => name)),
      within: fc.constantFrom(1n, 3n, 10n, 1000n, (1n << 61n) - 1n),
    })
    .map(({ keys, column, within }) => deduplicate(input, keys, column, within))
}

const consolidated: Step = input => {
  const { schema, time, isChangelog } = input.relation
  const isRefused = !isChangelog || time?.window || schema.some(({ type }) => isList(type))
  if (isRefused || isHeldByPartition(input)) return fc.constant(input)
  return fc.oneof(fc.constant(undefined), periodsOf(time)).map(every => consolidate(input, every))
}

/** By event time, or the rows of each window by what they hold. */
const sorted: Step = input => {
  const { schema, isChangelog } = input.relation
  if (isChangelog || isHeldByPartition(input) || schema.some(({ type }) => isList(type)))
    return fc.constant(input)
  return fc.oneof(
    sortedBy(input),
    maybe(
      windowed,
      1,
      1,
    )(input).chain(node => (node.relation.time?.window?.isInRows ? sortedIn(node) : sortedBy(input))),
  )
}

/** Sorted, and often with what rows learn of each other in that order. */
const ordered: Step = input => sorted(input).chain(maybe(historied, 1, 2))

/** What comes first, of all rows or of those of each window. */
const ranked: Step = input =>
  maybe(
    windowed,
    1,
    2,
  )(input).chain(node => {
    const { schema, time } = node.relation
    const isRefused = time?.window?.isInRows === false || schema.some(({ type }) => isList(type))
    return isRefused ? fc.constant(input) : rankings(node).map(spec => rank(node, spec))
  })

/** Together with what the same operators make of other sources, each with a filter of its own or none. */
const united =
  (watermarks: fc.Arbitrary<WatermarkSpec>): Step =>
  input => {
    const sources = sourcesOf(input)
    if (sources.length > 1 || input.relation.time?.window || isHeldByPartition(input))
      return fc.constant(input)
    const [{ name, relation, watermark }] = sources
    const branch = fc
      .tuple(watermark ? watermarks.map(bySource) : fc.constant(undefined), fc.integer({ min: 1, max: 2 }))
      .map(([mark, n]) => withSource(input, source(`${name}${n}`, relation.schema, mark)))
      .chain(maybe(filtered, 1, 3))
    return fc
      .uniqueArray(branch, { minLength: 1, maxLength: 2, selector: one => sourcesOf(one)[0].name })
      .map(branches => union([input, ...branches]))
      .chain(maybe(aligned, 1, 2))
  }

/** With what the same operators make of another source; or with the other source itself. */
const joined =
  (watermarks: fc.Arbitrary<WatermarkSpec>): Step =>
  input => {
    const sources = sourcesOf(input)
    const [{ name, relation, watermark }] = sources
    if (isHeldByPartition(input) || sources.length > 1 || !watermark) return fc.constant(input)
    return fc
      .tuple(watermarks.map(bySource), fc.boolean())
      .map(([mark, isSame]) => {
        const other = source(`${name}j`, relation.schema, mark)
        return isSame || input.relation.time?.window ? withSource(input, other) : other
      })
      .chain(maybe(filtered, 1, 3))
      .chain(other => joinsOf(input, other))
  }

/** With the nearest rows of another source, or with the versions of a table that is one. */
const nearest =
  (watermarks: fc.Arbitrary<WatermarkSpec>): Step =>
  input => {
    const sources = sourcesOf(input)
    const [{ name, relation, watermark }] = sources
    const { isChangelog, time } = input.relation
    if (isHeldByPartition(input) || isChangelog || sources.length > 1 || !watermark || time?.window)
      return fc.constant(input)
    return fc
      .tuple(watermarks.map(bySource), fc.boolean())
      .map(([mark, isSame]) => {
        const other = source(`${name}a`, relation.schema, mark)
        return isSame ? withSource(input, other) : other
      })
      .chain(maybe(remoded, 1, 3))
      .chain(maybe(filtered, 1, 3))
      .chain(other => asofJoinsOf(input, other))
  }

/** Sources that have watermarks of rows do not run ahead of each other. */
const aligned: Step = input => {
  const members = sourcesOf(input).filter(({ watermark }) => watermark && watermark.follows !== 'clock')
  if (members.length < 2) return fc.constant(input)
  return alignments.map(alignment =>
    members.reduce<LogicalNode>((node, { name, relation, watermark }) => {
      const other = source(name, relation.schema, watermark && { ...watermark, alignment })
      return withSource(node, other, name)
    }, input),
  )
}

/** What comes together has no partitions. */
const bySource = (watermark: WatermarkSpec): WatermarkSpec =>
  watermark.partition ? { ...watermark, partition: { ...watermark.partition, lateBy: 'source' } } : watermark

/** The same operators over another source, in place of the one of a name, or of whichever there is. */
const withSource = (node: LogicalNode, other: LogicalNode, replaced?: string): LogicalNode =>
  node.kind === 'source'
    ? replaced === undefined || node.name === replaced
      ? other
      : node
    : withInputs(
        node,
        inputsOf(node).map(input => withSource(input, other, replaced)),
      )

/** Half of the filters let rows pass that they know nothing of: else few rows would reach the end of a plan. */
const filtered: Step = input =>
  fc
    .tuple(exprOf('bool', readable(input), DEPTH), fc.boolean())
    .map(([predicate, passes]) =>
      filter(input, passes ? call('coalesce', predicate, literal(true, 'bool')) : predicate),
    )

/** Event time and windows stay, under new names once the window has closed; so do some others; the rest is computed. */
const projected: Step = input => {
  const { time } = input.relation
  const schema = readable(input)
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

const windowed: Step = input => {
  const { schema, time } = input.relation
  const free = !schema.some(({ name }) => name === WINDOW_START || name === WINDOW_END)
  const columns = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (!free || columns.length === 0 || time?.window) return fc.constant(input)
  return fc
    .tuple(fc.constantFrom(...columns.map(({ name }) => name)), sizesAndOffsets)
    .chain(([column, [sizeTicks, offsetTicks]]) =>
      specsOn({ column, sizeTicks, offsetTicks }).filter(
        ({ kind }) => kind !== 'session' || !input.relation.isChangelog,
      ),
    )
    .map(spec => window(input, spec))
}

const aggregated: Step = input =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: maybe(
        windowed,
        4,
        5,
      )(input).chain(node => fc.oneof(...kindsOf(node).map(step => step(node)))),
    },
    ...(input.relation.isChangelog
      ? []
      : [{ weight: 1, arbitrary: rowWindows.chain(rows => groupedOf(rows)(input)) }]),
  )

/** What keeps rows in state, by what it can take. */
function kindsOf(node: LogicalNode): readonly Step[] {
  const { isChangelog, time } = node.relation
  const others =
    time?.window?.spec.kind !== 'session'
      ? [distinctOf, ...(isChangelog ? [] : [upsertOf, upsertOf, upsertOf])]
      : []
  const grouped = groupedOf()
  return [grouped, grouped, grouped, grouped, ...others]
}

const distinctOf: Step = input =>
  keysOf(input).map(keys => aggregate(input, keys, [], { strategy: 'distinct', latenessTicks: 0n }))

/** Rows that replace others, some of which delete them. */
const upsertOf: Step = input =>
  fc
    .option(exprOrCondition(input.relation.schema), { nil: undefined, freq: 3 })
    .chain(gone => (gone === undefined ? upserted(input) : upserted(withColumn(input, GONE, gone), GONE)))

const GONE = 'gone'

/** Where there are lists only, any condition. */
const exprOrCondition = (schema: Schema): fc.Arbitrary<Expr> =>
  schema.every(({ type }) => isList(type)) ? exprOf('bool', schema, DEPTH) : conditionsOn(schema)

const upserted = (input: LogicalNode, deletes?: string): NodeArb =>
  fc.tuple(keysOf(input, deletes), fc.boolean()).map(([[key], isOne]) => {
    const keys = key === undefined || isOne ? [] : [key]
    const rest = othersOf(input).filter(({ name }) => !keys.includes(name) && name !== deletes)
    const calls = rest.map(column => ({ name: column.name, call: aggregateCall('latest', ref(column)) }))
    return aggregate(input, keys, calls, { strategy: 'changelog', latenessTicks: 0n }, undefined, deletes)
  })

/** The same rows with one column more. */
const withColumn = (input: LogicalNode, name: string, expr: Expr): LogicalNode =>
  project(input, [
    ...input.relation.schema.map(column => ({ name: column.name, expr: ref(column) })),
    { name, expr },
  ])

/** Columns that are no bound of a window, and of which something can be computed. */
function othersOf(input: LogicalNode): Schema {
  const window = input.relation.time?.window
  return readable(input).filter(
    ({ name, type }) => name !== window?.start && name !== window?.end && !isList(type),
  )
}

function keysOf(input: LogicalNode, except?: string): fc.Arbitrary<readonly string[]> {
  const others = othersOf(input).filter(({ name }) => name !== except)
  return fc.subarray(
    others.map(({ name }) => name),
    { minLength: Math.min(1, others.length), maxLength: Math.min(KEYS_DRAWN_MAX, others.length) },
  )
}

/** Changes by a column that has their codes, or by a computed one; now and then changes as rows. */
const remoded: Step = input => {
  if (input.relation.isChangelog) return fc.constant(asAppend(input, 'op'))
  const codes = input.relation.schema.filter(({ type }) => type === 'int8')
  if (codes.length > 0) return fc.constantFrom(...codes).map(({ name }) => asChanges(input, name))
  const conditions = fc.tuple(
    ...[changes.delete, changes.insert].map(code =>
      fc.tuple(exprOf('bool', input.relation.schema, DEPTH), fc.constantFrom(code, code, 2, 3, 4, -1)),
    ),
  )
  return conditions.map(cases => {
    const parts = cases.flatMap(([when, code]) => [when, literal(code, 'int8')])
    const expr = call('case', ...parts, literal(changes.insert, 'int8'))
    return asChanges(withColumn(input, 'code', expr), 'code')
  })
}

const groupedOf =
  (rows?: RowWindow): Step =>
  input => {
    const { time, isChangelog } = input.relation
    const schema = readable(input)
    const window = time?.window
    const numbered = rows?.sizeRows === undefined ? [] : [WINDOW_NUMBER]
    const taken = [window?.start, window?.end, ...numbered]
    const others = schema.filter(({ name, type }) => !taken.includes(name) && !isList(type))
    const keys = fc.subarray(
      others.map(({ name }) => name),
      { maxLength: Math.min(KEYS_DRAWN_MAX, others.length) },
    )
    const calls = fc.array(callOver(schema, isChangelog), { minLength: 1, maxLength: 3 })
    const emits = rows ? fc.constant(ON_CLOSE) : isChangelog ? emitsOnce(window, true) : emitsOf(time)
    return fc.tuple(keys, calls, emits).map(([names, drawn, wanted]) => {
      const [list, emit] = fitting(drawn, wanted, window)
      const named = list.map((call, i) => ({ name: freshName(schema, i), call }))
      return aggregate(input, names, named, emit, rows)
    })
  }

/** A name that neither a key nor another result has. */
const freshName = (schema: Schema, i: number): string => {
  const free = ['a', 'b', 'c'].find(letter => !schema.some(({ name }) => name === `${letter}${i}`))
  return `${free}${i}`
}
