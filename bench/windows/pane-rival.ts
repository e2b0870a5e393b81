/**
 * Windows made of panes, by hand: a ring of panes, each with an index and dense entries of its own; those of a window
 * are combined when it closes. A window of one pane leaves as it is.
 */
import { type Data, valuesOf } from '../lib/data.ts'
import { type Rival, type RivalSpec, rival } from '../lib/kernel-case.ts'

export interface PaneShape {
  readonly slideMs: number
  /** Panes of a window. */
  readonly perWindow: number
  /** Panes that are open at once at the most. */
  readonly panes: number
  /** Keys of a pane at the most: a power of two. */
  readonly room: number
  readonly lagMs: number
  /** Are amounts added up, or rows only counted? */
  readonly sums: boolean
}

/** Slots of an index in the beginning: 2 to the power of this. It doubles when it is half full. */
const START_BITS = 8

const buffers = ({ slideMs, perWindow, panes, room, lagMs, sums }: PaneShape, data: Data) => {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  /** One pane more, which those of a window are combined in. */
  const entries = (panes + 1) * room
  return {
    shape: Int32Array.of(slideMs, perWindow, panes, room, lagMs, Number(sums)),
    at,
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    key: valuesOf(data, 'key', 'int32'),
    amount: valuesOf(data, 'amount', 'int64'),
    /** Latest time, watermark, end of the window that closes next; start of each pane. */
    clock: Float64Array.of(-Infinity, -Infinity, Infinity),
    starts: new Float64Array(panes).fill(-1),
    /** Of each pane: entries in use, last slot of its index, shift of its hash. */
    used: new Int32Array(panes + 1),
    lasts: new Int32Array(panes + 1).fill(2 ** START_BITS - 1),
    shifts: new Int32Array(panes + 1).fill(32 - START_BITS),
    /** Slots of the panes: number of an entry + 1, or 0. */
    index: new Int32Array(2 * entries),
    keys: new Int32Array(entries),
    counts: new Int32Array(entries),
    sums: new BigInt64Array(entries),
    /** Rows that were late, and rows whose sum would have overflowed. */
    refused: new Int32Array(2),
    resultStart: new Float64Array(data.rows),
    resultKey: new Int32Array(data.rows),
    resultCount: new Int32Array(data.rows),
    resultSum: new BigInt64Array(data.rows),
    out: new Int32Array(1),
  }
}

const specOf = (shape: PaneShape): RivalSpec<ReturnType<typeof buffers>> => ({
  buffers: data => buffers(shape, data),
  hand: b => {
    const { atWords, key, amount, clock, starts, used, lasts, shifts, index, keys, counts, sums, refused } = b
    const { resultStart, resultKey, resultCount, resultSum, out } = b
    const [slide, perWindow, panes, room, lag, withSums] = b.shape
    const size = slide * perWindow
    const paneAt = (start: number): number => ((start / slide) % panes) | 0
    const place = (pane: number, entry: number): void => {
      const first = pane * 2 * room
      let slot = Math.imul(keys[entry], -1640531535) >>> shifts[pane]
      while (index[first + slot] !== 0) slot = (slot + 1) & lasts[pane]
      index[first + slot] = entry + 1
    }
    const add = (pane: number, k: number): number => {
      const entry = pane * room + used[pane]++
      keys[entry] = k
      counts[entry] = 0
      sums[entry] = 0n
      if (used[pane] * 2 <= lasts[pane]) place(pane, entry)
      else {
        lasts[pane] = 2 * lasts[pane] + 1
        shifts[pane]--
        index.fill(0, pane * 2 * room, pane * 2 * room + lasts[pane] + 1)
        for (let one = 0; one < used[pane]; one++) place(pane, pane * room + one)
      }
      return entry
    }
    const entryOf = (pane: number, k: number): number => {
      const first = (pane * 2 * room) | 0
      const last = lasts[pane]
      let slot = Math.imul(k, -1640531535) >>> shifts[pane]
      for (;;) {
        const tag = index[(first + slot) | 0]
        if (tag === 0) return add(pane, k)
        const entry = (tag - 1) | 0
        if (keys[entry] === k) return entry
        slot = (slot + 1) & last
      }
    }
    const clear = (pane: number): void => {
      index.fill(0, pane * 2 * room, pane * 2 * room + lasts[pane] + 1)
      used[pane] = 0
    }
    const emit = (pane: number, start: number): void => {
      const first = pane * room
      const n = out[0]
      for (let entry = 0; entry < used[pane]; entry++) {
        resultStart[n + entry] = start
        resultKey[n + entry] = keys[first + entry]
        resultCount[n + entry] = counts[first + entry]
        resultSum[n + entry] = sums[first + entry]
      }
      out[0] = n + used[pane]
    }
    const merge = (pane: number): void => {
      for (let entry = pane * room; entry < pane * room + used[pane]; entry++) {
        const merged = entryOf(panes, keys[entry])
        counts[merged] += counts[entry]
        sums[merged] += sums[entry]
      }
    }
    /** Closes one window, and forgets its first pane, which no other needs. */
    const closeWindow = (start: number): void => {
      const first = paneAt(start)
      if (perWindow === 1) emit(first, start)
      else {
        for (let time = start; time < start + size; time += slide)
          if (starts[paneAt(time)] === time) merge(paneAt(time))
        emit(panes, start)
        clear(panes)
      }
      if (starts[first] === start) {
        clear(first)
        starts[first] = -1
      }
    }
    const firstEnd = (): number => {
      let earliest = Infinity
      for (let pane = 0; pane < panes; pane++)
        if (starts[pane] >= 0 && starts[pane] < earliest) earliest = starts[pane]
      return earliest + slide
    }
    const close = (time: number): void => {
      while (clock[2] <= time) {
        closeWindow(clock[2] - size)
        clock[2] = Math.max(clock[2] + slide, firstEnd())
      }
    }
    const open = (start: number, latest: number): number => {
      const pane = paneAt(start)
      if (starts[pane] === start) return pane
      if (starts[pane] >= 0) close(latest - lag)
      starts[pane] = start
      clock[2] = Math.min(clock[2], start + slide)
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
            start = Math.floor(time / slide) * slide
            end = start + slide
            if (start + size > watermark) pane = open(start, time)
          }
          if (start + size > watermark) {
            const entry = entryOf(pane, key[i])
            if (withSums === 0) counts[entry]++
            else {
              const sum = BigInt.asIntN(64, sums[entry] + amount[i])
              const overflow = BigInt.asIntN(64, (sum ^ sums[entry]) & (sum ^ amount[i]))
              if (overflow < 0n) refused[1]++
              else {
                counts[entry]++
                sums[entry] = sum
              }
            }
          } else refused[0]++
          if (time > latest) {
            latest = time
            watermark = time - lag
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
        for (let start = clock[2] - size; firstEnd() < Infinity; start += slide) closeWindow(start)
        clock[0] = -Infinity
        clock[1] = -Infinity
        clock[2] = Infinity
      },
    }
  },
  cFile: 'windows/panes.c',
  results: ({ resultStart, resultKey, resultCount, resultSum, out }) =>
    Array.from({ length: out[0] }, (_, i) => [
      resultStart[i],
      resultStart[i] + shape.slideMs * shape.perWindow,
      resultKey[i],
      resultCount[i],
      ...(shape.sums ? [resultSum[i]] : []),
    ]),
})

export const paneRival = (shape: PaneShape): Rival => rival(specOf(shape))
