/** Random plans with the rows to run through them: schemas, disorder, late rows, one or two aggregations. */
import fc from 'fast-check'
import { type Aggregate, aggregate as aggregateCall } from '../../ir/expr/aggregates.ts'
import type { Value } from '../../ir/expr/expr.ts'
import { aggregate } from '../../ir/logical/aggregate.ts'
import { filter } from '../../ir/logical/filter.ts'
import { type LogicalNode, printPlan } from '../../ir/logical/index.ts'
import { project } from '../../ir/logical/project.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source } from '../../ir/logical/source.ts'
import { WINDOW_END, WINDOW_START, window } from '../../ir/logical/window.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, isNumeric, isTimestamp } from '../../ir/types.ts'
import type { ModelRow } from '../model/model.ts'
import { exprOf, ref } from './exprs.ts'
import { columnValues, dataTypesDrawn } from './values.ts'

export interface PlanCase {
  readonly plan: LogicalNode
  readonly schema: Schema
  readonly rows: readonly ModelRow[]
  /** Row numbers at which a new batch begins. */
  readonly splits: readonly number[]
}

type Arb<T> = fc.Arbitrary<T>
type NodeArb = Arb<LogicalNode>

const DEPTH = 2
/** Name of the event time column. */
const TIME = 'ts'

const columnOf = (name: string): Arb<Column> =>
  fc.record({ name: fc.constant(name), type: fc.constantFrom(...dataTypesDrawn), nullable: fc.boolean() })

const timeColumn: Arb<Column> = fc.record({
  name: fc.constant(TIME),
  type: fc.constantFrom<DataType>('timestamp[us]', 'timestamp[ms]', 'timestamp[ns]', 'timestamp[s]'),
  nullable: fc.boolean(),
})

const schemas: Arb<Schema> = fc
  .tuple(timeColumn, fc.integer({ min: 1, max: 4 }))
  .chain(([time, count]) =>
    fc.tuple(fc.constant(time), ...Array.from({ length: count }, (_, i) => columnOf(`c${i}`))),
  )

/** A plan over a source, one operator after the other. */
function plansOver(schema: Schema): NodeArb {
  const delay = fc.constantFrom(0n, 1n, 7n, 1000n)
  const bare = fc
    .option(delay, { nil: undefined, freq: 8 })
    .map(delayTicks =>
      source('s', schema, delayTicks === undefined ? undefined : { column: TIME, delayTicks }),
    )
  return chain(bare, [
    maybe(filtered),
    maybe(projected),
    maybe(filtered),
    maybe(aggregated, 3),
    maybe(filtered),
    maybe(projected),
    maybe(aggregated),
  ])
}

type Step = (input: LogicalNode) => NodeArb

const maybe =
  (step: Step, weight = 1): Step =>
  input =>
    fc.oneof({ weight: 1, arbitrary: fc.constant(input) }, { weight, arbitrary: step(input) })

const chain = (start: NodeArb, steps: readonly Step[]): NodeArb =>
  steps.reduce<NodeArb>((node, step) => node.chain(step), start)

const filtered: Step = input =>
  exprOf('bool', input.relation.schema, DEPTH).map(predicate => filter(input, predicate))

/** Event time, windows and one column stay; the others are computed. */
const projected: Step = input => {
  const { schema, time } = input.relation
  const kept = schema
    .filter(({ name }) => time?.columns.includes(name))
    .map(column => ({ name: column.name, expr: ref(column) }))
  const computed = fc.array(
    fc.constantFrom(...dataTypesDrawn).chain(type => exprOf(type, schema, DEPTH)),
    { minLength: 1, maxLength: 3 },
  )
  const prefix = kept.some(({ name }) => name.startsWith('x')) ? 'y' : 'x'
  return computed.map(exprs =>
    project(input, [...kept, ...exprs.map((expr, i) => ({ name: `${prefix}${i}`, expr }))]),
  )
}

const windowed: Step = input => {
  const { schema, time } = input.relation
  const free = !schema.some(({ name }) => name === WINDOW_START || name === WINDOW_END)
  const columns = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (!free || columns.length === 0 || time?.window) return fc.constant(input)
  return fc
    .record({
      column: fc.constantFrom(...columns.map(({ name }) => name)),
      sizeTicks: fc.constantFrom(1n, 5n, 10n, 1000n),
      offsetTicks: fc.constantFrom(0n, 3n, -2n),
    })
    .map(spec => window(input, spec))
}

const aggregated: Step = input => maybe(windowed, 4)(input).chain(groupedOf)

const groupedOf: Step = input => {
  const { schema, time } = input.relation
  const window = time?.window
  const others = schema.filter(({ name }) => name !== window?.start && name !== window?.end)
  const keys = fc.subarray(
    others.map(({ name }) => name),
    { maxLength: Math.min(3, others.length) },
  )
  const calls = fc.array(callOver(schema), { minLength: 1, maxLength: 3 })
  return fc.tuple(keys, calls).map(([names, list]) =>
    aggregate(
      input,
      names,
      list.map((call, i) => ({ name: freshName(schema, i), call })),
    ),
  )
}

/** A name that neither a key nor another result has. */
const freshName = (schema: Schema, i: number): string =>
  schema.some(({ name }) => name === `a${i}`) ? `b${i}` : `a${i}`

function callOver(schema: Schema): Arb<Aggregate> {
  const any = fc.constantFrom(...dataTypesDrawn)
  const number = fc.constantFrom(...dataTypesDrawn.filter(isNumeric))
  return fc.oneof(
    fc.constant(aggregateCall('count')),
    any
      .chain(type => exprOf(type, schema, 1))
      .chain(arg =>
        fc
          .constantFrom<'count' | 'min' | 'max' | 'first' | 'last'>('count', 'min', 'max', 'first', 'last')
          .map(fn => aggregateCall(fn, arg)),
      ),
    number
      .chain(type => exprOf(type, schema, 1))
      .chain(arg => fc.constantFrom<'sum' | 'avg'>('sum', 'avg').map(fn => aggregateCall(fn, arg))),
  )
}

/** Times that mostly grow, with ties, disorder and rows far behind. */
const timeSteps: Arb<bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 4n }) },
  { weight: 2, arbitrary: fc.bigInt({ min: -9n, max: -1n }) },
  { weight: 1, arbitrary: fc.constantFrom(-1500n, 1200n, 100_000n) },
)

const ROWS_MAX = 40

function rowsOf(schema: Schema): Arb<readonly ModelRow[]> {
  const others = schema.filter(({ name }) => name !== TIME)
  const [time] = schema.filter(({ name }) => name === TIME)
  const row = fc.record({
    step: timeSteps,
    isNull: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
    values: fc.tuple(...others.map(columnValues)),
  })
  const start = fc.constantFrom(0n, -25n, 1_000_000_000_000n, (1n << 62n) + 5n)
  return fc.tuple(start, fc.array(row, { maxLength: ROWS_MAX })).map(([first, drawn]) => {
    let at = first
    return drawn.map(({ step, isNull, values }) => {
      at += step
      const ts: Value = time.nullable && isNull ? null : at
      return { [TIME]: ts, ...Object.fromEntries(others.map(({ name }, i) => [name, values[i]])) }
    })
  })
}

export const planCases: Arb<PlanCase> = schemas.chain(schema =>
  fc
    .record({
      plan: plansOver(schema).map(sink),
      rows: rowsOf(schema),
      splits: fc.array(fc.integer({ min: 0, max: ROWS_MAX }), { maxLength: 4 }),
    })
    .map(({ plan, rows, splits }) => ({
      plan,
      schema,
      rows,
      splits,
      toString: () => describe(plan, rows, splits),
    })),
)

/** What fast-check prints for a counterexample. */
function describe(plan: LogicalNode, rows: readonly ModelRow[], splits: readonly number[]): string {
  const shown = rows.map(row =>
    JSON.stringify(row, (_, value) =>
      typeof value === 'bigint'
        ? `${value}n`
        : Object.is(value, -0)
          ? '-0'
          : typeof value === 'number' && !Number.isFinite(value)
            ? String(value)
            : value,
    ),
  )
  return [printPlan(plan), `splits ${splits}`, ...shown].join('\n')
}
