/**
 * The aggregate table: typing rule and meaning of each aggregate. `evaluate` is the naive meaning over the values
 * of a group in arrival order; how kernels keep it up row by row is in compiler/lower/accumulators.
 */
import { MillraceError } from '../errors.ts'
import {
  type DataType,
  type ElementType,
  type IntegerType,
  isDecimal,
  isInteger,
  isList,
  isNumeric,
  listOf,
} from '../types.ts'
import { refuseList } from './build.ts'
import { type Contribution, fold, sumOf, sumType, valuesOf } from './contributions.ts'
import { estimateDistinct } from './distinct.ts'
import { type Expr, literal, type Value } from './expr.ts'
import { canFoldFault, checkFold, type Fold, foldOf, foldResult, foldRows, printFold } from './fold.ts'
import { checkLimit, checkSeparator, firstOf, LIMIT_MAX, TOP_MAX, topOf } from './lists.ts'
import { addMoments, correlation, joinMoments, type Moments, NO_MOMENTS, type Pair } from './moments.ts'
import { compareValues } from './order.ts'
import { distinctOf, modeOf, quantileOf, valueAt } from './order-statistics.ts'
import { printExpr } from './print.ts'
import { ofInteger } from './promote.ts'
import { quantileOf as approximateQuantile } from './quantile.ts'

/** What a call says beside its arguments. */
export interface AggregateOptions {
  /** From 0 to 1; 0 where the aggregate takes none. */
  readonly fraction: number
  /** How many values are kept, if there is a limit. */
  readonly limit: number | undefined
  /** Stands between texts that are joined. */
  readonly separator: string
  /** What an aggregate of the user's own does. */
  readonly fold: Fold | undefined
}

export interface AggregateRow {
  /** Result type for the types of the arguments. Throws LDB-1200. */
  readonly resolve: (args: readonly DataType[], nullable: boolean, options: AggregateOptions) => DataType
  /** How many rows there must be, those with a null argument left out, for a result that is not null. A group has one at least. */
  readonly rowsMin: 0 | 1 | 2
  /** Rows in arrival order, those with a null argument already left out. */
  readonly evaluate: (
    rows: readonly Contribution[],
    type: DataType,
    argTypes: readonly DataType[],
    options: AggregateOptions,
  ) => Value
  /** What must be possible where a row is taken, if that is not the result: throws where it is not. */
  readonly take?: (
    rows: readonly Contribution[],
    argTypes: readonly DataType[],
    options: AggregateOptions,
  ) => void
  /** Has a call of it a fraction? */
  readonly takesFraction?: true
  /** Does it keep more of a group than fields of its entry, which are all that is copied? */
  readonly outgrowsEntry?: true
  /** Has a call of it a separator? */
  readonly takesSeparator?: true
  /** The largest limit that a call may have. */
  readonly limitMax?: number
  /** Must it have one? Else rows are refused beyond LIST_VALUES_MAX. */
  readonly needsLimit?: true
  /** Are rows taken whose argument is null? A second argument says which rows count. */
  readonly keepsNulls?: true
  /** Does it order rows by event time? */
  readonly ordered?: true
}

const only =
  (what: string, fits: (type: DataType) => boolean, result: (type: DataType) => DataType, count = 1) =>
  (args: readonly DataType[]): DataType => {
    if (args.length !== count || !args.every(fits)) refuse(what, args)
    return result(args[0])
  }

function refuse(what: string, args: readonly DataType[]): never {
  throw new MillraceError('LDB-1200', `${what} does not take ${args.join(' and ') || 'no argument'}`)
}

const extreme = (what: string, sign: 1 | -1): AggregateRow => ({
  resolve: only(
    what,
    () => true,
    type => type,
  ),
  rowsMin: 1,
  evaluate: (rows, _type, [argType]) =>
    rows
      .map(row => row.values[0])
      .reduce((best, x) => (sign * compareValues(argType, x, best) > 0 ? x : best)),
})

/** The value at the smallest (largest) event time; of equal times the earliest (latest) to arrive. */
const edge = (what: string, wins: (time: bigint, best: bigint) => boolean): AggregateRow => ({
  resolve: only(
    what,
    () => true,
    type => type,
  ),
  rowsMin: 1,
  ordered: true,
  evaluate: rows => rows.reduce((best, row) => (wins(row.time, best.time) ? row : best)).values[0],
})

/** Whether a boolean is true in every row, or in any. */
const bools = (what: string, evaluate: (rows: readonly Contribution[]) => boolean): AggregateRow => ({
  resolve: only(
    what,
    type => type === 'bool',
    type => type,
  ),
  rowsMin: 1,
  evaluate,
})

/** The bits of integers in two's complement, in the type of the argument. */
const bits = (what: string, join: (a: bigint, b: bigint) => bigint): AggregateRow => ({
  resolve: only(what, isInteger, type => type),
  rowsMin: 1,
  evaluate: (rows, type) =>
    ofInteger(
      rows.map(({ values }) => BigInt(values[0] as bigint | number)).reduce(join),
      type as IntegerType,
    ),
})

const pairOf = ({ values }: Contribution): Pair => [Number(values[0]), Number(values[1])]
const twiceOf =
  (number: 0 | 1) =>
  (row: Contribution): Pair => [pairOf(row)[number], pairOf(row)[number]]

const momentsBy = (rows: readonly Contribution[], pair: (row: Contribution) => Pair): Moments =>
  fold(rows, {
    none: NO_MOMENTS,
    add: (held, more) => addMoments(held, more.map(pair)),
    join: joinMoments,
  })

/** The sum of the products of distances from the mean, divided by the rows, or by one less where they are a sample. */
const perRow = (rows: readonly Contribution[], pair: (row: Contribution) => Pair, less: 0 | 1): number =>
  momentsBy(rows, pair).products / (rows.length - less)

const variance = (what: string, less: 0 | 1, finish = (x: number): number => x): AggregateRow => ({
  resolve: only(what, isNumeric, () => 'float64'),
  rowsMin: less === 0 ? 1 : 2,
  evaluate: rows => finish(perRow(rows, twiceOf(0), less)),
})

const covariance = (what: string, less: 0 | 1): AggregateRow => ({
  resolve: only(what, isNumeric, () => 'float64', 2),
  rowsMin: less === 0 ? 1 : 2,
  evaluate: rows => perRow(rows, pairOf, less),
})

const elementOf = (what: string, [type]: readonly DataType[]): ElementType =>
  isList(type) ? refuse(what, [type]) : type

/** The largest values or the smallest in the total order of their type. */
const top = (what: string, sign: 1 | -1): AggregateRow => ({
  resolve: args => (args.length === 1 ? listOf(elementOf(what, args), false) : refuse(what, args)),
  rowsMin: 0,
  limitMax: TOP_MAX,
  needsLimit: true,
  outgrowsEntry: true,
  evaluate: (rows, _type, [argType], { limit }) => topOf(valuesOf(rows), argType, sign, limit) as Value,
})

export const aggregates = {
  /** Rows, or rows where the argument is not null. */
  count: {
    resolve: args => (args.length < 2 ? 'int64' : refuse('count', args)),
    rowsMin: 0,
    evaluate: rows => BigInt(rows.length),
  },
  sum: {
    resolve: only('sum', type => isNumeric(type) || isDecimal(type), sumType),
    rowsMin: 1,
    evaluate: (rows, type) => sumOf(rows, type),
  },
  /** f64(sum) / f64(count). */
  avg: {
    resolve: only('avg', isNumeric, () => 'float64'),
    rowsMin: 1,
    evaluate: (rows, _type, [argType]) => Number(sumOf(rows, sumType(argType))) / rows.length,
  },
  min: extreme('min', -1),
  max: extreme('max', 1),
  first: edge('first', (time, best) => time < best),
  last: edge('last', (time, best) => time >= best),
  /** The value of the last row to come, null or not. */
  latest: {
    resolve: only(
      'latest',
      () => true,
      type => type,
    ),
    rowsMin: 1,
    keepsNulls: true,
    evaluate: rows => rows[rows.length - 1].values[0],
  },
  bool_and: bools('bool_and', rows => rows.every(({ values }) => values[0] === true)),
  bool_or: bools('bool_or', rows => rows.some(({ values }) => values[0] === true)),
  bit_and: bits('bit_and', (a, b) => a & b),
  bit_or: bits('bit_or', (a, b) => a | b),
  bit_xor: bits('bit_xor', (a, b) => a ^ b),
  var_pop: variance('var_pop', 0),
  var_samp: variance('var_samp', 1),
  stddev_pop: variance('stddev_pop', 0, Math.sqrt),
  stddev_samp: variance('stddev_samp', 1, Math.sqrt),
  covar_pop: covariance('covar_pop', 0),
  covar_samp: covariance('covar_samp', 1),
  corr: {
    resolve: only('corr', isNumeric, () => 'float64', 2),
    rowsMin: 2,
    evaluate: rows => {
      const [products, x, y] = [pairOf, twiceOf(0), twiceOf(1)].map(of => momentsBy(rows, of).products)
      return correlation(products, x, y)
    },
  },
  approx_count_distinct: {
    resolve: only(
      'approx_count_distinct',
      () => true,
      () => 'int64',
    ),
    rowsMin: 0,
    outgrowsEntry: true,
    evaluate: (rows, _type, [argType]) =>
      estimateDistinct(
        rows.map(({ values }) => values[0]),
        argType,
      ),
  },
  /** The value that lies behind a fraction of the others. */
  approx_quantile: {
    resolve: only('approx_quantile', isNumeric, () => 'float64'),
    rowsMin: 1,
    takesFraction: true,
    outgrowsEntry: true,
    evaluate: (rows, _type, _argTypes, { fraction }) =>
      approximateQuantile(
        rows.map(({ values }) => Number(values[0])),
        fraction,
      ),
  },
  count_distinct: {
    resolve: only(
      'count_distinct',
      () => true,
      () => 'int64',
    ),
    rowsMin: 0,
    outgrowsEntry: true,
    evaluate: rows => BigInt(distinctOf(valuesOf(rows))),
  },
  /** The number at a fraction of the way through all of them: between two it is on the line from one to the other. */
  quantile: {
    resolve: only('quantile', isNumeric, () => 'float64'),
    rowsMin: 1,
    takesFraction: true,
    outgrowsEntry: true,
    evaluate: (rows, _type, _argTypes, { fraction }) => quantileOf(valuesOf(rows).map(Number), fraction),
  },
  /** The least value that with those before it makes up a fraction of all. */
  quantile_disc: {
    resolve: only(
      'quantile_disc',
      () => true,
      type => type,
    ),
    rowsMin: 1,
    takesFraction: true,
    outgrowsEntry: true,
    evaluate: (rows, _type, [argType], { fraction }) => valueAt(valuesOf(rows), argType, fraction),
  },
  /** The value that occurs most often; of several the least. */
  mode: {
    resolve: only(
      'mode',
      () => true,
      type => type,
    ),
    rowsMin: 1,
    outgrowsEntry: true,
    evaluate: (rows, _type, [argType]) => modeOf(valuesOf(rows), argType),
  },
  /** Nulls are values. */
  array_agg: {
    resolve: (args, nullable) =>
      args.length === 1 || (args.length === 2 && args[1] === 'bool')
        ? listOf(elementOf('array_agg', args), nullable)
        : refuse('array_agg', args),
    rowsMin: 0,
    limitMax: LIMIT_MAX,
    keepsNulls: true,
    outgrowsEntry: true,
    evaluate: (rows, _type, _argTypes, { limit }) => firstOf(valuesOf(rows), limit) as Value,
  },
  string_agg: {
    resolve: only(
      'string_agg',
      type => type === 'utf8',
      type => type,
    ),
    rowsMin: 1,
    limitMax: LIMIT_MAX,
    takesSeparator: true,
    outgrowsEntry: true,
    evaluate: (rows, _type, _argTypes, { limit, separator }) =>
      firstOf(valuesOf(rows), limit).join(separator),
  },
  top_k: top('top_k', 1),
  bottom_k: top('bottom_k', -1),
  /** What a definition says. */
  fold: {
    resolve: (_args, _nullable, options) => foldOf(options).result.type,
    rowsMin: 0,
    take: (rows, argTypes, options) => void foldRows(foldOf(options), argTypes, rows),
    evaluate: (rows, _type, argTypes, options) =>
      foldResult(foldOf(options), foldRows(foldOf(options), argTypes, rows)),
  },
} as const satisfies Record<string, AggregateRow>

export type AggregateName = keyof typeof aggregates
export const aggregateNames = Object.keys(aggregates) as readonly AggregateName[]
export const aggregateRow = (name: AggregateName): AggregateRow => aggregates[name]

/** A use of an aggregate in a plan. */
export interface Aggregate extends AggregateOptions {
  readonly fn: AggregateName
  readonly args: readonly Expr[]
  readonly type: DataType
  readonly nullable: boolean
}

type Wanted = Pick<Aggregate, 'fn'> & {
  readonly [K in keyof AggregateOptions]?: AggregateOptions[K] | undefined
}

export const aggregate = (fn: AggregateName, ...args: readonly Expr[]): Aggregate =>
  aggregateOver({ fn }, args)

/** Throws LDB-1200 where the arguments do not fit, LDB-0001 where one of the options does not. */
export function aggregateOver(wanted: Wanted, args: readonly Expr[]): Aggregate {
  const { fn } = wanted
  const { resolve, rowsMin } = aggregateRow(fn)
  for (const { type } of args) refuseList(fn, type)
  const options = optionsOf(wanted)
  const argTypes = args.map(arg => arg.type)
  if (options.fold) checkFold(options.fold, argTypes)
  const type = resolve(argTypes, args[0]?.nullable === true, options)
  const isEmpty = rowsMin > 1 || (rowsMin === 1 && args.some(arg => arg.nullable))
  return { fn, args, ...options, type, nullable: isEmpty || options.fold?.result.nullable === true }
}

function optionsOf({ fn, fraction = Number.NaN, limit, separator, fold }: Wanted): AggregateOptions {
  const { takesFraction, takesSeparator, limitMax, needsLimit } = aggregateRow(fn)
  if (takesFraction && !(fraction >= 0 && fraction <= 1))
    throw new MillraceError('LDB-0001', `${fn} takes a number from 0 to 1, not ${fraction}`)
  if (takesSeparator) checkSeparator(fn, separator)
  if (limitMax !== undefined && (needsLimit || limit !== undefined)) checkLimit(fn, limit, limitMax)
  return {
    fraction: takesFraction ? fraction : 0,
    limit: limitMax === undefined ? undefined : limit,
    separator: takesSeparator ? (separator ?? '') : '',
    fold,
  }
}

/** Can it refuse a row that its arguments do not: does a sum leave its range, may a list become too long? */
export const canRefuse = ({ fn, limit, fold }: Aggregate): boolean =>
  fn === 'sum' ||
  fn === 'avg' ||
  (aggregateRow(fn).limitMax !== undefined && limit === undefined) ||
  (fold !== undefined && canFoldFault(fold))

export function printAggregate({ fn, args, fraction, limit, separator, fold }: Aggregate): string {
  const { takesFraction, takesSeparator } = aggregateRow(fn)
  const given = args.map(printExpr)
  if (takesFraction) given.push(String(fraction))
  if (takesSeparator) given.push(printExpr(literal(separator, 'utf8')))
  if (limit !== undefined) given.push(`limit ${limit}`)
  if (fold) given.push(printFold(fold))
  return `${fn}(${given.join(', ')})`
}
