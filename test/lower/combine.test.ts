/**
 * What is held for parts of a group becomes what is held for the group: a rig whose commands begin an entry, give it a
 * row, or join another to it, and are answered with the results of all aggregates for the entry.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { GroupStore, StateIds } from '../../compiler/lower/accumulators/accumulator.ts'
import { accumulate } from '../../compiler/lower/accumulators/index.ts'
import { ConstantPool, type PlanScope, type RowScope } from '../../compiler/lower/scope.ts'
import { scalar, scalarOf, type Value } from '../../compiler/lower/value.ts'
import { type Aggregate, type AggregateName, aggregateOver, aggregateRow } from '../../ir/expr/aggregates.ts'
import type { Contribution } from '../../ir/expr/contributions.ts'
import type { ColumnRef, Value as JsValue } from '../../ir/expr/expr.ts'
import { addMoments, correlation, joinMoments, NO_MOMENTS } from '../../ir/expr/moments.ts'
import { all, bool, eq, i32, type KernelBuilder, ne, toInt } from '../../ir/kernel/build.ts'
import type { Expr } from '../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../ir/layout.ts'
import { type DataType, factsOf } from '../../ir/types.ts'
import { Rig, type Row } from '../support/rig.ts'
import type { CommandCode } from '../support/rig-program.ts'
import { search } from '../support/search.ts'

after(closeNativeCompiler)

/** One for each part of a group. */
const ENTRIES = 5
const Do = { begin: 0, take: 1, join: 2, look: 3 } as const

interface Column extends ColumnRef {
  readonly name: 'b' | 'n' | 'm'
}

const columnOf = (name: Column['name'], type: DataType): Column => ({
  kind: 'column',
  name,
  type,
  nullable: true,
})
const [b, n, m] = [columnOf('b', 'bool'), columnOf('n', 'int64'), columnOf('m', 'int64')]
const columns = [b, n, m]

/** Those that keep what they give in fields: lists have state of their own, which lower/lists is about; lower/fold has folds. */
type Kept = Exclude<AggregateName, 'array_agg' | 'string_agg' | 'top_k' | 'bottom_k' | 'fold'>

const argsOf: Readonly<Record<Kept, readonly Column[]>> = {
  count: [n],
  sum: [n],
  avg: [n],
  min: [n],
  max: [n],
  first: [n],
  last: [n],
  latest: [n],
  bool_and: [b],
  bool_or: [b],
  bit_and: [n],
  bit_or: [n],
  bit_xor: [n],
  var_pop: [n],
  var_samp: [n],
  stddev_pop: [n],
  stddev_samp: [n],
  covar_pop: [n, m],
  covar_samp: [n, m],
  corr: [n, m],
  approx_count_distinct: [n],
  approx_quantile: [n],
  count_distinct: [n],
  quantile: [n],
  quantile_disc: [n],
  mode: [n],
}
const names = Object.keys(argsOf) as readonly Kept[]
const calls = names.map(fn => ({ ...aggregateOver({ fn, fraction: 0.7 }, argsOf[fn]), fn }))
type Call = (typeof calls)[number]

const plan: PlanScope = {
  constants: new ConstantPool(),
  params: { mem: rowLayout('params', 'params', {}), fields: new Map() },
  lenient: false,
}
const facts = { isUngrouped: false, combines: true, retracts: false, needsResults: false, plan }
const store = new GroupStore(undefined, facts, new StateIds(0))
const { accumulators, finish } = accumulate(store, calls)
const fields: FieldSpecs = Object.assign({}, ...accumulators.map(({ accumulator }) => accumulator.fields))
const entries = rowLayout('entries', 'state', fields)
store.place(entries)

const fieldOf = (type: DataType): 'u8' | 'i64' | 'f64' =>
  type === 'bool' ? 'u8' : factsOf(type).value === 'f64' ? 'f64' : 'i64'

/** Joins an entry, or a part of it where that takes many steps: such a command comes again until all is taken. */
function join(k: KernelBuilder, into: Expr, from: Expr): void {
  const steps = accumulators.flatMap(({ accumulator }) => accumulator.step?.(k, into, from) ?? [])
  k.if(all(steps), () => {
    for (const { accumulator } of accumulators) accumulator.combine(k, into, from)
  })
}

function step({ k, arg, answer, leave }: CommandCode): void {
  const entry = k.let('entry', arg('entry'))
  const isThis = (what: number) => eq(arg('what'), i32(what))
  const given = ({ name, type }: Column): Value =>
    scalar(type, type === 'bool' ? ne(arg(name), i32(0)) : arg(name), ne(arg(`${name}_null`), i32(0)))
  k.phase('reserve')
  const mask = k.let('takes', isThis(Do.take))
  const prepared = accumulators.map(({ accumulator, feeder }) =>
    accumulator.prepare({
      cx: { k, leave } as RowScope,
      args: argsOf[calls[feeder].fn].map(given),
      mask,
      time: arg('time'),
      entry,
      removes: bool(false),
    }),
  )
  for (const one of prepared) one.reserve?.(leave)
  k.if(isThis(Do.join), () => {
    for (const { accumulator } of accumulators) accumulator.reserveCombine?.(k, leave, entry, arg('from'))
  })
  k.phase('apply')
  k.if(isThis(Do.begin), () => {
    for (const { accumulator } of accumulators) accumulator.init(k, entry)
  })
  for (const one of prepared) one.apply()
  k.if(isThis(Do.join), () => join(k, entry, arg('from')))
  calls.forEach(({ fn }, i) => {
    const { value, isNull } = scalarOf(finish(k, i, entry))
    answer(fn, value.type === 'bool' ? toInt(value) : value)
    answer(`${fn}_null`, toInt(isNull))
  })
}

const rig = await Rig.build({
  name: 'parts',
  command: {
    what: 'i32',
    entry: 'i32',
    from: 'i32',
    time: 'i64',
    ...Object.fromEntries(
      columns.flatMap(({ name, type }) => [
        [name, fieldOf(type)],
        [`${name}_null`, 'u8'],
      ]),
    ),
  },
  answer: Object.fromEntries(
    calls.flatMap(({ fn, type }) => [
      [fn, fieldOf(type)],
      [`${fn}_null`, 'u8'],
    ]),
  ),
  fixed: [
    { mem: entries, rows: ENTRIES },
    ...accumulators
      .flatMap(({ accumulator }) => accumulator.parts ?? [])
      .map(({ mem, rowsPerUnit }) => ({ mem, rows: ENTRIES * rowsPerUnit })),
    ...accumulators.flatMap(({ accumulator }) => accumulator.regions ?? []),
  ],
  growables: accumulators.flatMap(({ accumulator }) => accumulator.state ?? []),
  step,
  kernels: {
    init: ({ k }) => {
      for (const { accumulator } of accumulators) accumulator.state?.init?.(k)
    },
  },
})

/** The values of the columns, and the ticks since the row before. */
type PartRow = Readonly<Record<Column['name'], JsValue>> & { readonly after: bigint }
type Part = readonly PartRow[]

/** Sums of so few of them stay in their range. */
const LARGE = 1n << 40n
const integers = fc.option(fc.oneof(fc.bigInt(-3n, 3n), fc.bigInt(-LARGE, LARGE)), { freq: 5 })
const rows: fc.Arbitrary<PartRow> = fc.record({
  b: fc.option(fc.boolean(), { freq: 5 }),
  n: integers,
  m: integers,
  after: fc.bigInt(0n, 2n),
})
/** In the order of time; some are empty. */
const partsOfGroups = fc.array(fc.array(rows, { maxLength: 6 }), { minLength: 1, maxLength: ENTRIES })

/** Something lies under a null. */
const wordOf = (value: JsValue, { type }: Column): number | bigint =>
  type === 'bool' ? Number(value ?? true) : BigInt((value as bigint | null) ?? 77n)

const NO_ROW: Row = Object.fromEntries(
  columns.flatMap(column => [
    [column.name, wordOf(null, column)],
    [`${column.name}_null`, 1],
  ]),
)

/** Begins an entry for each part, gives it the rows, and joins all of them to the first in their order. */
function commandsOf(parts: readonly Part[]): readonly Row[] {
  let time = 0n
  const command = (what: number, entry: number, from = 0): Row => ({ ...NO_ROW, what, entry, from, time })
  const take = (row: PartRow, entry: number): Row => {
    time += row.after
    const values = columns.flatMap(column => [
      [column.name, wordOf(row[column.name], column)],
      [`${column.name}_null`, Number(row[column.name] === null)],
    ])
    return { ...command(Do.take, entry), ...Object.fromEntries(values) }
  }
  return [
    ...parts.flatMap((part, entry) => [command(Do.begin, entry), ...part.map(row => take(row, entry))]),
    ...parts.slice(1).flatMap((part, i) => {
      const distinct = new Set(part.flatMap(row => row.n ?? [])).size
      return Array.from({ length: Math.max(1, distinct) }, () => command(Do.join, 0, i + 1))
    }),
    command(Do.look, 0),
  ]
}

function contributionsOf(part: Part, fn: Kept): readonly Contribution[] {
  const { keepsNulls = false } = aggregateRow(fn)
  let time = 0n
  return part.flatMap(row => {
    time += row.after
    const values = argsOf[fn].map(({ name }) => row[name])
    return values.includes(null) && !keepsNulls ? [] : [{ values, time, lane: 0, parts: [] }]
  })
}

/** The products of the distances of two arguments from their means, part by part. */
const productsOf = (parts: readonly (readonly Contribution[])[], x: number, y: number): number =>
  parts
    .map(part =>
      addMoments(
        NO_MOMENTS,
        part.map(({ values }) => [Number(values[x]), Number(values[y])]),
      ),
    )
    .reduce(joinMoments).products

type OfProducts = (of: (x: number, y: number) => number, rows: number) => number | null

/** Those that depend on where parts begin. */
const ofProducts: Partial<Record<AggregateName, OfProducts>> = {
  var_pop: (of, count) => of(0, 0) / count,
  var_samp: (of, count) => of(0, 0) / (count - 1),
  stddev_pop: (of, count) => Math.sqrt(of(0, 0) / count),
  stddev_samp: (of, count) => Math.sqrt(of(0, 0) / (count - 1)),
  covar_pop: (of, count) => of(0, 1) / count,
  covar_samp: (of, count) => of(0, 1) / (count - 1),
  corr: of => correlation(of(0, 1), of(0, 0), of(1, 1)),
}

function expected(parts: readonly Part[], { fn, type, ...options }: Call): JsValue {
  const args = argsOf[fn]
  const rows = contributionsOf(parts.flat(), fn)
  const { rowsMin, evaluate } = aggregateRow(fn)
  if (rows.length < rowsMin) return null
  const each = parts.map(part => contributionsOf(part, fn))
  const joined = ofProducts[fn]
  return joined
    ? joined((x, y) => productsOf(each, x, y), rows.length)
    : evaluate(
        rows,
        type,
        args.map(arg => arg.type),
        options,
      )
}

/** What a command was answered for an aggregate. */
function resultOf(answer: Row | undefined, { fn, type }: Aggregate): JsValue {
  if (!answer) throw new Error('a command was not answered')
  if (answer[`${fn}_null`] === 1) return null
  return type === 'bool' ? answer[fn] === 1 : answer[fn]
}

test('parts that are joined are what their rows are, for every aggregate', () => {
  const property = fc.property(partsOfGroups, fc.integer({ min: 1, max: 9 }), (parts, budgetRows) => {
    rig.reset({ budgetRows })
    const answer = rig.run(commandsOf(parts)).at(-1)
    for (const call of calls) assert.deepEqual(resultOf(answer, call), expected(parts, call), call.fn)
  })
  fc.assert(property, search(300))
})
