/** filter and project: two conditions and two products over columns without nulls. A quarter of the rows goes on. */
import { source, t } from '../../compiler/index.ts'
import { type Data, doubles, ints, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const PRICE_MIN = 500
const QUANTITY_MAX = 50
const RATE = 0.908

const orders = source('orders', { price: t.float64, quantity: t.int32 })

const stream = orders
  .where(o => o.price.gt(PRICE_MIN).and(o.quantity.lt(QUANTITY_MAX)))
  .select(o => ({ total: o.price.mul(o.quantity), euros: o.price.mul(o.quantity).mul(RATE) }))

const buffers = (data: Data) => ({
  price: valuesOf(data, 'price', 'float64'),
  quantity: valuesOf(data, 'quantity', 'int32'),
  total: new Float64Array(data.rows + 1),
  euros: new Float64Array(data.rows + 1),
  out: new Int32Array(1),
})

export const filterProject: KernelCase = {
  name: 'filter-project',
  about: 'price > 500 and quantity < 50, two products; no nulls, 25 % go on',
  rows: 65_536,
  data: (rows, random) => ({
    rows,
    columns: [doubles('price', rows, () => random(4000) / 4), ints('quantity', rows, () => random(100))],
  }),
  stream: erase(stream),
  sql: `select price * quantity as total, price * quantity * ${RATE}::double as euros
    from data where price > ${PRICE_MIN} and quantity < ${QUANTITY_MAX}`,
  rival: rival({
    buffers,
    hand: ({ price, quantity, total, euros, out }) => ({
      run(from, to) {
        let j = 0
        for (let i = from; i < to; i++) {
          const p = price[i]
          const q = quantity[i]
          const product = p * q
          total[j] = product
          euros[j] = product * 0.908
          j = (j + (+(p > 500) & +(q < 50))) | 0
        }
        out[0] = j
      },
      end() {},
    }),
    cFile: 'kernels/filter-project.c',
    results: ({ total, euros, out }) => Array.from({ length: out[0] }, (_, i) => [total[i], euros[i]]),
  }),
}
