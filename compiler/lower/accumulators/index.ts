/**
 * Aggregates as accumulators: which ones each aggregate of the table needs, and its result from what they hold.
 * Equal accumulators of one aggregation are kept once.
 */
import type { Aggregate, AggregateName } from '../../../ir/expr/aggregates.ts'
import { printExpr } from '../../../ir/expr/print.ts'
import { div, eq, i32, i64, op } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isFloat, isUnsigned64 } from '../../../ir/types.ts'
import { FALSE, scalar, type Value } from '../value.ts'
import type { Accumulator, AccumulatorFactory, GroupStore } from './accumulator.ts'
import { count } from './count.ts'
import { first, last } from './edge.ts'
import { max, min } from './extreme.ts'
import { readHeld } from './held.ts'
import { sum } from './sum.ts'

const factories = { count, sum, min, max, first, last } as const satisfies Record<string, AccumulatorFactory>
type AccumulatorKind = keyof typeof factories

/** The field name of the accumulator of a kind over the aggregate's argument. */
type FieldOf = (kind: AccumulatorKind) => string
type Finish = (store: GroupStore, field: FieldOf, call: Aggregate, entry: Expr) => Value

interface AggregateCode {
  readonly needs: readonly AccumulatorKind[]
  readonly finish: Finish
}

const argTypeOf = (call: Aggregate): DataType => call.arg?.type ?? 'int64'

/** A value that was seen at least once, or null. */
const held =
  (kind: AccumulatorKind): Finish =>
  (store, field, call, entry) => {
    const value = readHeld(store, field(kind), argTypeOf(call), entry)
    return { ...value, isNull: eq(store.load(`${field(kind)}_seen`, entry), i32(0)) }
  }

const isEmpty = (store: GroupStore, field: FieldOf, entry: Expr): Expr =>
  eq(store.load(field('count'), entry), i64(0n))

const total: Finish = (store, field, call, entry) =>
  scalar(call.type, store.load(field('sum'), entry), isEmpty(store, field, entry))

const average: Finish = (store, field, call, entry) => {
  const held = store.load(field('sum'), entry)
  const argType = argTypeOf(call)
  const asDouble = isFloat(argType) ? held : op(isUnsigned64(argType) ? 'floatu.i64' : 'float.i64', held)
  const rows = op('float.i64', store.load(field('count'), entry))
  return scalar(call.type, div(asDouble, rows), isEmpty(store, field, entry))
}

const codes: Readonly<Record<AggregateName, AggregateCode>> = {
  count: {
    needs: ['count'],
    finish: (store, field, call, entry) => scalar(call.type, store.load(field('count'), entry), FALSE),
  },
  sum: { needs: ['sum', 'count'], finish: total },
  avg: { needs: ['sum', 'count'], finish: average },
  min: { needs: ['min'], finish: held('min') },
  max: { needs: ['max'], finish: held('max') },
  first: { needs: ['first'], finish: held('first') },
  last: { needs: ['last'], finish: held('last') },
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
  const kept = new Map<string, { name: string; fed: Fed }>()
  const fieldOf =
    (call: Aggregate): FieldOf =>
    kind =>
      kept.get(keyOf(kind, call))?.name ?? ''
  calls.forEach((call, feeder) => {
    for (const kind of codes[call.fn].needs) {
      const key = keyOf(kind, call)
      if (kept.has(key)) continue
      const name = `${kind}_${kept.size}`
      kept.set(key, { name, fed: { accumulator: factories[kind](store, name, argTypeOf(call)), feeder } })
    }
  })
  return {
    accumulators: [...kept.values()].map(({ fed }) => fed),
    finish: (n, entry) => codes[calls[n].fn].finish(store, fieldOf(calls[n]), calls[n], entry),
  }
}

/** A count of an argument that is never null is a count of rows. */
function keyOf(kind: AccumulatorKind, { arg }: Aggregate): string {
  const plainCount = kind === 'count' && !arg?.nullable
  return `${kind}(${plainCount || !arg ? '' : printExpr(arg)})`
}
