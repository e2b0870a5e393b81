/** The first row of a key within ten seconds, of ten thousand keys: about a row in two is let through. */
import { type Data, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'
import { LAG_MS, paymentsData, paymentsWith } from '../windows/payments.ts'

const ROWS = 1 << 18
const KEYS = 10_000
const WITHIN_MS = 10_000
const INDEX_BITS = 15

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    /** Times by their words: a bigint for each row would be garbage. */
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    within: Float64Array.of(WITHIN_MS),
    /** Slots: number of a key + 1, or 0. Of each key: itself, when it was let through last. */
    index: new Int32Array(2 ** INDEX_BITS),
    keys: new Int32Array(KEYS),
    kept: new Float64Array(KEYS),
    /** Keys there are. */
    state: new Int32Array(1),
    resultAt: new BigInt64Array(data.rows),
    resultKey: new Int32Array(data.rows),
    resultAmount: new BigInt64Array(data.rows),
    out: new Int32Array(1),
  }
}

type Buffers = ReturnType<typeof buffers>

/** Rows are less out of order than duplicates may be apart: a row is held against what was let through last. Nothing is forgotten. */
function byHand(b: Buffers) {
  const {
    at,
    atWords,
    key,
    amount,
    within,
    index,
    keys,
    kept,
    state,
    resultAt,
    resultKey,
    resultAmount,
    out,
  } = b
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
  const isDuplicate = (owner: number, time: number): boolean => {
    const apart = time - kept[owner]
    return apart < within[0] && -apart < within[0]
  }
  return {
    run(from: number, to: number) {
      for (let i = from; i < to; i++) {
        const time = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0)
        let owner = find(key[i])
        if (owner >= 0 && isDuplicate(owner, time)) continue
        if (owner < 0) {
          const slot = ~owner
          owner = state[0]++
          keys[owner] = key[i]
          index[slot] = owner + 1
        }
        kept[owner] = time
        const n = out[0]++
        resultAt[n] = at[i]
        resultKey[n] = key[i]
        resultAmount[n] = amount[i]
      }
    },
    end() {
      index.fill(0)
      state[0] = 0
    },
  }
}

export const duplicates: CodedCase = {
  name: 'deduplicate-10k',
  about: `${KEYS} keys, the first row of each within ${WITHIN_MS} ms`,
  rows: ROWS,
  data: paymentsData(KEYS),
  time: { column: 'ts', ticks: BigInt(ROWS + LAG_MS + WITHIN_MS) },
  stream: erase(paymentsWith(`${LAG_MS}ms`).deduplicate(['key'], `${WITHIN_MS}ms`)),
  rival: rival({
    buffers,
    hand: byHand,
    cFile: 'watermarks/duplicates.c',
    results: ({ resultAt, resultKey, resultAmount, out }) =>
      Array.from({ length: out[0] }, (_, i) => [resultAt[i], resultKey[i], resultAmount[i]]),
  }),
}
