/**
 * Aggregates as accumulators: which ones each aggregate of the table needs, and its result from what they hold.
 * Equal accumulators of one aggregation are kept once.
 */
import type { Aggregate, AggregateName } from '../../../ir/expr/aggregates.ts'
import type { RetractableName } from '../../../ir/expr/changes.ts'
import { printFold, printSteps } from '../../../ir/expr/fold.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import {
  and,
  div,
  eq,
  f64,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  lt,
  mul,
  op,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { isBytes, isFloat } from '../../../ir/types.ts'
import { toDouble } from '../expr/cast.ts'
import { addLengths } from '../lib/bytes.ts'
import type { Output, RowWork } from '../scope.ts'
import { scalar, scalarOf, type Value } from '../value.ts'
import type { Accumulator, AccumulatorFactory, GroupStore, Prepared } from './accumulator.ts'
import { joined, listed } from './arrived.ts'
import { bitsOfAll, bitsOfAny, bitsOfOdd } from './bits.ts'
import { count } from './count.ts'
import { distinct } from './distinct.ts'
import { first, last } from './edge.ts'
import { exactSum } from './exact-sum.ts'
import { max, min } from './extreme.ts'
import { fold } from './fold.ts'
import { latest } from './latest.ts'
import { productsOfPairs, squaresOfFirst, squaresOfSecond } from './products.ts'
import { quantile } from './quantile.ts'
import { largest, smallest } from './ranked.ts'
import { sum } from './sum.ts'
import { values } from './values.ts'
import { falses, isPositive, isZero, trues, weightedCount, weightedSum } from './weighted.ts'
import { wideSum } from './wide-sum.ts'

const bySign =
  (plain: AccumulatorFactory, weighted: AccumulatorFactory): AccumulatorFactory =>
  (store, ...given) =>
    (store.retracts ? weighted : plain)(store, ...given)

const weightedSumOf: AccumulatorFactory = (store, name, argTypes, call) => {
  const ofIntegers = store.isFrame ? wideSum : weightedSum
  return (isFloat(argTypes[0]) ? exactSum : ofIntegers)(store, name, argTypes, call)
}

const sumInOrder: AccumulatorFactory = (store, name, argTypes, call) =>
  (store.isFrame && !isFloat(argTypes[0]) ? wideSum : sum)(store, name, argTypes, call)

const factories = {
  count: bySign(count, weightedCount),
  sum: bySign(sumInOrder, weightedSumOf),
  min,
  max,
  first,
  last,
  products: productsOfPairs,
  squares: squaresOfFirst,
  squares_of_second: squaresOfSecond,
  bits_of_all: bitsOfAll,
  bits_of_any: bitsOfAny,
  bits_of_odd: bitsOfOdd,
  distinct,
  quantile,
  latest,
  trues,
  falses,
  values,
  listed,
  joined,
  largest,
  smallest,
  fold,
} as const satisfies Record<string, AccumulatorFactory>
type AccumulatorKind = keyof typeof factories

/** Those that hold on to values of their arguments, so that texts among them must be interned. */
const keeping: ReadonlySet<AccumulatorKind> = new Set([
  ...(['min', 'max', 'first', 'last', 'latest', 'values'] as const),
  ...(['listed', 'joined', 'largest', 'smallest', 'fold'] as const),
])

/** What the accumulator of a kind over the aggregate's arguments holds for a group. */
type HeldOf = (kind: AccumulatorKind) => Value
type Finish = (held: HeldOf, call: Aggregate) => Value

interface AggregateCode {
  readonly needs: readonly AccumulatorKind[]
  readonly finish: Finish
}

/** Where it can take rows back: how it is made over changes. */
interface Retracting {
  readonly retract: AggregateCode
}
type AggregateCodes = Readonly<
  Record<AggregateName, AggregateCode & Partial<Retracting>> & Record<RetractableName, Retracting>
>

/** Its accumulators take rows back themselves. */
const alike = (code: AggregateCode): AggregateCode & Retracting => ({ ...code, retract: code })

/** It is read from all values there are. */
const fromValues: AggregateCode = { needs: ['values'], finish: held => held('values') }

const rowsOf = (held: HeldOf): Expr => scalarOf(held('count')).value
const isEmpty = (held: HeldOf): Expr => eq(rowsOf(held), i64(0n))
const isOneAtMost = (held: HeldOf): Expr => lt(rowsOf(held), i64(2n))

/** What an accumulator holds that does not say itself whether a row has contributed. */
const counted =
  (kind: AccumulatorKind): Finish =>
  held => ({ ...held(kind), isNull: isEmpty(held) })

const double = (held: HeldOf, kind: AccumulatorKind): Expr => {
  const { value, type } = scalarOf(held(kind))
  return toDouble(value, type)
}

/** What was summed over all rows, for one of them. */
const perRow =
  (kind: AccumulatorKind): Finish =>
  (held, { type }) =>
    scalar(type, div(double(held, kind), double(held, 'count')), isEmpty(held), held(kind).faults)

/** The same where the rows are a sample: one degree of freedom is that of their mean. */
const perFreedom =
  (kind: AccumulatorKind): Finish =>
  (held, { type }) =>
    scalar(type, div(double(held, kind), sub(double(held, 'count'), f64(1))), isOneAtMost(held))

const root = (x: Expr): Expr => op('sqrt.f64', x)

const rootOf =
  (finish: Finish): Finish =>
  (held, call) => {
    const square = scalarOf(finish(held, call))
    return { ...square, value: root(square.value) }
  }

/** As `correlation` in ir/expr/moments: of one row, or of none, no side varies. */
const correlation: Finish = (held, { type }) => {
  const [x, y] = [double(held, 'squares'), double(held, 'squares_of_second')]
  const square = mul(x, y)
  const isInRange = and(gt(square, f64(0)), le(square, f64(Number.MAX_VALUE)))
  const ratio = div(double(held, 'products'), select(isInRange, root(square), mul(root(x), root(y))))
  const atMost = select(gt(ratio, f64(1)), f64(1), ratio)
  return scalar(type, select(lt(ratio, f64(-1)), f64(-1), atMost), or(eq(x, f64(0)), eq(y, f64(0))))
}

const plain =
  (kind: AccumulatorKind): Finish =>
  held =>
    held(kind)

const isNoBool = (held: HeldOf): Expr =>
  and(isZero(scalarOf(held('trues')).value), isZero(scalarOf(held('falses')).value))

/** Booleans over changes are counted: one that is taken back may have been one of many. */
const boolsBy = (finish: (held: HeldOf) => Expr): AggregateCode => ({
  needs: ['trues', 'falses'],
  finish: held => scalar('bool', finish(held), isNoBool(held)),
})

const codes: AggregateCodes = {
  count: alike({ needs: ['count'], finish: plain('count') }),
  sum: alike({ needs: ['sum', 'count'], finish: counted('sum') }),
  avg: alike({ needs: ['sum', 'count'], finish: perRow('sum') }),
  min: { needs: ['min'], finish: plain('min'), retract: fromValues },
  max: { needs: ['max'], finish: plain('max'), retract: fromValues },
  first: { needs: ['first'], finish: plain('first') },
  last: { needs: ['last'], finish: plain('last') },
  latest: { needs: ['latest'], finish: plain('latest') },
  bool_and: {
    needs: ['bits_of_all', 'count'],
    finish: counted('bits_of_all'),
    retract: boolsBy(held => isZero(scalarOf(held('falses')).value)),
  },
  bool_or: {
    needs: ['bits_of_any', 'count'],
    finish: counted('bits_of_any'),
    retract: boolsBy(held => isPositive(scalarOf(held('trues')).value)),
  },
  bit_and: { needs: ['bits_of_all', 'count'], finish: counted('bits_of_all') },
  bit_or: { needs: ['bits_of_any', 'count'], finish: counted('bits_of_any') },
  bit_xor: alike({ needs: ['bits_of_odd', 'count'], finish: counted('bits_of_odd') }),
  var_pop: { needs: ['squares', 'count'], finish: perRow('squares') },
  var_samp: { needs: ['squares', 'count'], finish: perFreedom('squares') },
  stddev_pop: { needs: ['squares', 'count'], finish: rootOf(perRow('squares')) },
  stddev_samp: { needs: ['squares', 'count'], finish: rootOf(perFreedom('squares')) },
  covar_pop: { needs: ['products', 'count'], finish: perRow('products') },
  covar_samp: { needs: ['products', 'count'], finish: perFreedom('products') },
  corr: { needs: ['products', 'squares', 'squares_of_second'], finish: correlation },
  approx_count_distinct: { needs: ['distinct'], finish: plain('distinct') },
  approx_quantile: { needs: ['quantile'], finish: plain('quantile') },
  count_distinct: alike(fromValues),
  quantile: alike(fromValues),
  quantile_disc: alike(fromValues),
  mode: alike(fromValues),
  array_agg: { needs: ['listed'], finish: plain('listed') },
  string_agg: { needs: ['joined'], finish: plain('joined') },
  top_k: { needs: ['largest'], finish: plain('largest') },
  bottom_k: { needs: ['smallest'], finish: plain('smallest') },
  fold: {
    needs: ['fold'],
    finish: plain('fold'),
    // Counted, so that what is taken back has been there.
    retract: { needs: ['fold', 'count'], finish: plain('fold') },
  },
}

/** Does an aggregate keep texts of rows? */
export const keepsTexts = ({ fn, args, fold }: Aggregate): boolean =>
  (fold?.state ?? args).some(({ type }) => isBytes(type)) && codes[fn].needs.some(kind => keeping.has(kind))

/** An accumulator with the number of the aggregate whose arguments feed it. */
export interface Fed {
  readonly accumulator: Accumulator
  readonly feeder: number
}

export interface Accumulation {
  readonly accumulators: readonly Fed[]
  /** What the first row of a new group needs, by the arguments of each aggregate. */
  first(cx: RowWork, args: readonly (readonly Value[])[]): First
  /** Result of aggregate number `n` for the group of an entry. */
  finish(k: KernelBuilder, n: number, entry: Expr, output?: Output): Value
  /** Bytes that `finish` writes for all aggregates, where there are any that do; `added`: by an accumulator besides. */
  bytes(
    k: KernelBuilder,
    entry: Expr,
    added?: (accumulator: Accumulator) => Expr | undefined,
  ): Expr | undefined
}

interface First extends Pick<Prepared, 'faults' | 'texts'> {
  /** Room in what accumulators have of their own. */
  reserve(): void
}

function firstOf(accumulators: readonly Fed[], cx: RowWork, args: readonly (readonly Value[])[]): First {
  const firsts = accumulators.map(({ accumulator, feeder }) => {
    const given = args[feeder] ?? []
    return accumulator.first?.(cx, given) ?? { faults: [], texts: accumulator.wants?.(cx, given) ?? [] }
  })
  return {
    faults: firsts.flatMap(one => one.faults),
    texts: firsts.flatMap(one => one.texts),
    reserve() {
      for (const { accumulator, feeder } of accumulators) accumulator.reserveFirst?.(cx, args[feeder] ?? [])
    },
  }
}

function codeOf(fn: AggregateName, retracts: boolean): AggregateCode {
  const code = codes[fn]
  if (!retracts) return code
  if (!code.retract) throw new Error(`${fn} cannot take rows back`)
  return code.retract
}

/** What its accumulators keep of a group. */
export const fieldsOf = ({ accumulators }: Accumulation): FieldSpecs =>
  Object.assign({}, ...accumulators.map(({ accumulator }) => accumulator.fields))

/** Names of fields begin with `prefix`. */
export function accumulate(store: GroupStore, calls: readonly Aggregate[], prefix = ''): Accumulation {
  const kept = new Map<string, Fed>()
  calls.forEach((call, feeder) => {
    for (const kind of codeOf(call.fn, store.retracts).needs) {
      const key = keyOf(store, kind, call)
      if (kept.has(key)) continue
      const argTypes = call.args.map(arg => arg.type)
      const accumulator = factories[kind](store, `${prefix}${kind}_${kept.size}`, argTypes, call)
      kept.set(key, { accumulator, feeder })
    }
  })
  const find = (kind: AccumulatorKind, call: Aggregate): Accumulator => {
    const fed = kept.get(keyOf(store, kind, call))
    if (!fed) throw new Error(`${call.fn} has no accumulator ${kind}`)
    return fed.accumulator
  }
  return {
    accumulators: [...kept.values()],
    first: (cx, args) => firstOf([...kept.values()], cx, args),
    finish: (k, n, entry, output) =>
      codeOf(calls[n].fn, store.retracts).finish(
        kind => find(kind, calls[n]).read(k, entry, calls[n], output),
        calls[n],
      ),
    bytes(k, entry, added = () => undefined) {
      const used = calls.flatMap(call => codeOf(call.fn, store.retracts).needs.map(kind => find(kind, call)))
      const parts = used.flatMap(one => (one.bytes ? [one.bytes(k, entry), added(one) ?? i32(0)] : []))
      return parts.length === 0 ? undefined : parts.reduce((sum, more) => addLengths(sum, more))
    },
  }
}

/** Arguments that are never null have no say in a count: without any others it is one of rows. */
function keyOf(store: GroupStore, kind: AccumulatorKind, call: Aggregate): string {
  const { args, limit, separator, fold } = call
  const heard = kind === 'count' ? args.filter(arg => arg.nullable) : args
  const steps = kind === 'fold' && fold ? (store.needsResults ? printFold(fold) : printSteps(fold)) : ''
  return `${kind}(${heard.map(printExpr).join(', ')}) ${limit} ${separator} ${steps}`
}
