/** The watermark of a source with a hundred partitions: each row moves that of its own, and the least of all is found. */

import { source, t } from '../../compiler/index.ts'
import { type Data, ints, longs, valuesOf } from '../lib/data.ts'
import { type CodedCase, erase, rival } from '../lib/kernel-case.ts'
import { START_MS } from '../windows/payments.ts'

const ROWS = 1 << 18
const PARTITIONS = 100
const LAG_MS = 1000
/** Spreads the numbers of partitions over all integers, so that they say nothing about their place in a table. */
const SPREAD = 0x2c1b3c6d
const INDEX_BITS = 8

const readings = source(
  'readings',
  { ts: t.timestamp('ms'), device: t.int32 },
  { time: 'ts', outOfOrderness: `${LAG_MS}ms`, partition: 'device' },
)

function buffers(data: Data) {
  const at = valuesOf(data, 'ts', 'timestamp[ms]')
  return {
    at,
    /** Times by their words: a bigint for each row would be garbage. */
    atWords: new Int32Array(at.buffer, at.byteOffset, at.length * 2),
    device: valuesOf(data, 'device', 'int32'),
    /** Out-of-orderness; watermark, rows. */
    lag: Float64Array.of(LAG_MS),
    clock: new Float64Array(2),
    /** Slots: number of a partition + 1, or 0. Of each: itself, its watermark. */
    index: new Int32Array(2 ** INDEX_BITS),
    keys: new Int32Array(PARTITIONS),
    marks: new Float64Array(PARTITIONS),
    /** Partitions there are; the one that is the furthest behind. */
    state: Int32Array.of(0, -1),
    resultCount: new Float64Array(1),
    out: new Int32Array(1),
  }
}

type Buffers = ReturnType<typeof buffers>

/** The least is looked for where the partition that had it has moved on: once for each turn of all partitions. */
const byHand = ({ atWords, device, lag, clock, index, keys, marks, state, resultCount, out }: Buffers) => {
  const partOf = (key: number): number => {
    let slot = Math.imul(key, -1640531535) >>> 24
    for (;;) {
      const tag = index[slot]
      if (tag === 0) {
        const made = state[0]++
        keys[made] = key
        marks[made] = 0
        index[slot] = made + 1
        state[1] = made
        return made
      }
      if (keys[tag - 1] === key) return tag - 1
      slot = (slot + 1) & 255
    }
  }
  const meet = (): void => {
    let least = 0
    for (let i = 1; i < state[0]; i++) if (marks[i] < marks[least]) least = i
    state[1] = least
    if (marks[least] > clock[0]) clock[0] = marks[least]
  }
  return {
    run(from: number, to: number) {
      for (let i = from; i < to; i++) {
        clock[1]++
        const part = partOf(device[i])
        const moved = atWords[2 * i + 1] * 4294967296 + (atWords[2 * i] >>> 0) - lag[0]
        if (moved <= marks[part]) continue
        marks[part] = moved
        if (part === state[1]) meet()
      }
    },
    end() {
      resultCount[0] = clock[1]
      out[0] = 1
      index.fill(0)
      clock.fill(0)
      state[0] = 0
      state[1] = -1
    },
  }
}

export const partitionWatermarks: CodedCase = {
  name: 'watermark-100-partitions',
  about: `rows of ${PARTITIONS} partitions are counted, each a little out of order`,
  rows: ROWS,
  data: (rows, random) => ({
    rows,
    columns: [
      longs('ts', rows, i => START_MS + i + LAG_MS - random(LAG_MS), 'timestamp[ms]'),
      ints('device', rows, () => Math.imul(random(PARTITIONS), SPREAD)),
    ],
  }),
  time: { column: 'ts', ticks: BigInt(ROWS + LAG_MS) },
  stream: erase(readings.groupBy().agg((_, a) => ({ rows: a.count() }))),
  rival: rival({
    buffers,
    hand: byHand,
    cFile: 'watermarks/partitions.c',
    results: ({ resultCount, out }) => Array.from({ length: out[0] }, () => [BigInt(resultCount[0])]),
  }),
}
