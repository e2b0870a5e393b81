/** Duplicates of the model: of each key the times of all rows that were let through. */
import { RowFault } from '../../ir/expr/expr.ts'
import { groupKey } from '../../ir/expr/order.ts'
import type { Deduplicate } from '../../ir/logical/deduplicate.ts'
import type { Item, Operator, Surroundings } from './operator.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

export class Duplicates implements Operator {
  readonly #node: Deduplicate
  readonly #next: Operator
  readonly #run: Surroundings
  readonly #kept = new Map<string, bigint[]>()
  #time = MIN_TIME

  constructor(node: Deduplicate, next: Operator, run: Surroundings) {
    this.#node = node
    this.#next = next
    this.#run = run
  }

  row(item: Item): void {
    const { column, withinTicks } = this.#node
    const time = item.row[column] as bigint
    this.#run.guard(item, () => {
      if (time < MIN_TIME + 2n * withinTicks || time > MAX_TIME - 4n * withinTicks)
        throw new RowFault('LDB-2005')
      if (time + withinTicks <= this.#time) {
        this.#run.late.push(item.origin)
        return
      }
      if (this.#isNew(item, time)) this.#next.row(item)
    })
  }

  #isNew({ row }: Item, time: bigint): boolean {
    const { keys, withinTicks } = this.#node
    const key = keys.map(name => groupKey(row[name])).join('|')
    const kept = this.#kept.get(key) ?? []
    const isClose = (other: bigint): boolean => {
      const distance = time - other
      return distance < withinTicks && -distance < withinTicks
    }
    if (kept.some(isClose)) return false
    this.#kept.set(key, [...kept, time])
    return true
  }

  watermark(time: bigint): void {
    this.#time = time
    this.#next.watermark(time)
  }
}
