/** group by text: ten thousand keys of 4 to 19 bytes, not dictionary-encoded. */
import { source, t } from '../../compiler/index.ts'
import { type Data, doubles, texts, textsOf, valuesOf } from '../lib/data.ts'
import { erase, type KernelCase, rival } from '../lib/kernel-case.ts'

const KEYS = 10_000
/** Keys at the most, as the yardsticks have it, and bytes of their texts. The index starts small and doubles. */
const KEYS_MAX = 1 << 16
const HEAP_BYTES = 1 << 21

const events = source('events', { key: t.utf8, value: t.float64 })

const stream = events.groupBy('key').agg((e, a) => ({ rows: a.count(), total: a.sum(e.value) }))

function buffers(data: Data) {
  const { bytes, offsets } = textsOf(data, 'key')
  const heap = new Int32Array(HEAP_BYTES / 4)
  return {
    bytes,
    offsets,
    value: valuesOf(data, 'value', 'float64'),
    /** Slots: hash, number of an entry + 1 or 0. */
    index: new Int32Array(4 * KEYS_MAX),
    /** Entries: hash, length, first word in the heap. */
    entries: new Int32Array(3 * KEYS_MAX),
    counts: new Float64Array(KEYS_MAX),
    sums: new Float64Array(KEYS_MAX),
    /** Texts one after the other, each filled up with zeros to whole words. */
    heap,
    heapBytes: new Uint8Array(heap.buffer),
    /** Entries in use, last slot of the index, words of the heap in use. */
    head: Int32Array.of(0, 1023, 0),
    out: new Int32Array(1),
  }
}

type TextBuffers = ReturnType<typeof buffers>

/** The index forgets its entries when all are out; what they hold is read before the next call. */
function results({ entries, counts, sums, heapBytes, out }: TextBuffers) {
  return Array.from({ length: out[0] }, (_, i) => {
    const at = entries[3 * i + 2] * 4
    return [Buffer.from(heapBytes.subarray(at, at + entries[3 * i + 1])).toString(), counts[i], sums[i]]
  })
}

export const groupByText: KernelCase = {
  name: 'group-by-text',
  about: `count and sum by one of ${KEYS.toLocaleString('en')} texts of 4 to 19 bytes`,
  rows: 262_144,
  data: (rows, random) => {
    const names = Array.from({ length: KEYS }, (_, i) => `${i}${'-channel-of-news'.slice(0, random(16))}`)
    const padded = names.map(name => name.padEnd(4, '.'))
    return {
      rows,
      columns: [
        texts('key', rows, () => padded[random(KEYS)]),
        doubles('value', rows, () => random(4000) / 4),
      ],
    }
  },
  stream: erase(stream),
  sql: 'select key, count(*) as rows, sum(value) as total from data group by key',
  rival: rival({
    buffers,
    hand: ({ bytes, offsets, value, index, entries, counts, sums, heap, heapBytes, head, out }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const grow = (): void => {
        head[1] = 2 * head[1] + 1
        index.fill(0, 0, 2 * (head[1] + 1))
        for (let entry = 0; entry < head[0]; entry++) {
          let slot = entries[3 * entry] & head[1]
          while (index[2 * slot + 1] !== 0) slot = (slot + 1) & head[1]
          index[2 * slot] = entries[3 * entry]
          index[2 * slot + 1] = entry + 1
        }
      }
      const add = (hash: number, at: number, length: number): number => {
        if (head[0] * 2 > head[1]) grow()
        const entry = head[0]++
        let slot = hash & head[1]
        while (index[2 * slot + 1] !== 0) slot = (slot + 1) & head[1]
        index[2 * slot] = hash
        index[2 * slot + 1] = entry + 1
        entries[3 * entry] = hash
        entries[3 * entry + 1] = length
        entries[3 * entry + 2] = head[2]
        heapBytes.fill(0, head[2] * 4, head[2] * 4 + ((length + 3) & -4))
        heapBytes.set(bytes.subarray(at, at + length), head[2] * 4)
        head[2] += (length + 3) >> 2
        counts[entry] = 0
        sums[entry] = 0
        return entry
      }
      return {
        run(from, to) {
          for (let i = from; i < to; i++) {
            const at = offsets[i]
            const length = (offsets[i + 1] - at) | 0
            const whole = length >> 2
            const rest = (1 << ((length & 3) << 3)) - 1
            let hash = length
            for (let word = 0; word < whole; word++) {
              hash = Math.imul(hash ^ view.getInt32(at + 4 * word, true), -1640531535)
              hash ^= hash >>> 15
            }
            if (rest !== 0) {
              hash = Math.imul(hash ^ (view.getInt32(at + 4 * whole, true) & rest), -1640531535)
              hash ^= hash >>> 15
            }
            const last = head[1]
            let slot = hash & last
            let entry = -1
            for (;;) {
              const tag = index[2 * slot + 1]
              if (tag === 0) {
                entry = add(hash, at, length)
                break
              }
              if (index[2 * slot] === hash && entries[3 * tag - 2] === length) {
                const text = entries[3 * tag - 1]
                let word = 0
                while (word < whole && heap[text + word] === view.getInt32(at + 4 * word, true)) word++
                if (
                  word === whole &&
                  (rest === 0 || heap[text + whole] === (view.getInt32(at + 4 * whole, true) & rest))
                ) {
                  entry = tag - 1
                  break
                }
              }
              slot = (slot + 1) & last
            }
            counts[entry] += 1
            sums[entry] += value[i]
          }
        },
        end() {
          out[0] = head[0]
          index.fill(0)
          head[0] = 0
          head[2] = 0
        },
      }
    },
    cFile: 'kernels/group-by-text.c',
    results,
  }),
}
