/** equality of text: count and sum of the rows whose name is one of twelve bytes. */
import { source, t } from '../../compiler/index.ts'
import { type Data, longs, texts, textsOf, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const WANTED = 'channel-4711'
const NAMES = 10_000

const visits = source('visits', { name: t.utf8, millis: t.int64 })

const stream = visits
  .where(v => v.name.eq(WANTED))
  .groupBy()
  .agg((v, a) => ({ rows: a.count(), total: a.sum(v.millis) }))

function buffers(data: Data) {
  const { bytes, offsets } = textsOf(data, 'name')
  return {
    bytes,
    offsets,
    millis: valuesOf(data, 'millis', 'int64'),
    /** Sum, and rows that would have made it overflow; rows. */
    sum: new BigInt64Array(2),
    count: new Float64Array(1),
    resultSum: new BigInt64Array(1),
    resultCount: new Float64Array(1),
    out: new Int32Array(1),
  }
}

export const textEqual: KernelCase = {
  name: 'text-equal',
  about: `count and checked 64-bit sum where name = '${WANTED}'; most names have its length and its first bytes`,
  rows: 65_536,
  data: (rows, random) => ({
    rows,
    columns: [
      texts('name', rows, () => (random(20) === 0 ? WANTED : `channel-${random(NAMES)}`)),
      longs('millis', rows, () => random(100_000)),
    ],
  }),
  stream: erase(stream),
  sql: `select count(*) as rows, sum(millis)::bigint as total from data where name = '${WANTED}'`,
  rival: rival({
    buffers,
    hand: ({ bytes, offsets, millis, sum, count, resultSum, resultCount, out }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const wanted = new DataView(new TextEncoder().encode('channel-4711').buffer)
      const first = wanted.getInt32(0, true)
      const second = wanted.getInt32(4, true)
      const third = wanted.getInt32(8, true)
      return {
        run(from, to) {
          let rows = 0
          for (let i = from; i < to; i++) {
            const at = offsets[i]
            if (offsets[i + 1] - at !== 12) continue
            if (view.getInt32(at, true) !== first) continue
            if (view.getInt32(at + 4, true) !== second) continue
            if (view.getInt32(at + 8, true) !== third) continue
            const next = BigInt.asIntN(64, sum[0] + millis[i])
            const overflow = BigInt.asIntN(64, (next ^ sum[0]) & (next ^ millis[i]))
            if (overflow < 0n) sum[1] = BigInt.asIntN(64, sum[1] + 1n)
            else {
              sum[0] = next
              rows = (rows + 1) | 0
            }
          }
          count[0] += rows
        },
        end() {
          resultSum[0] = sum[0]
          resultCount[0] = count[0]
          out[0] = count[0] > 0 ? 1 : 0
          sum.fill(0n)
          count[0] = 0
        },
      }
    },
    cFile: 'kernels/text-equal.c',
    results: ({ resultSum, resultCount, out }) => (out[0] === 0 ? [] : [[resultCount[0], resultSum[0]]]),
  }),
}
