/** The latest row of each of ten thousand keys by event time, told as updates: rows come up to a second out of order. */
import { type Data, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'
import { LAG_MS, paymentsData, paymentsWith } from '../windows/payments.ts'

const ROWS = 1 << 18
const KEYS = 10_000
const INDEX_BITS = 15

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    /** Times by their words: a bigint for each row would be garbage. */
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Slots: number of a key + 1, or 0. Of each key: itself, the time of its latest row, and that row. */
    index: new Int32Array(2 ** INDEX_BITS),
    keys: new Int32Array(KEYS),
    latest: new Float64Array(KEYS),
    keptAt: new BigInt64Array(KEYS),
    keptAmount: new BigInt64Array(KEYS),
    /** Keys there are. */
    state: new Int32Array(1),
    resultAt: new BigInt64Array(2 * data.rows),
    resultKey: new Int32Array(2 * data.rows),
    resultAmount: new BigInt64Array(2 * data.rows),
    resultOp: new Int32Array(2 * data.rows),
    out: new Int32Array(1),
  }
}

type Buffers = ReturnType<typeof buffers>

/** Nothing is ever forgotten. */
function byHand(b: Buffers) {
  const { at, atWords, key, amount, index, keys, latest, keptAt, keptAmount, state, out } = b
  const { resultAt, resultKey, resultAmount, resultOp } = b
  /** The number of a key that was there, or the one less than nothing of a slot that is free. */
  const find = (wanted: number): number => {
    let slot = Math.imul(wanted, -1640531535) >>> 17
    for (;;) {
      const tag = index[slot]
      if (tag === 0) return ~slot
      if (keys[tag - 1] === wanted) return tag - 1
      slot = (slot + 1) & 32767
    }
  }
  const tell = (owner: number, op: number): void => {
    const n = out[0]++
    resultAt[n] = keptAt[owner]
    resultKey[n] = keys[owner]
    resultAmount[n] = keptAmount[owner]
    resultOp[n] = op
  }
  return {
    run(from: number, to: number) {
      for (let i = from; i < to; i++) {
        const time = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0)
        let owner = find(key[i])
        const isNew = owner < 0
        if (!isNew && time <= latest[owner]) continue
        if (isNew) {
          const slot = ~owner
          owner = state[0]++
          keys[owner] = key[i]
          index[slot] = owner + 1
        } else tell(owner, 2)
        latest[owner] = time
        keptAt[owner] = at[i]
        keptAmount[owner] = amount[i]
        tell(owner, isNew ? 0 : 3)
      }
    },
    end() {},
  }
}

export const latest: CodedCase = {
  name: 'latest-of-10k',
  about: `${KEYS} keys, the latest row of each, by a time that is up to ${LAG_MS} ms out of order`,
  rows: ROWS,
  data: paymentsData(KEYS),
  time: { column: 'ts', ticks: BigInt(ROWS + LAG_MS) },
  stream: erase(paymentsWith(`${LAG_MS}ms`).lastBy(['key'], 'ts')),
  rival: rival({
    buffers,
    hand: byHand,
    cFile: 'ranking/latest.c',
    results: ({ resultAt, resultKey, resultAmount, resultOp, out }) =>
      Array.from({ length: out[0] }, (_, i) => [resultAt[i], resultKey[i], resultAmount[i], resultOp[i]]),
  }),
}
