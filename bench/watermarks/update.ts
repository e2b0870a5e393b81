/** What a row costs where nothing but the watermark moves: rows are counted, in time, a little out of order. */

import { type Data, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'
import { LAG_MS, paymentsData, paymentsWith } from '../windows/payments.ts'

const ROWS = 1 << 18

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    /** Times by their words: a bigint for each row would be garbage. */
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    /** Out-of-orderness; latest time, watermark, rows. */
    lag: Float64Array.of(LAG_MS),
    clock: new Float64Array(3),
    resultCount: new Float64Array(1),
    out: new Int32Array(1),
  }
}

export const watermarkUpdate: CodedCase = {
  name: 'watermark-update',
  about: 'rows are counted, a row a millisecond and up to a second out of order',
  rows: ROWS,
  data: paymentsData(1),
  time: { column: 'ts', ticks: BigInt(ROWS + LAG_MS) },
  stream: erase(
    paymentsWith(`${LAG_MS}ms`)
      .groupBy()
      .agg((_, a) => ({ rows: a.count() })),
  ),
  rival: rival({
    buffers,
    hand: ({ atWords, lag, clock, resultCount, out }) => ({
      run(from, to) {
        for (let i = from; i < to; i++) {
          clock[2]++
          const at = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0)
          if (at <= clock[0]) continue
          clock[0] = at
          const moved = at - lag[0]
          if (moved > clock[1]) clock[1] = moved
        }
      },
      end() {
        resultCount[0] = clock[2]
        out[0] = 1
        clock.fill(0)
      },
    }),
    cFile: 'watermarks/update.c',
    results: ({ resultCount, out }) => Array.from({ length: out[0] }, () => [BigInt(resultCount[0])]),
  }),
}
