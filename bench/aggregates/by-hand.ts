/** What somebody writes who has no engine: a map of groups for each window, which leave when the watermark has passed it. */
import type { Answer, Cell } from '../lib/answer.ts'
import { copyData, type Data, valuesOf } from '../lib/data.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftData, type TimeShift } from '../lib/time-shift.ts'
import { LAG_MS } from '../windows/payments.ts'

/** What is kept of a group, how a row is taken into it, and what it comes to. */
export interface HandAggregate<G> {
  readonly make: () => G
  readonly take: (group: G, amount: number) => void
  readonly result: (group: G) => unknown
}

export const WINDOW_MS = 10_000
const WORD = 2 ** 32

/** 64-bit times and amounts as numbers: of amounts, which are small, the low word. */
interface Words {
  readonly times: Uint32Array
  readonly keys: Int32Array
  readonly amounts: Int32Array
}

function wordsOf(data: Data): Words {
  const [{ buffer: times }, { buffer: amounts }] = [
    valuesOf(data, 'ts', 'timestamp[ms]'),
    valuesOf(data, 'amount', 'int64'),
  ]
  return {
    times: new Uint32Array(times),
    keys: valuesOf(data, 'key', 'int32'),
    amounts: new Int32Array(amounts),
  }
}

class HandWindows<G> {
  readonly #aggregate: HandAggregate<G>
  readonly #windows = new Map<number, Map<number, G>>()
  #watermark = Number.NEGATIVE_INFINITY
  #next = Number.POSITIVE_INFINITY

  constructor(aggregate: HandAggregate<G>) {
    this.#aggregate = aggregate
  }

  run({ times, keys, amounts }: Words, emit: (start: number, key: number, result: unknown) => void): void {
    const { make, take } = this.#aggregate
    for (let i = 0; i < keys.length; i++) {
      const time = times[2 * i] + times[2 * i + 1] * WORD
      const groups = this.#groupsOf(time - (time % WINDOW_MS))
      const key = keys[i]
      let group = groups.get(key)
      if (group === undefined) {
        group = make()
        groups.set(key, group)
      }
      take(group, amounts[2 * i])
      this.#watermark = Math.max(this.#watermark, time - LAG_MS)
      if (this.#watermark >= this.#next) this.close(this.#watermark, emit)
    }
  }

  #groupsOf(start: number): Map<number, G> {
    const known = this.#windows.get(start)
    if (known) return known
    const groups = new Map<number, G>()
    this.#windows.set(start, groups)
    this.#next = Math.min(this.#next, start + WINDOW_MS)
    return groups
  }

  close(watermark: number, emit: (start: number, key: number, result: unknown) => void): void {
    this.#next = Number.POSITIVE_INFINITY
    for (const [start, groups] of this.#windows) {
      if (start + WINDOW_MS > watermark) this.#next = Math.min(this.#next, start + WINDOW_MS)
      else {
        this.#windows.delete(start)
        for (const [key, group] of groups) emit(start, key, this.#aggregate.result(group))
      }
    }
  }
}

export function byHand<G>(shared: Data, time: TimeShift, aggregate: HandAggregate<G>): Subject {
  const data = copyData(shared)
  const words = wordsOf(data)
  const lasting = new HandWindows(aggregate)
  let emitted = 0
  return {
    name: 'hand-js',
    rows: data.rows,
    async answer() {
      const rows: Cell[][] = []
      const emit = (start: number, key: number, result: unknown): void =>
        void rows.push([start, start + WINDOW_MS, key, result as Cell])
      const fresh = new HandWindows(aggregate)
      fresh.run(words, emit)
      fresh.close(Number.POSITIVE_INFINITY, emit)
      return rows satisfies Answer
    },
    pass() {
      emitted = 0
      lasting.run(words, () => {
        emitted++
      })
    },
    rewind: () => shiftData(data, time),
    get emitted() {
      return emitted
    },
  }
}
