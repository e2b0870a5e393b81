/** filter and sum over columns with nulls: a null price drops the row, a null amount is not added. */
import { source, t } from '../../compiler/index.ts'
import { type Data, doubles, validityOf, valuesOf, withNulls } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const PRICE_MIN = 500

const orders = source('orders', { price: t.float64.orNull, amount: t.float64.orNull })

const stream = orders
  .where(o => o.price.gt(PRICE_MIN))
  .groupBy()
  .agg((o, a) => ({ rows: a.count(), total: a.sum(o.amount) }))

const buffers = (data: Data) => ({
  price: valuesOf(data, 'price', 'float64'),
  priceValid: validityOf(data, 'price'),
  amount: valuesOf(data, 'amount', 'float64'),
  amountValid: validityOf(data, 'amount'),
  /** Partial sums by row number modulo 8, so that no addition waits for the one before it. */
  lanes: new Float64Array(8),
  /** Nothing, and the value under way: whether it is added is an index, not a branch. */
  choice: new Float64Array(2),
  /** Rows, and those of them whose amount is not null. */
  counts: new Float64Array(2),
  /** Rows and sum; a sum of nothing is null. */
  result: new Float64Array(3),
  out: new Int32Array(1),
})

export const filterSum: KernelCase = {
  name: 'filter-sum',
  about: 'count and sum where price > 500; a tenth of both columns is null',
  rows: 65_536,
  data: (rows, random) => ({
    rows,
    columns: [
      withNulls(
        doubles('price', rows, () => random(4000) / 4),
        () => random(10) === 0,
      ),
      withNulls(
        doubles('amount', rows, () => random(4000) / 4),
        () => random(10) === 0,
      ),
    ],
  }),
  stream: erase(stream),
  sql: `select count(*) as rows, sum(amount) as total from data where price > ${PRICE_MIN}`,
  rival: rival({
    buffers,
    hand: ({ price, priceValid, amount, amountValid, lanes, counts, choice, result, out }) => ({
      run(from, to) {
        let rows = 0
        let values = 0
        for (let i = from; i < to; i++) {
          const wanted = (priceValid[i >> 3] >> (i & 7)) & +(price[i] > 500)
          const added = (amountValid[i >> 3] >> (i & 7)) & wanted
          rows = (rows + wanted) | 0
          values = (values + added) | 0
          choice[1] = amount[i]
          lanes[i & 7] += choice[added]
        }
        counts[0] += rows
        counts[1] += values
      },
      end() {
        result[0] = counts[0]
        result[1] = lanes.reduce((sum, lane) => sum + lane, 0)
        result[2] = counts[1]
        out[0] = 1
        counts.fill(0)
        lanes.fill(0)
      },
    }),
    cFile: 'kernels/filter-sum.c',
    results: ({ result: [rows, sum, values], out }) =>
      out[0] === 0 ? [] : [[rows, values === 0 ? null : sum]],
  }),
}
