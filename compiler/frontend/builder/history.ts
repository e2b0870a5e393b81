/**
 * History in the builder: `over.lag(row.price)` is an expression over the row. Each call becomes a column; what it is asked of, if
 * that is no column, is computed in front of it, and what is computed from it behind it.
 */
import { MillraceError } from '../../../ir/errors.ts'
import { type AggregateName, aggregateOver } from '../../../ir/expr/aggregates.ts'
import { columnsOf, type Expr, rewrite, type Value } from '../../../ir/expr/expr.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import { histories, isInOrder } from '../../../ir/logical/history.ts'
import {
  columnOf,
  type Frame,
  type HistoryCall,
  type NamedCall,
  printCall,
} from '../../../ir/logical/history-call.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { type NamedExpr, project } from '../../../ir/logical/project.ts'
import type { Relation } from '../../../ir/logical/relation.ts'
import { sort } from '../../../ir/logical/sort.ts'
import { findColumn, type Schema } from '../../../ir/schema.ts'
import { isTimestamp } from '../../../ir/types.ts'
import { filtered, isExpression, numberOf, optionsOf } from './aggregates.ts'
import { passed, unknownColumn } from './columns.ts'
import { ticksOf } from './duration.ts'
import { Expression, literalOf } from './expression.ts'
import type { FrameOptions, HistoryOf } from './history-types.ts'
import type { Duration, Typed } from './types.ts'

/** The order of rows that come as they come. */
const ARRIVAL = 'arrival'

const totals = {
  count: 'count',
  sum: 'sum',
  avg: 'avg',
  min: 'min',
  max: 'max',
  boolAnd: 'bool_and',
  boolOr: 'bool_or',
  bitXor: 'bit_xor',
  countDistinct: 'count_distinct',
  median: 'quantile',
  quantile: 'quantile',
  mode: 'mode',
  varPop: 'var_pop',
  varSamp: 'var_samp',
  stddevPop: 'stddev_pop',
  stddevSamp: 'stddev_samp',
} as const satisfies { readonly [K in keyof HistoryOf]?: AggregateName }

const MEDIAN = 0.5

interface Given {
  readonly where?: Typed
  readonly rows?: number
  readonly range?: Duration
}

/** Collects what a callback asks for; equal calls share a column. */
export class HistoryCollector {
  readonly #schema: Schema
  readonly #column: string | undefined
  readonly #calls = new Map<string, NamedCall>()
  /** What is computed in front, by its text. */
  readonly #args = new Map<string, NamedExpr>()

  /** `column`: of event time, where rows are in its order. */
  constructor(schema: Schema, column: string | undefined) {
    this.#schema = schema
    this.#column = column
  }

  get functions(): HistoryOf {
    const shifted =
      (kind: 'lag' | 'lead') =>
      (x: Typed, offset = 1, otherwise?: Value): Expression =>
        this.#add({
          kind,
          column: this.#named(Expression.plan(x)).name,
          offset,
          otherwise: otherwise === undefined ? undefined : literalOf(otherwise, x.type),
        })
    const nthValue = (x: Typed, number: number, frame?: FrameOptions): Expression =>
      this.#add({
        kind: 'nth',
        column: this.#named(Expression.plan(x)).name,
        number,
        frame: this.#frame(frame),
      })
    const lastValue = (x: Typed, frame?: FrameOptions): Expression =>
      this.#add({ kind: 'last', column: this.#named(Expression.plan(x)).name, frame: this.#frame(frame) })
    const named = Object.entries(totals).map(([name, fn]) => [
      name,
      (...args: readonly unknown[]) => this.#total(fn, name === 'median' ? [...args, MEDIAN] : args),
    ])
    return {
      lag: shifted('lag'),
      lead: shifted('lead'),
      firstValue: (x: Typed, frame?: FrameOptions) => nthValue(x, 1, frame),
      lastValue,
      nthValue,
      ...Object.fromEntries(named),
    } as unknown as HistoryOf
  }

  #total(fn: AggregateName, args: readonly unknown[]): Expression {
    const { where, ...frame }: Given = Object.assign({}, ...args.map(arg => optionsOf([arg])))
    const exprs = args.filter(isExpression).map(arg => Expression.plan(arg))
    const counted = where ? filtered(fn, exprs, Expression.plan(where)) : exprs
    const columns = counted.map((expr): Expr => ({ kind: 'column', ...this.#named(expr) }))
    const call = aggregateOver({ fn, fraction: numberOf(args) }, columns)
    return this.#add({ kind: 'aggregate', call, frame: this.#frame(frame) })
  }

  #frame({ rows, range }: Pick<Given, 'rows' | 'range'> = {}): Frame {
    if (rows !== undefined) return { kind: 'rows', preceding: rows }
    if (range === undefined) return { kind: 'running' }
    const type = findColumn(this.#schema, this.#column ?? '')?.type
    if (!type || !isTimestamp(type))
      throw new MillraceError('LDB-1001', 'a range of time over rows in order of arrival', {
        fix: 'order the rows by their event time',
      })
    return { kind: 'range', ticks: ticksOf(range, type) }
  }

  /** The column that an argument is, or becomes. */
  #named(expr: Expr): Schema[number] {
    const unknown = columnsOf([expr]).find(name => !findColumn(this.#schema, name))
    if (unknown !== undefined)
      throw new MillraceError('LDB-1001', 'the history of what is a history itself', {
        fix: 'call over(..) once more on the stream that has the first as a column',
      })
    const { type, nullable } = expr
    if (expr.kind === 'column') return { name: expr.name, type, nullable }
    const text = printExpr(expr)
    const name = this.#args.get(text)?.name ?? `#arg${this.#args.size}`
    this.#args.set(text, { name, expr })
    return { name, type, nullable }
  }

  #add(call: HistoryCall): Expression {
    const text = printCall({ name: '', call })
    const named = this.#calls.get(text) ?? { name: `#${this.#calls.size}`, call }
    this.#calls.set(text, named)
    const { name, type, nullable } = columnOf(named, this.#scope)
    return new Expression({ kind: 'column', name, type, nullable }, 'row')
  }

  /** The columns that calls read. */
  get #scope(): Schema {
    const args = [...this.#args.values()].map(({ name, expr: { type, nullable } }) => ({
      name,
      type,
      nullable,
    }))
    return [...this.#schema, ...args]
  }

  /** The rows with the results, which are computed from what was asked for. */
  over(input: LogicalNode, keys: readonly string[], results: readonly NamedExpr[]): LogicalNode {
    const column = this.#column
    const ordered = column === undefined || isInOrder(input, column) ? input : sort(input, column, [])
    const args = [...this.#args.values()]
    const whole = args.length === 0 ? ordered : project(ordered, [...this.#schema.map(passed), ...args])
    const names = this.#resultNames(results)
    const calls = [...this.#calls.values()].map(({ name, call }) => ({ name: names.get(name) ?? name, call }))
    const known = calls.length === 0 ? whole : histories(whole, keys, column, calls)
    if (args.length === 0 && names.size === calls.length && names.size === results.length) return known
    const rename = (expr: Expr): Expr =>
      expr.kind === 'column' ? { ...expr, name: names.get(expr.name) ?? expr.name } : expr
    const kept = this.#schema.filter(({ name }) => !results.some(one => one.name === name)).map(passed)
    const computed = results.map(({ name, expr }) => ({ name, expr: rewrite(expr, rename) }))
    return project(known, [...kept, ...computed])
  }

  /** A call that is a result as it is takes the name of the result, if no column has it. */
  #resultNames(results: readonly NamedExpr[]): ReadonlyMap<string, string> {
    const names = new Map<string, string>()
    for (const { name, expr } of results) {
      const isCall = expr.kind === 'column' && !findColumn(this.#schema, expr.name)
      if (isCall && !names.has(expr.name) && !findColumn(this.#schema, name)) names.set(expr.name, name)
    }
    return names
  }
}

/**
 * The column of event time that orders rows; LDB-1100 where there is none of that name, LDB-1001 where it is not clear whether
 * a column is meant.
 */
export function orderOf({ schema, time }: Relation, orderBy: string): string | undefined {
  if (orderBy === ARRIVAL && time?.columns.includes(ARRIVAL))
    throw new MillraceError(
      'LDB-1001',
      `'${ARRIVAL}' may be the order of arrival, or a column of event time`,
      {
        fix: 'give the column another name',
      },
    )
  if (orderBy === ARRIVAL) return undefined
  if (!findColumn(schema, orderBy)) throw unknownColumn(orderBy, schema, 'over')
  return orderBy
}
