/** count and sum by key in tumbling windows of event time: windows close as the watermark passes them. */
import { source, t, tumble } from '../../compiler/index.ts'
import { type Data, ints, longs, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const SIZE_MS = 10_000
const KEYS = 500
const ROWS = 262_144
const START_MS = 1_700_000_000_000

const payments = source(
  'payments',
  { ts: t.timestamp('ms'), key: t.int32, amount: t.int64 },
  { time: 'ts', outOfOrderness: '1s' },
)

const stream = payments
  .window(tumble('ts', '10s'))
  .groupBy('key')
  .agg((p, a) => ({ rows: a.count(), total: a.sum(p.amount) }))

/** More windows than can be open at once: those that the lag keeps open, the next, and one for the row under way. */
const PANES = 8
/** Keys of a window at the most, as the yardsticks have it. The index of a window starts small and doubles. */
const PANE_ROOM = 4096

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Latest time, watermark, end of the earliest open window; start of each pane. */
    clock: Float64Array.of(-Infinity, -Infinity, Infinity),
    starts: new Float64Array(PANES).fill(-1),
    /** Of each pane: entries in use, last slot of its index. */
    used: new Int32Array(PANES),
    lasts: new Int32Array(PANES).fill(255),
    /** Slots of the panes: number of an entry + 1, or 0. */
    index: new Int32Array(PANES * PANE_ROOM * 2),
    keys: new Int32Array(PANES * PANE_ROOM),
    counts: new Float64Array(PANES * PANE_ROOM),
    sums: new BigInt64Array(PANES * PANE_ROOM),
    /** Rows that were late, and rows whose sum would have overflowed. */
    refused: new Int32Array(2),
    resultStart: new Float64Array(data.rows),
    resultKey: new Int32Array(data.rows),
    resultCount: new Float64Array(data.rows),
    resultSum: new BigInt64Array(data.rows),
    out: new Int32Array(1),
  }
}

export const tumblingWindow: KernelCase = {
  name: 'tumble',
  about: `count and checked 64-bit sum by one of ${KEYS} keys in windows of 10 s, rows up to 0.8 s out of order`,
  rows: ROWS,
  data: (rows, random) => ({
    rows,
    columns: [
      longs('ts', rows, i => START_MS + i + 800 - random(800), 'timestamp[ms]'),
      ints('key', rows, () => random(KEYS)),
      longs('amount', rows, () => random(100_000)),
    ],
  }),
  time: { column: 'ts', ticks: 280_000n },
  stream: erase(stream),
  sql: `select ts // ${SIZE_MS} * ${SIZE_MS} as window_start, window_start + ${SIZE_MS} as window_end, key,
      count(*) as rows, sum(amount)::bigint as total
    from data group by all`,
  rival: rival({
    buffers,
    hand: b => {
      const { atWords, key, amount, clock, starts, used, lasts, index, keys, counts, sums, refused } = b
      const { resultStart, resultKey, resultCount, resultSum, out } = b
      const ROOM = 4096
      const place = (pane: number, entry: number): void => {
        const first = pane * 2 * ROOM
        let slot = Math.imul(keys[pane * ROOM + entry], -1640531535) >>> 16
        slot &= lasts[pane]
        while (index[first + slot] !== 0) slot = (slot + 1) & lasts[pane]
        index[first + slot] = entry + 1
      }
      const add = (pane: number, k: number): number => {
        const entry = used[pane]++
        keys[pane * ROOM + entry] = k
        counts[pane * ROOM + entry] = 0
        sums[pane * ROOM + entry] = 0n
        if (used[pane] * 2 <= lasts[pane]) place(pane, entry)
        else {
          lasts[pane] = 2 * lasts[pane] + 1
          index.fill(0, pane * 2 * ROOM, pane * 2 * ROOM + lasts[pane] + 1)
          for (let one = 0; one < used[pane]; one++) place(pane, one)
        }
        return pane * ROOM + entry
      }
      const emit = (pane: number): void => {
        const first = pane * ROOM
        const n = out[0]
        for (let entry = 0; entry < used[pane]; entry++) {
          resultStart[n + entry] = starts[pane]
          resultKey[n + entry] = keys[first + entry]
          resultCount[n + entry] = counts[first + entry]
          resultSum[n + entry] = sums[first + entry]
        }
        out[0] = n + used[pane]
        index.fill(0, first * 2, first * 2 + lasts[pane] + 1)
        used[pane] = 0
        starts[pane] = -1
      }
      /** Closes the windows that end by a time, the earliest first. */
      const close = (time: number): void => {
        for (;;) {
          let earliest = -1
          for (let pane = 0; pane < 8; pane++)
            if (starts[pane] >= 0 && (earliest < 0 || starts[pane] < starts[earliest])) earliest = pane
          clock[2] = earliest < 0 ? Infinity : starts[earliest] + 10_000
          if (clock[2] > time) return
          emit(earliest)
        }
      }
      const open = (start: number, latest: number): number => {
        const pane = ((start / 10_000) % 8) | 0
        if (starts[pane] === start) return pane
        if (starts[pane] >= 0) close(latest - 1000)
        starts[pane] = start
        clock[2] = Math.min(clock[2], start + 10_000)
        return pane
      }
      return {
        run(from, to) {
          let latest = clock[0]
          let watermark = clock[1]
          let start = 0
          let end = 0
          let pane = 0
          for (let i = from; i < to; i++) {
            const time = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0)
            if (!(time >= start && time < end)) {
              start = Math.floor(time / 10_000) * 10_000
              end = start + 10_000
              if (end > watermark) pane = open(start, time)
            }
            if (end > watermark) {
              const k = key[i]
              const first = (pane * 2 * ROOM) | 0
              const last = lasts[pane]
              let slot = (Math.imul(k, -1640531535) >>> 16) & last
              let entry = -1
              for (;;) {
                const tag = index[(first + slot) | 0]
                if (tag === 0) {
                  entry = add(pane, k)
                  break
                }
                entry = (pane * ROOM + tag - 1) | 0
                if (keys[entry] === k) break
                slot = (slot + 1) & last
              }
              const sum = BigInt.asIntN(64, sums[entry] + amount[i])
              const overflow = BigInt.asIntN(64, (sum ^ sums[entry]) & (sum ^ amount[i]))
              if (overflow < 0n) refused[1]++
              else {
                counts[entry] += 1
                sums[entry] = sum
              }
            } else refused[0]++
            if (time > latest) {
              latest = time
              watermark = time - 1000
              if (watermark >= clock[2]) {
                close(watermark)
                end = 0
              }
            }
          }
          clock[0] = latest
          clock[1] = watermark
        },
        end() {
          close(Number.MAX_VALUE)
          clock[0] = -Infinity
          clock[1] = -Infinity
        },
      }
    },
    cFile: 'kernels/tumble.c',
    results: ({ resultStart, resultKey, resultCount, resultSum, out }) =>
      Array.from({ length: out[0] }, (_, i) => [
        resultStart[i],
        resultStart[i] + SIZE_MS,
        resultKey[i],
        resultCount[i],
        resultSum[i],
      ]),
  }),
}
