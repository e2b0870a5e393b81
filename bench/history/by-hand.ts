/** What somebody writes who has no engine: a heap of rows that wait for the watermark, and a map of what is known of each key. */
import type { Answer, Cell } from '../lib/answer.ts'
import { copyData, type Data, valuesOf } from '../lib/data.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftData, type TimeShift } from '../lib/time-shift.ts'
import { LAG_MS } from '../windows/payments.ts'

const WORD = 2 ** 32

export interface HandRow {
  readonly time: number
  readonly key: number
  readonly amount: number
}

/** Takes rows in some order, gives each with what it learns; undefined where it learns nothing. */
export type Learner = () => (rows: readonly HandRow[], emit: Emit) => void
export type Emit = (row: HandRow, learned: Cell | undefined) => void

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.row.time < b.row.time || (a.row.time === b.row.time && a.number < b.number)

interface Waiting {
  readonly row: HandRow
  readonly number: number
}

/** Rows in the order of time, those of one time in that of arrival. */
class Heap {
  readonly #items: Waiting[] = []
  #arrived = 0

  get first(): HandRow | undefined {
    return this.#items.at(0)?.row
  }

  push(row: HandRow): void {
    const items = this.#items
    const item = { row, number: this.#arrived++ }
    let at = items.length
    items.push(item)
    for (let up = (at - 1) >> 1; at > 0 && isBefore(item, items[up]); up = (at - 1) >> 1) {
      items[at] = items[up]
      at = up
    }
    items[at] = item
  }

  pop(): void {
    const items = this.#items
    const item = items.pop()
    if (!item || items.length === 0) return
    let at = 0
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && isBefore(items[child + 1], items[child])) child++
      if (!isBefore(items[child], item)) break
      items[at] = items[child]
      at = child
    }
    items[at] = item
  }
}

/** Rows as they come, or in order of time once the watermark has passed them, on their way to what learns. */
class HandHistory {
  readonly #learn: ReturnType<Learner>
  readonly #heap: Heap | undefined
  #watermark = Number.NEGATIVE_INFINITY

  constructor(learner: Learner, isSorted: boolean) {
    this.#learn = learner()
    this.#heap = isSorted ? new Heap() : undefined
  }

  take(row: HandRow, emit: Emit): void {
    if (!this.#heap) {
      this.#learn([row], emit)
      return
    }
    this.#heap.push(row)
    if (row.time - LAG_MS <= this.#watermark) return
    this.#watermark = row.time - LAG_MS
    this.release(this.#watermark, emit)
  }

  /** Rows of one time are told of together. */
  release(watermark: number, emit: Emit): void {
    const heap = this.#heap
    for (let first = heap?.first; heap && first && first.time < watermark; first = heap.first) {
      const { time } = first
      const rows: HandRow[] = []
      for (let row: HandRow | undefined = first; row && row.time === time; row = heap.first) {
        rows.push(row)
        heap.pop()
      }
      this.#learn(rows, emit)
    }
  }
}

export function byHand(shared: Data, time: TimeShift, learner: Learner, isSorted: boolean): Subject {
  const data = copyData(shared)
  const times = new Uint32Array(valuesOf(data, 'ts', 'timestamp[ms]').buffer)
  const keys = valuesOf(data, 'key', 'int32')
  const amounts = new Int32Array(valuesOf(data, 'amount', 'int64').buffer)
  const run = (history: HandHistory, emit: Emit): void => {
    for (let i = 0; i < keys.length; i++) {
      const row = { time: times[2 * i] + times[2 * i + 1] * WORD, key: keys[i], amount: amounts[2 * i] }
      history.take(row, emit)
    }
  }
  const lasting = new HandHistory(learner, isSorted)
  let emitted = 0
  return {
    name: 'hand-js',
    rows: data.rows,
    async answer() {
      const rows: Cell[][] = []
      const emit: Emit = ({ time: at, key, amount }, learned) =>
        void rows.push([at, key, amount, ...(learned === undefined ? [] : [learned])])
      const fresh = new HandHistory(learner, isSorted)
      run(fresh, emit)
      fresh.release(Number.POSITIVE_INFINITY, emit)
      return rows satisfies Answer
    },
    pass() {
      emitted = 0
      run(lasting, () => {
        emitted++
      })
    },
    rewind: () => shiftData(data, time),
    get emitted() {
      return emitted
    },
  }
}
