/**
 * Plans that are new every time: each has a constant that no plan had before, too small a change to alter the
 * answer. Beside each plan stands a loop over typed arrays that a person might have written for the same question.
 */
import { type Columns, type Stream, source, t, tumble } from '../../compiler/index.ts'
import type { Answer } from '../lib/answer.ts'
import { type Data, doubles, ints, longs } from '../lib/data.ts'
import { erase } from '../lib/kernel-case.ts'
import { seededRandom } from '../lib/random.ts'

/** Rows of the first batch. */
export const ROWS = 1024

interface Arrays {
  readonly ts: BigInt64Array
  readonly price: Float64Array
  readonly quantity: Int32Array
}

export interface CompilePlan {
  readonly name: string
  readonly stream: (limit: number) => Stream<Columns>
  /** Uses nothing from outside its own text. */
  readonly hand: (limit: number) => (arrays: Arrays) => Answer
}

const orders = source(
  'orders',
  { ts: t.timestamp('ms'), price: t.float64, quantity: t.int32 },
  { time: 'ts' },
)

const random = seededRandom()
export const orderData: Data = {
  rows: ROWS,
  columns: [
    longs('ts', ROWS, i => 1_700_000_000_000 + 10 * i, 'timestamp[ms]'),
    doubles('price', ROWS, () => random(4000) / 4),
    ints('quantity', ROWS, () => random(100)),
  ],
}

/** No disk cache has seen the constants of another process. */
const salt = Date.now() % 1e6
let made = 0

/** A limit for prices that nobody asked for before. Prices are multiples of 1/4: it means the same as 500. */
export function newLimit(): number {
  made++
  return 500 + (salt * 1000 + made) / 1e11
}

export const compilePlans: readonly CompilePlan[] = [
  {
    name: 'filter',
    stream: limit => erase(orders.where(o => o.price.gt(limit)).select(o => ({ euros: o.price.mul(0.908) }))),
    hand: limit =>
      function filter({ price }) {
        const found: [number][] = []
        for (let i = 0; i < price.length; i++) if (price[i] > limit) found.push([price[i] * 0.908])
        return found
      },
  },
  {
    name: 'five-operators',
    stream: limit =>
      erase(
        orders
          .where(o => o.price.gt(limit))
          .select(o => ({ total: o.price.mul(o.quantity), quantity: o.quantity }))
          .where(o => o.quantity.lt(50))
          .select(o => ({ total: o.total, euros: o.total.mul(0.908) }))
          .where(o => o.euros.gt(100)),
      ),
    hand: limit =>
      function fiveOperators({ price, quantity }) {
        const found: [number, number][] = []
        for (let i = 0; i < price.length; i++) {
          const total = price[i] * quantity[i]
          const euros = total * 0.908
          if (price[i] > limit && quantity[i] < 50 && euros > 100) found.push([total, euros])
        }
        return found
      },
  },
  {
    name: 'group-by',
    stream: limit =>
      erase(
        orders
          .where(o => o.price.gt(limit))
          .groupBy('quantity')
          .agg((o, a) => ({ rows: a.count(), total: a.sum(o.price) })),
      ),
    hand: limit =>
      function groupBy({ price, quantity }) {
        const groups = new Map<number, [number, number, number]>()
        for (let i = 0; i < price.length; i++) {
          if (!(price[i] > limit)) continue
          const group = groups.get(quantity[i])
          if (group) {
            group[1]++
            group[2] += price[i]
          } else groups.set(quantity[i], [quantity[i], 1, price[i]])
        }
        return [...groups.values()]
      },
  },
  {
    name: 'tumble',
    stream: limit =>
      erase(
        orders
          .where(o => o.price.gt(limit))
          .window(tumble('ts', '1s'))
          .groupBy('quantity')
          .agg((o, a) => ({ rows: a.count(), total: a.sum(o.price) })),
      ),
    hand: limit =>
      function tumbling({ ts, price, quantity }) {
        const groups = new Map<number, [number, number, number, number, number]>()
        for (let i = 0; i < price.length; i++) {
          if (!(price[i] > limit)) continue
          const start = Math.floor(Number(ts[i]) / 1000) * 1000
          const key = start * 128 + quantity[i]
          const group = groups.get(key)
          if (group) {
            group[3]++
            group[4] += price[i]
          } else groups.set(key, [start, start + 1000, quantity[i], 1, price[i]])
        }
        return [...groups.values()]
      },
  },
]
