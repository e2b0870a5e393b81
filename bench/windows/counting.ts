/** Windows of rows by key: side by side, of few rows and of many, and one that slides. */
import { countWindow, source, t } from '../../compiler/index.ts'
import { type Data, ints, longs, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, type HandKernel, type Rival, rival } from '../lib/kernel-case.ts'
import type { Random } from '../lib/random.ts'

const KEYS = 1024
/** Each key has as many, so that every pass fills as many windows; a whole number of batches. */
const ROWS = 1000 * KEYS
const SPREAD = 0x2c1b3c6d
/** Twice as many slots as keys, and no less. */
const INDEX_BITS = 11

interface CountShape {
  readonly size: number
  readonly slide: number
}

const purchases = source('purchases', { key: t.int32, amount: t.int64 })

const streamOf = ({ size, slide }: CountShape) =>
  purchases
    .window(countWindow(size, { slide }))
    .groupBy('key')
    .agg((p, a) => ({ rows: a.count(), total: a.sum(p.amount) }))

function buffers({ size, slide }: CountShape, data: Data) {
  /** The size is a whole number of slides. */
  const panes = size / slide
  return {
    shape: Int32Array.of(slide, panes),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Slots: number of a key + 1, or 0. Of each key: itself, its windows that have left, the pane under way. */
    index: new Int32Array(2 ** INDEX_BITS),
    keys: new Int32Array(KEYS),
    numbers: new Int32Array(KEYS),
    at: new Int32Array(KEYS),
    /** Of each pane: rows and sum. */
    counts: new Int32Array(KEYS * panes),
    sums: new BigInt64Array(KEYS * panes),
    /** Keys there are; rows that would have overflowed. */
    state: new Int32Array(2),
    resultNumber: new Int32Array(data.rows),
    resultKey: new Int32Array(data.rows),
    resultCount: new Int32Array(data.rows),
    resultSum: new BigInt64Array(data.rows),
    out: new Int32Array(1),
  }
}

function byHand(b: ReturnType<typeof buffers>): HandKernel {
  const { key, amount, index, keys, numbers, at, counts, sums, state } = b
  const { resultNumber, resultKey, resultCount, resultSum, out } = b
  const [slide, panes] = b.shape
  const keyOf = (k: number): number => {
    let slot = Math.imul(k, -1640531535) >>> 21
    for (;;) {
      const tag = index[slot]
      if (tag === 0) {
        const made = state[0]++
        keys[made] = k
        index[slot] = made + 1
        return made
      }
      if (keys[tag - 1] === k) return tag - 1
      slot = (slot + 1) & 2047
    }
  }
  /** The window of a key leaves. */
  const fire = (owner: number): void => {
    let rows = 0
    let total = 0n
    for (let pane = owner * panes; pane < (owner + 1) * panes; pane++) {
      rows += counts[pane]
      total += sums[pane]
    }
    const n = out[0]++
    resultNumber[n] = numbers[owner]++
    resultKey[n] = keys[owner]
    resultCount[n] = rows
    resultSum[n] = total
  }
  /** The next pane of a key begins in place of the oldest. */
  const turn = (owner: number): void => {
    at[owner] = at[owner] + 1 === panes ? 0 : at[owner] + 1
    counts[owner * panes + at[owner]] = 0
    sums[owner * panes + at[owner]] = 0n
  }
  return {
    run(from, to) {
      for (let i = from; i < to; i++) {
        const owner = keyOf(key[i])
        const pane = owner * panes + at[owner]
        const sum = BigInt.asIntN(64, sums[pane] + amount[i])
        const overflow = BigInt.asIntN(64, (sum ^ sums[pane]) & (sum ^ amount[i]))
        if (overflow < 0n) state[1]++
        else {
          sums[pane] = sum
          if (++counts[pane] === slide) {
            fire(owner)
            turn(owner)
          }
        }
      }
    },
    end() {
      for (let owner = 0; owner < state[0]; owner++) if (counts[owner * panes + at[owner]] > 0) fire(owner)
      for (const one of [index, numbers, at, counts]) one.fill(0)
      sums.fill(0n)
      state[0] = 0
    },
  }
}

const rivalOf = (shape: CountShape): Rival =>
  rival({
    buffers: data => buffers(shape, data),
    hand: byHand,
    cFile: 'windows/counting.c',
    results: ({ resultNumber, resultKey, resultCount, resultSum, out }) =>
      Array.from({ length: out[0] }, (_, i) => [
        BigInt(resultNumber[i]),
        resultKey[i],
        resultCount[i],
        resultSum[i],
      ]),
  })

function shuffled(rows: number, random: Random): (i: number) => number {
  const keys = Int32Array.from({ length: rows }, (_, i) => i % KEYS)
  for (let i = rows - 1; i > 0; i--) {
    const other = random(i + 1)
    const key = keys[i]
    keys[i] = keys[other]
    keys[other] = key
  }
  return i => Math.imul(keys[i], SPREAD)
}

const countCase = (name: string, shape: CountShape): CodedCase => ({
  name,
  about: `${KEYS} keys, windows of ${shape.size} rows every ${shape.slide}`,
  rows: ROWS,
  data: (rows, random) => ({
    rows,
    columns: [ints('key', rows, shuffled(rows, random)), longs('amount', rows, () => random(100_000))],
  }),
  stream: erase(streamOf(shape)),
  rival: rivalOf(shape),
})

export const countingCases: readonly CodedCase[] = [
  ...[10, 100, 1000].map(size => countCase(`count-${size}`, { size, slide: size })),
  countCase('count-100-slide-10', { size: 100, slide: 10 }),
]
