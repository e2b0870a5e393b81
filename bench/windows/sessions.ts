/** Sessions by key, of some ten rows each. */
import { session } from '../../compiler/index.ts'
import { type Data, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'
import { LAG_MS, paymentsData, paymentsWith } from './payments.ts'

const KEYS = 1000
const ROWS = 1 << 18
/** A key has a row each second; e^2.3 of them follow each other within the gap. */
const GAP_MS = 2300
/** Twice as many slots as keys, and no less. */
const INDEX_BITS = 11

const stream = paymentsWith(`${LAG_MS}ms`)
  .window(session('ts', `${GAP_MS}ms`))
  .groupBy('key')
  .agg((p, a) => ({ rows: a.count(), total: a.sum(p.amount) }))

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Latest time, end of the session that closes next. */
    clock: Float64Array.of(-Infinity, Infinity),
    /** Slots: number of a key + 1, or 0. Of each key: itself, its latest session or -1. */
    index: new Int32Array(2 ** INDEX_BITS),
    keys: new Int32Array(KEYS),
    heads: new Int32Array(KEYS),
    /** Of each session: first and last time, what comes behind it, rows and sum. */
    firsts: new Float64Array(ROWS),
    lasts: new Float64Array(ROWS),
    nexts: new Int32Array(ROWS),
    counts: new Int32Array(ROWS),
    sums: new BigInt64Array(ROWS),
    /** Keys there are, sessions ever made, first free one or -1; rows that would have overflowed. */
    state: Int32Array.of(0, 0, -1, 0),
    resultStart: new Float64Array(data.rows),
    resultEnd: new Float64Array(data.rows),
    resultKey: new Int32Array(data.rows),
    resultCount: new Int32Array(data.rows),
    resultSum: new BigInt64Array(data.rows),
    out: new Int32Array(1),
  }
}

export const sessionWindows: CodedCase = {
  name: 'session-1k',
  about: `${KEYS} keys, sessions with a gap of ${GAP_MS} ms`,
  rows: ROWS,
  data: paymentsData(KEYS),
  time: { column: 'ts', ticks: 280_000n },
  stream: erase(stream),
  rival: rival({
    buffers,
    hand: b => {
      const { atWords, key, amount, clock, index, keys, heads, firsts, lasts, nexts, counts, sums, state } = b
      const { resultStart, resultEnd, resultKey, resultCount, resultSum, out } = b
      const keyOf = (k: number): number => {
        let slot = Math.imul(k, -1640531535) >>> 21
        for (;;) {
          const tag = index[slot]
          if (tag === 0) {
            const made = state[0]++
            keys[made] = k
            heads[made] = -1
            index[slot] = made + 1
            return made
          }
          if (keys[tag - 1] === k) return tag - 1
          slot = (slot + 1) & 2047
        }
      }
      const make = (time: number): number => {
        let made = state[2]
        if (made < 0) made = state[1]++
        else state[2] = nexts[made]
        firsts[made] = time
        lasts[made] = time
        counts[made] = 0
        sums[made] = 0n
        clock[1] = Math.min(clock[1], time + 2300)
        return made
      }
      const drop = (one: number): void => {
        nexts[one] = state[2]
        state[2] = one
      }
      /** Takes a session into the later one before it in the list. */
      const join = (later: number, earlier: number): void => {
        firsts[later] = firsts[earlier]
        counts[later] += counts[earlier]
        sums[later] += sums[earlier]
        nexts[later] = nexts[earlier]
        drop(earlier)
      }
      const sessionOf = (owner: number, time: number): number => {
        let later = -1
        let one = heads[owner]
        while (one >= 0 && time <= firsts[one] - 2300) {
          later = one
          one = nexts[one]
        }
        if (one < 0 || time >= lasts[one] + 2300) {
          const made = make(time)
          nexts[made] = one
          if (later < 0) heads[owner] = made
          else nexts[later] = made
          return made
        }
        if (time < firsts[one]) {
          firsts[one] = time
          const earlier = nexts[one]
          if (earlier >= 0 && time < lasts[earlier] + 2300) join(one, earlier)
        } else if (time > lasts[one]) {
          lasts[one] = time
          if (later >= 0 && firsts[later] < time + 2300) {
            join(later, one)
            return later
          }
        }
        return one
      }
      const emit = (owner: number, one: number): void => {
        const n = out[0]++
        resultStart[n] = firsts[one]
        resultEnd[n] = lasts[one] + 2300
        resultKey[n] = keys[owner]
        resultCount[n] = counts[one]
        resultSum[n] = sums[one]
      }
      /** Every session that ends by a time leaves. */
      const close = (time: number): void => {
        let earliest = Infinity
        for (let owner = 0; owner < state[0]; owner++) {
          let before = -1
          for (let one = heads[owner]; one >= 0; ) {
            const next = nexts[one]
            if (lasts[one] + 2300 <= time) {
              emit(owner, one)
              if (before < 0) heads[owner] = next
              else nexts[before] = next
              drop(one)
            } else {
              before = one
              earliest = Math.min(earliest, lasts[one] + 2300)
            }
            one = next
          }
        }
        clock[1] = earliest
      }
      return {
        run(from, to) {
          let latest = clock[0]
          for (let i = from; i < to; i++) {
            const time = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0)
            const one = sessionOf(keyOf(key[i]), time)
            const sum = BigInt.asIntN(64, sums[one] + amount[i])
            const overflow = BigInt.asIntN(64, (sum ^ sums[one]) & (sum ^ amount[i]))
            if (overflow < 0n) state[3]++
            else {
              counts[one]++
              sums[one] = sum
            }
            if (time > latest) latest = time
          }
          clock[0] = latest
          if (clock[1] <= latest - 1000) close(latest - 1000)
        },
        end() {
          close(Infinity)
          index.fill(0)
          state[0] = 0
          clock[0] = -Infinity
        },
      }
    },
    cFile: 'windows/sessions.c',
    results: ({ resultStart, resultEnd, resultKey, resultCount, resultSum, out }) =>
      Array.from({ length: out[0] }, (_, i) => [
        resultStart[i],
        resultEnd[i],
        resultKey[i],
        resultCount[i],
        resultSum[i],
      ]),
  }),
}
