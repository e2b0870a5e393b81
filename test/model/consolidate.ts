/** Consolidated changes of the model: the rows of a step with their weights. */
import type { Value } from '../../ir/expr/expr.ts'
import { floorDiv } from '../../ir/expr/functions/time.ts'
import { groupKey } from '../../ir/expr/order.ts'
import { type Consolidate, stepsOf } from '../../ir/logical/consolidate.ts'
import { CHANGE, changes } from '../../ir/logical/emit.ts'
import type { Item, ModelRow, Operator } from './operator.ts'
import { MAX_TIME, MIN_TIME, passed } from './windows.ts'

interface Weighed {
  readonly row: ModelRow
  readonly weight: number
}

export class Consolidated implements Operator {
  readonly #node: Consolidate
  readonly #next: Operator
  /** In order of arrival; what comes to nothing is gone. */
  readonly #rows = new Map<string, Weighed>()
  #time = MIN_TIME
  /** What the clock shows, and what it showed when the first of the rows came. */
  #now = 0n
  #since = 0n

  constructor(node: Consolidate, next: Operator) {
    this.#node = node
    this.#next = next
  }

  row({ row }: Item): void {
    const { [CHANGE]: code, ...columns } = row
    const key = Object.values(columns).map(groupKey).join('|')
    const sign = code === changes.delete || code === changes.updateBefore ? -1 : 1
    const weight = (this.#rows.get(key)?.weight ?? 0) + sign
    if (this.#rows.size === 0) this.#since = this.#now
    if (weight === 0) this.#rows.delete(key)
    else this.#rows.set(key, { row, weight })
  }

  get #isByClock(): boolean {
    return this.#node.every?.clock === 'processing'
  }

  watermark(time: bigint): void {
    const isEnd = time === MAX_TIME || (!this.#isByClock && this.#stepOf(time) !== this.#stepOf(this.#time))
    if (isEnd) this.#give()
    this.#time = time
    this.#next.watermark(passed(this.#grid, 0n, time))
  }

  #stepOf(time: bigint): bigint {
    const steps = stepsOf(this.#node)
    return steps ? floorDiv(time, steps.every) : 0n
  }

  /** Times as those of windows as long as a step. */
  get #grid(): Parameters<typeof passed>[0] {
    const steps = stepsOf(this.#node)
    return steps?.clock === 'event'
      ? { kind: 'tumble', column: '', sizeTicks: steps.every, offsetTicks: 0n }
      : undefined
  }

  #give(): void {
    const rows = [...this.#rows.values()]
    this.#rows.clear()
    for (const { row, weight } of rows) {
      const columns = Object.entries(row).map(([name, value]) => [name, normal(value)])
      const code = weight < 0 ? changes.delete : changes.insert
      for (let i = 0; i < Math.abs(weight); i++)
        this.#next.row({ row: { ...Object.fromEntries(columns), [CHANGE]: code }, origin: -1 })
    }
  }

  clock(now: bigint): void {
    this.#now = now
    this.#next.clock(now)
  }

  tick(): void {
    if (this.#isByClock && this.#stepOf(this.#now) !== this.#stepOf(this.#since)) this.#give()
    this.#next.tick()
  }
}

/** Rows come out with one zero. */
const normal = (value: Value): Value => (value === 0 ? 0 : value)
