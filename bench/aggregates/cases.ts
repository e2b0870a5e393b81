/** Aggregates that keep the values of a group, or are the user's own; each with what is written by hand for it. */
import { type Columns, defineAggregate, type Stream, tumble } from '../../compiler/index.ts'
import type { Data } from '../lib/data.ts'
import { erase } from '../lib/kernel-case.ts'
import type { Subject } from '../lib/subject.ts'
import type { TimeShift } from '../lib/time-shift.ts'
import { LAG_MS, paymentsWith } from '../windows/payments.ts'
import { byHand, type HandAggregate, WINDOW_MS } from './by-hand.ts'

export interface AggregateCase {
  readonly name: string
  readonly stream: Stream<Columns>
  readonly hand: (data: Data, time: TimeShift) => Subject
}

const LISTED = 10
const LARGEST = 3

const perKey = paymentsWith(`${LAG_MS}ms`)
  .window(tumble('ts', `${WINDOW_MS}ms`))
  .groupBy('key')

const handOf =
  <G>(aggregate: HandAggregate<G>): AggregateCase['hand'] =>
  (data, time) =>
    byHand(data, time, aggregate)

const squares = defineAggregate({
  init: () => ({ sum: 0n }),
  add: (state, amount: bigint) => ({ sum: state.sum + amount * amount }),
  merge: (a, b) => ({ sum: a.sum + b.sum }),
  result: state => state.sum,
})

export const cases: readonly AggregateCase[] = [
  {
    name: 'count-distinct',
    stream: erase(perKey.agg((p, a) => ({ distinct: a.countDistinct(p.amount) }))),
    hand: handOf({
      make: () => new Set<number>(),
      take: (values, amount) => void values.add(amount),
      result: values => values.size,
    }),
  },
  {
    name: 'median',
    stream: erase(perKey.agg((p, a) => ({ median: a.median(p.amount) }))),
    hand: handOf({
      make: () => [] as number[],
      take: (values, amount) => void values.push(amount),
      result(values) {
        values.sort((a, b) => a - b)
        const middle = (values.length - 1) / 2
        const [below, above] = [values[Math.floor(middle)], values[Math.ceil(middle)]]
        return below + (above - below) * (middle - Math.floor(middle))
      },
    }),
  },
  {
    name: 'array-agg',
    stream: erase(perKey.agg((p, a) => ({ list: a.arrayAgg(p.amount, { limit: LISTED }) }))),
    hand: handOf({
      make: () => [] as number[],
      take: (values, amount) => void (values.length < LISTED && values.push(amount)),
      result: values => values,
    }),
  },
  {
    name: 'top-k',
    stream: erase(perKey.agg((p, a) => ({ top: a.topK(p.amount, LARGEST) }))),
    hand: handOf({
      make: () => [] as number[],
      take(values, amount) {
        if (values.length === LARGEST && values[LARGEST - 1] >= amount) return
        let at = values.length < LARGEST ? values.length : LARGEST - 1
        for (; at > 0 && values[at - 1] < amount; at--) values[at] = values[at - 1]
        values[at] = amount
      },
      result: values => values,
    }),
  },
  {
    name: 'fold',
    stream: erase(perKey.agg((p, a) => ({ squares: a.fold(squares, p.amount) }))),
    hand: handOf({
      make: () => ({ sum: 0 }),
      take(state, amount) {
        state.sum += amount * amount
      },
      result: ({ sum }) => sum,
    }),
  },
]
