/** Rows of two streams with the same key, at most so far apart. */
import { source, t } from '../../compiler/index.ts'
import { type Data, ints, longs, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'
import { LAG_MS, START_MS } from '../windows/payments.ts'

interface Shape {
  readonly name: string
  readonly about: string
  readonly rows: number
  readonly keys: number
  /** From a row to the next one of its side. */
  readonly stepMs: number
  readonly withinMs: number
}

const KEY_BITS = 15
const RING = 1 << 17
const SPREAD = 0x2c1b3c6d
/** Results of a batch are fewer. */
const RESULTS = 1 << 21

/** Rows of both sides have the same times. */
const dataOf =
  ({ keys, stepMs }: Shape): KernelCase['data'] =>
  (rows, random) => ({
    rows,
    columns: [
      longs('ts', rows, i => START_MS + i * stepMs + LAG_MS - random(LAG_MS), 'timestamp[ms]'),
      ints('left_key', rows, () => Math.imul(random(keys), SPREAD)),
      ints('right_key', rows, () => Math.imul(random(keys), SPREAD)),
      longs('left_amount', rows, () => random(100_000)),
      longs('right_amount', rows, () => random(100_000)),
    ],
  })

const buffersOf = (keys: number, withinMs: number) => (rows: Data) => buffers(rows, keys, withinMs)

function buffers(rows: Data, keys: number, withinMs: number) {
  return {
    at: valuesOf(rows, 'ts', 'timestamp[ms]'),
    leftKey: valuesOf(rows, 'left_key', 'int32'),
    rightKey: valuesOf(rows, 'right_key', 'int32'),
    leftAmount: valuesOf(rows, 'left_amount', 'int64'),
    rightAmount: valuesOf(rows, 'right_amount', 'int64'),
    within: BigInt64Array.of(BigInt(withinMs), BigInt(LAG_MS)),
    /** Slots: number of a key + 1, or 0. Of each key: itself, and its newest row of either side. */
    index: new Int32Array(2 ** KEY_BITS),
    keys: new Int32Array(keys),
    newest: new Int32Array(2 * keys),
    /** Numbers of the oldest row and of the next of either side; keys there are. */
    oldest: new Int32Array(5),
    latest: new BigInt64Array(2),
    rowAt: new BigInt64Array(2 * RING),
    rowAmount: new BigInt64Array(2 * RING),
    rowBefore: new Int32Array(2 * RING),
    resultAt: new BigInt64Array(RESULTS),
    resultLeft: new BigInt64Array(RESULTS),
    resultRight: new BigInt64Array(RESULTS),
    resultKey: new Int32Array(RESULTS),
    out: new Int32Array(1),
  }
}

type Buffers = ReturnType<typeof buffers>

/** Times are doubles: a bigint for each row would be garbage. */
function byHand(b: Buffers) {
  const { at, leftKey, rightKey, leftAmount, rightAmount, within, index, keys, newest, oldest } = b
  const { rowAmount, rowBefore, resultAt, resultLeft, resultRight, resultKey, out } = b
  const words = new Int32Array(at.buffer, at.byteOffset, at.length * 2)
  const rowAt = new Float64Array(rowAmount.length)
  const latest = new Float64Array(2)
  const last = 131071
  const [apartMax, lag] = [Number(within[0]), Number(within[1])]
  const find = (wanted: number): number => {
    let slot = Math.imul(wanted, -1640531535) >>> 17
    for (;;) {
      const tag = index[slot]
      if (tag === 0) {
        const n = oldest[4]++
        keys[n] = wanted
        newest[2 * n] = -1
        newest[2 * n + 1] = -1
        index[slot] = n + 1
        return n
      }
      if (keys[tag - 1] === wanted) return tag - 1
      slot = (slot + 1) & 32767
    }
  }
  const take = (side: number, i: number, key: number, amounts: BigInt64Array): void => {
    const other = 1 - side
    const base = side * (last + 1)
    const far = other * (last + 1)
    const time = words[2 * i + 1] * 4294967296 + (words[2 * i] >>> 0)
    const owner = find(key)
    const gone = oldest[other]
    for (let r = newest[2 * owner + other]; r >= gone; r = rowBefore[far + (r & last)]) {
      const p = far + (r & last)
      const apart = time - rowAt[p]
      if (apart > apartMax || -apart > apartMax) continue
      const n = out[0]++
      resultAt[n] = side === 0 ? at[i] : BigInt(rowAt[p])
      resultKey[n] = key
      resultLeft[n] = side === 0 ? amounts[i] : rowAmount[p]
      resultRight[n] = side === 0 ? rowAmount[p] : amounts[i]
    }
    const r = oldest[2 + side]++
    const p = base + (r & last)
    rowAt[p] = time
    rowAmount[p] = amounts[i]
    rowBefore[p] = newest[2 * owner + side]
    newest[2 * owner + side] = r
    if (time > latest[side]) latest[side] = time
    const passed = latest[other] - lag - apartMax
    for (let n = 0; n < 4 && oldest[side] <= r && rowAt[base + (oldest[side] & last)] < passed; n++)
      oldest[side]++
  }
  return {
    run(from: number, to: number) {
      for (let i = from; i < to; i++) take(0, i, leftKey[i], leftAmount)
      for (let i = from; i < to; i++) take(1, i, rightKey[i], rightAmount)
    },
    end() {
      index.fill(0)
      oldest.fill(0)
      latest.fill(0)
    },
  }
}

const sideOf = (side: 'left' | 'right') =>
  source(
    side,
    { ts: t.timestamp('ms'), key: t.int32, amount: t.int64 },
    { time: 'ts', outOfOrderness: `${LAG_MS}ms` },
  )

const caseOf = (shape: Shape): KernelCase => {
  const { name, about, rows, keys, stepMs, withinMs } = shape
  return {
    ...{ name, about, rows, data: dataOf(shape) },
    time: { column: 'ts', ticks: BigInt(rows * stepMs + LAG_MS + 2 * withinMs) },
    stream: erase(
      sideOf('left')
        .join(sideOf('right'), (l, r) =>
          l.key.eq(r.key).and(r.ts.between(l.ts.minus(`${withinMs}ms`), l.ts.plus(`${withinMs}ms`))),
        )
        .select(c => ({ ts: c.ts, key: c.key, left: c.amount, right: c.right_amount })),
    ),
    sql: `select l.ts, l.left_key, l.left_amount, r.right_amount from data l join data r
      on l.left_key = r.right_key and r.ts between l.ts - ${withinMs} and l.ts + ${withinMs}`,
    rival: rival({
      buffers: buffersOf(keys, withinMs),
      hand: byHand,
      cFile: 'joins/interval.c',
      results: ({ resultAt, resultKey, resultLeft, resultRight, out }) =>
        Array.from({ length: out[0] }, (_, i) => [resultAt[i], resultKey[i], resultLeft[i], resultRight[i]]),
    }),
  }
}

export const intervalJoins: readonly KernelCase[] = [
  caseOf({
    name: 'interval-10k',
    about: '10,000 keys on both sides, at most 5 s apart: a row has a partner',
    ...{ rows: 1 << 17, keys: 10_000, stepMs: 1, withinMs: 5000 },
  }),
  caseOf({
    name: 'interval-one-key',
    about: 'one key, a row each 100 ms, at most 6 s apart: a row has 120 partners',
    ...{ rows: 1 << 13, keys: 1, stepMs: 100, withinMs: 6000 },
  }),
]
