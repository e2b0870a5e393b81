/**
 * Aggregates as accumulators: which ones each aggregate of the table needs, and its result from what they hold.
 * Equal accumulators of one aggregation are kept once.
 */
import type { Aggregate, AggregateName } from '../../../ir/expr/aggregates.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import { div, eq, i64, op } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isFloat, isUnsigned64 } from '../../../ir/types.ts'
import { scalar, scalarOf, type Value } from '../value.ts'
import type { Accumulator, AccumulatorFactory, GroupStore } from './accumulator.ts'
import { bitsOfAll, bitsOfAny, bitsOfOdd } from './bits.ts'
import { count } from './count.ts'
import { first, last } from './edge.ts'
import { max, min } from './extreme.ts'
import { sum } from './sum.ts'

const factories = {
  count,
  sum,
  min,
  max,
  first,
  last,
  bits_of_all: bitsOfAll,
  bits_of_any: bitsOfAny,
  bits_of_odd: bitsOfOdd,
} as const satisfies Record<string, AccumulatorFactory>
type AccumulatorKind = keyof typeof factories

/** What the accumulator of a kind over the aggregate's argument holds for a group. */
type HeldOf = (kind: AccumulatorKind) => Value
type Finish = (held: HeldOf, call: Aggregate) => Value

interface AggregateCode {
  readonly needs: readonly AccumulatorKind[]
  readonly finish: Finish
}

const argTypeOf = (call: Aggregate): DataType => call.arg?.type ?? 'int64'
const isEmpty = (held: HeldOf): Expr => eq(scalarOf(held('count')).value, i64(0n))

/** What an accumulator holds that says not itself whether a row has contributed. */
const counted =
  (kind: AccumulatorKind): Finish =>
  held => ({ ...held(kind), isNull: isEmpty(held) })

const average: Finish = (held, call) => {
  const { value: sum, faults } = scalarOf(held('sum'))
  const argType = argTypeOf(call)
  const asDouble = isFloat(argType) ? sum : op(isUnsigned64(argType) ? 'floatu.i64' : 'float.i64', sum)
  const rows = op('float.i64', scalarOf(held('count')).value)
  return scalar(call.type, div(asDouble, rows), isEmpty(held), faults)
}

const plain =
  (kind: AccumulatorKind): Finish =>
  held =>
    held(kind)

const codes: Readonly<Record<AggregateName, AggregateCode>> = {
  count: { needs: ['count'], finish: plain('count') },
  sum: { needs: ['sum', 'count'], finish: counted('sum') },
  avg: { needs: ['sum', 'count'], finish: average },
  min: { needs: ['min'], finish: plain('min') },
  max: { needs: ['max'], finish: plain('max') },
  first: { needs: ['first'], finish: plain('first') },
  last: { needs: ['last'], finish: plain('last') },
  bool_and: { needs: ['bits_of_all', 'count'], finish: counted('bits_of_all') },
  bool_or: { needs: ['bits_of_any', 'count'], finish: counted('bits_of_any') },
  bit_and: { needs: ['bits_of_all', 'count'], finish: counted('bits_of_all') },
  bit_or: { needs: ['bits_of_any', 'count'], finish: counted('bits_of_any') },
  bit_xor: { needs: ['bits_of_odd', 'count'], finish: counted('bits_of_odd') },
}

/** An accumulator with the number of the aggregate whose argument feeds it. */
export interface Fed {
  readonly accumulator: Accumulator
  readonly feeder: number
}

export interface Accumulation {
  readonly accumulators: readonly Fed[]
  /** Result of aggregate number `n` for the group of an entry. */
  finish(n: number, entry: Expr): Value
}

export function accumulate(store: GroupStore, calls: readonly Aggregate[]): Accumulation {
  const kept = new Map<string, Fed>()
  calls.forEach((call, feeder) => {
    for (const kind of codes[call.fn].needs) {
      const key = keyOf(kind, call)
      if (kept.has(key)) continue
      const accumulator = factories[kind](store, `${kind}_${kept.size}`, argTypeOf(call))
      kept.set(key, { accumulator, feeder })
    }
  })
  const read = (kind: AccumulatorKind, call: Aggregate, entry: Expr): Value => {
    const fed = kept.get(keyOf(kind, call))
    if (!fed) throw new Error(`${call.fn} has no accumulator ${kind}`)
    return fed.accumulator.read(entry)
  }
  return {
    accumulators: [...kept.values()],
    finish: (n, entry) => codes[calls[n].fn].finish(kind => read(kind, calls[n], entry), calls[n]),
  }
}

/** A count of an argument that is never null is a count of rows. */
function keyOf(kind: AccumulatorKind, { arg }: Aggregate): string {
  const plainCount = kind === 'count' && !arg?.nullable
  return `${kind}(${plainCount || !arg ? '' : printExpr(arg)})`
}
