/**
 * Aggregates in the builder: `a.sum(f.distance)` is an expression over the group. Each call becomes a hidden column
 * of the aggregation; what is computed from them becomes a projection behind it.
 */
import {
  type Aggregate,
  type AggregateName,
  aggregateOver,
  aggregateRow,
  printAggregate,
} from '../../../ir/expr/aggregates.ts'
import { call } from '../../../ir/expr/build.ts'
import { type Expr, literal, nullOf, rewrite, type Value } from '../../../ir/expr/expr.ts'
import type { NamedAggregate } from '../../../ir/logical/aggregate.ts'
import type { NamedExpr } from '../../../ir/logical/project.ts'
import { compileFold, type FoldFunctions } from '../lambda/fold.ts'
import type { AggregatesOf } from './aggregate-types.ts'
import { Expression, naturalType } from './expression.ts'
import type { Typed } from './types.ts'

/** What may be the last argument of an aggregate. */
interface Given {
  readonly where?: Typed
  readonly limit?: number
}

export const isExpression = (x: unknown): x is Typed => x instanceof Expression
const isNumber = (x: unknown): x is number => typeof x === 'number'

const MEDIAN = 0.5

/** The options that a call ends in, if it does. */
export function optionsOf(args: readonly unknown[]): Given {
  const last = args.at(-1)
  return typeof last === 'object' && last !== null && !isExpression(last) ? last : {}
}

/** The aggregates of the table by the names that users write. */
const methods: Readonly<Record<Exclude<keyof AggregatesOf, 'fold'>, AggregateName>> = {
  count: 'count',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
  first: 'first',
  last: 'last',
  boolAnd: 'bool_and',
  boolOr: 'bool_or',
  bitAnd: 'bit_and',
  bitOr: 'bit_or',
  bitXor: 'bit_xor',
  varPop: 'var_pop',
  varSamp: 'var_samp',
  stddevPop: 'stddev_pop',
  stddevSamp: 'stddev_samp',
  covarPop: 'covar_pop',
  covarSamp: 'covar_samp',
  corr: 'corr',
  approxCountDistinct: 'approx_count_distinct',
  approxQuantile: 'approx_quantile',
  countDistinct: 'count_distinct',
  quantile: 'quantile',
  median: 'quantile',
  quantileDisc: 'quantile_disc',
  mode: 'mode',
  arrayAgg: 'array_agg',
  stringAgg: 'string_agg',
  topK: 'top_k',
  bottomK: 'bottom_k',
}

/** The arguments of the table that a method has by itself. */
const ownArguments: { readonly [K in keyof AggregatesOf]?: readonly number[] } = { median: [MEDIAN] }

/** Collects the aggregates that a callback asks for; equal ones share a column. */
export class AggregateCollector {
  readonly #calls = new Map<string, NamedAggregate>()

  /** The aggregates as the callback sees them. */
  get functions(): AggregatesOf {
    const entries = Object.entries(methods).map(([name, fn]) => [
      name,
      (...args: readonly unknown[]) =>
        this.#add(fn, [...(ownArguments[name as keyof AggregatesOf] ?? []), ...args]),
    ])
    const fold = (definition: FoldFunctions, ...args: readonly unknown[]): Expression =>
      this.#fold(definition, args)
    return { ...Object.fromEntries(entries), fold } as unknown as AggregatesOf
  }

  get calls(): readonly NamedAggregate[] {
    return [...this.#calls.values()]
  }

  #add(fn: AggregateName, args: readonly unknown[]): Expression {
    const { where, limit = numberOf(args) } = optionsOf(args)
    const exprs = given(fn, args).map(arg => Expression.plan(arg))
    const counted = where ? filtered(fn, exprs, Expression.plan(where)) : exprs
    const separator = args.find(arg => typeof arg === 'string')
    return this.#keep(aggregateOver({ fn, fraction: numberOf(args), limit, separator }, counted))
  }

  #fold(definition: FoldFunctions, args: readonly unknown[]): Expression {
    const { where } = optionsOf(args)
    const exprs = (where ? args.slice(0, -1) : args).map(arg =>
      isExpression(arg) ? Expression.plan(arg) : literal(arg as Value, naturalType(arg as Value)),
    )
    const fold = compileFold(
      definition,
      exprs.map(({ type }) => type),
    )
    return this.#keep(
      aggregateOver({ fn: 'fold', fold }, where ? filtered('fold', exprs, Expression.plan(where)) : exprs),
    )
  }

  #keep(one: Aggregate): Expression {
    const text = printAggregate(one)
    const named = this.#calls.get(text) ?? { name: hiddenName(this.#calls.size), call: one }
    this.#calls.set(text, named)
    return new Expression(
      { kind: 'column', name: named.name, type: one.type, nullable: one.nullable },
      'group',
    )
  }
}

/** No user can write this name by accident. */
const hiddenName = (n: number): string => `#${n}`

/** An aggregate that is a result as it is takes the name of the result. */
export function nameCalls(
  calls: readonly NamedAggregate[],
  results: readonly NamedExpr[],
): { readonly calls: readonly NamedAggregate[]; readonly exprs: readonly NamedExpr[] } {
  const names = new Map<string, string>()
  for (const { name, expr } of results)
    if (expr.kind === 'column' && !names.has(expr.name)) names.set(expr.name, name)
  const rename = (expr: Expr): Expr =>
    expr.kind === 'column' ? { ...expr, name: names.get(expr.name) ?? expr.name } : expr
  return {
    calls: calls.map(({ name, call }) => ({ name: names.get(name) ?? name, call })),
    exprs: results.map(({ name, expr }) => ({ name, expr: rewrite(expr, rename) })),
  }
}

export const numberOf = (args: readonly unknown[]): number | undefined => args.find(isNumber)

/** The expressions of a call; what else it is given must be a number, a text or the options. */
function given(fn: AggregateName, args: readonly unknown[]): readonly Typed[] {
  const { takesFraction, takesSeparator, needsLimit } = aggregateRow(fn)
  const isOption = (arg: unknown): boolean =>
    arg === undefined ||
    arg === optionsOf(args) ||
    ((takesFraction || needsLimit) === true && isNumber(arg)) ||
    (takesSeparator === true && typeof arg === 'string')
  return args.filter(arg => !isOption(arg)) as readonly Typed[]
}

/** Rows that the condition leaves out count as null; where nulls count, it is an argument itself. */
export function filtered(fn: AggregateName, args: readonly Expr[], cond: Expr): readonly Expr[] {
  if (aggregateRow(fn).keepsNulls) return [...args, cond]
  const values = args.length === 0 ? [literal(true, 'bool')] : args
  return values.map(value => call('case', cond, value, nullOf(value.type)))
}
