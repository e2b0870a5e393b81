/** group by an integer: ten thousand keys, which the caches hold, and a million, which they do not. */
import { source, t } from '../../compiler/index.ts'
import { type Data, doubles, ints, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const events = source('events', { key: t.int32, value: t.float64 })

const stream = events.groupBy('key').agg((e, a) => ({ rows: a.count(), value: a.sum(e.value) }))

/** Slots of the table in the beginning: 2 to the power of this. It doubles when it is half full. */
const START_BITS = 10
const SLOT_WORDS = 6

/** Two extents of slots: growing goes from one to the other. A slot: key, is used, rows and sum as doubles. */
function buffers(data: Data) {
  const slotsMax = 2 ** Math.max(START_BITS, Math.ceil(Math.log2(4 * data.rows)))
  const words = new Int32Array(2 * slotsMax * SLOT_WORDS)
  return {
    key: valuesOf(data, 'key', 'int32'),
    value: valuesOf(data, 'value', 'float64'),
    words,
    cells: new Float64Array(words.buffer),
    /** First slot, last slot of the extent, shift of the hash, slots in use. */
    head: Int32Array.of(0, 2 ** START_BITS - 1, 32 - START_BITS, 0),
    /** Slots of one extent at the most. */
    extent: Int32Array.of(slotsMax),
    resultKey: new Int32Array(data.rows),
    resultRows: new Float64Array(data.rows),
    resultValue: new Float64Array(data.rows),
    out: new Int32Array(1),
  }
}

const groupByRival = rival({
  buffers,
  hand: ({ key, value, words, cells, head, extent, resultKey, resultRows, resultValue, out }) => {
    /** Every slot in use moves to its place in the other extent, which is twice as large. */
    const grow = (): void => {
      const [base, last] = head
      head[0] = extent[0] - base
      head[1] = 2 * last + 1
      head[2]--
      words.fill(0, head[0] * 6, (head[0] + head[1] + 1) * 6)
      for (let from = base; from <= base + last; from++) {
        if (words[from * 6 + 1] === 0) continue
        let slot = Math.imul(words[from * 6], -1640531535) >>> head[2]
        while (words[(head[0] + slot) * 6 + 1] !== 0) slot = (slot + 1) & head[1]
        words.copyWithin((head[0] + slot) * 6, from * 6, from * 6 + 6)
      }
    }
    return {
      run(from, to) {
        let base = head[0]
        let last = head[1]
        let shift = head[2]
        for (let i = from; i < to; i++) {
          const k = key[i]
          let slot = Math.imul(k, -1640531535) >>> shift
          for (;;) {
            const at = Math.imul(base + slot, 6)
            if (words[at + 1] === 0) {
              if (head[3] * 2 > last) {
                grow()
                base = head[0]
                last = head[1]
                shift = head[2]
                slot = Math.imul(k, -1640531535) >>> shift
                continue
              }
              head[3]++
              words[at] = k
              words[at + 1] = 1
              break
            }
            if (words[at] === k) break
            slot = (slot + 1) & last
          }
          const cell = Math.imul(base + slot, 3)
          cells[cell + 1] += 1
          cells[cell + 2] += value[i]
        }
      },
      end() {
        const [base, last] = head
        let n = 0
        for (let slot = base; slot <= base + last; slot++) {
          if (words[slot * 6 + 1] === 0) continue
          resultKey[n] = words[slot * 6]
          resultRows[n] = cells[slot * 3 + 1]
          resultValue[n++] = cells[slot * 3 + 2]
        }
        words.fill(0, base * 6, (base + last + 1) * 6)
        head[3] = 0
        out[0] = n
      },
    }
  },
  cFile: 'kernels/group-by.c',
  results: ({ resultKey, resultRows, resultValue, out }) =>
    Array.from({ length: out[0] }, (_, i) => [resultKey[i], resultRows[i], resultValue[i]]),
})

/** Spreads the numbers of keys over all integers, so that they say nothing about their place in a table. */
const SPREAD = 0x2c1b3c6d

const groupBy = (name: string, keys: number, rows: number): KernelCase => ({
  name,
  about: `count and sum by one of ${keys.toLocaleString('en')} integers`,
  rows,
  data: (count, random) => ({
    rows: count,
    columns: [
      ints('key', count, () => Math.imul(random(keys), SPREAD)),
      doubles('value', count, () => random(4000) / 4),
    ],
  }),
  stream: erase(stream),
  sql: 'select key, count(*) as rows, sum(value) as value from data group by key',
  rival: groupByRival,
})

export const groupBy10k = groupBy('group-by-10k', 10_000, 262_144)
export const groupBy1m = groupBy('group-by-1m', 1_000_000, 1_048_576)
