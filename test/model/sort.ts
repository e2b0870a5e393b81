/** Sorted rows of the model: all that wait are sorted anew whenever some leave. */
import type { Value } from '../../ir/expr/expr.ts'
import { compareValues } from '../../ir/expr/order.ts'
import { type Sort, type SortKey, sortedWindow } from '../../ir/logical/sort.ts'
import type { Schema } from '../../ir/schema.ts'
import type { Item, ModelRow, Operator, Surroundings } from './operator.ts'
import { MAX_TIME, MIN_TIME, passed } from './windows.ts'

export class Sorted implements Operator {
  readonly #node: Sort
  readonly #next: Operator
  readonly #run: Surroundings
  /** In order of arrival. */
  #waiting: readonly ModelRow[] = []
  #time = MIN_TIME

  constructor(node: Sort, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
  }

  row({ row, origin }: Item): void {
    if (this.#timeOf(row) < this.#time) this.#run.late.push(origin)
    else this.#waiting = [...this.#waiting, row]
  }

  #timeOf(row: ModelRow): bigint {
    const window = sortedWindow(this.#node)
    return window ? (row[window.end] as bigint) - 1n : (row[this.#node.column ?? ''] as bigint)
  }

  watermark(time: bigint): void {
    this.#time = time
    const isDue = (row: ModelRow): boolean => this.#timeOf(row) < time || time === MAX_TIME
    const due = this.#waiting.filter(isDue).toSorted((a, b) => this.#compare(a, b))
    this.#waiting = this.#waiting.filter(row => !isDue(row))
    const { limit = due.length } = this.#node
    due.forEach((row, i) => {
      const before = due.slice(0, i).filter(other => this.#timeOf(other) === this.#timeOf(row))
      if (before.length < limit) this.#next.row({ row, origin: -1 })
    })
    this.#next.watermark(this.#passed(time))
  }

  /** No row is still to come that is before this. */
  #passed(time: bigint): bigint {
    const window = sortedWindow(this.#node)
    return window ? passed(window.spec, 0n, time) : time
  }

  #compare(a: ModelRow, b: ModelRow): number {
    const { schema } = this.#node.relation
    const [x, y] = [this.#timeOf(a), this.#timeOf(b)]
    if (x !== y) return x < y ? -1 : 1
    return this.#node.keys.map(key => compareBy(schema, key, a, b)).find(order => order !== 0) ?? 0
  }

  clock(now: bigint): void {
    this.#next.clock(now)
  }

  tick(): void {
    this.#next.tick()
  }
}

function compareBy(
  schema: Schema,
  { column, descending, nullsFirst }: SortKey,
  a: ModelRow,
  b: ModelRow,
): number {
  const [x, y] = [a[column], b[column]]
  if (x === null || y === null) return nullsBy(x, y) * (nullsFirst ? -1 : 1)
  const type = schema.find(({ name }) => name === column)?.type ?? 'bool'
  return compareValues(type, x, y) * (descending ? -1 : 1)
}

const nullsBy = (x: Value, y: Value): number => Number(x === null) - Number(y === null)
