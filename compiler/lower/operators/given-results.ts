/**
 * What each group came to when it last gave a result: its accumulators as they were then, kept beside those that go on. So
 * what is taken back is, bit for bit, what was handed out.
 */
import type { Aggregate as Call } from '../../../ir/expr/aggregates.ts'
import { i32, type KernelBuilder, load, ne } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { GroupStore } from '../accumulators/accumulator.ts'
import { type Accumulation, accumulate, fieldsOf } from '../accumulators/index.ts'
import type { Closed } from '../lib/group-windows.ts'

export class GivenResults {
  /** Reads what was handed out. */
  readonly accumulation: Accumulation
  readonly #store: GroupStore
  readonly #keepsBounds: boolean

  /** `keepsBounds`: where those of a group may change. */
  constructor(store: GroupStore, calls: readonly Call[], keepsBounds: boolean) {
    this.accumulation = accumulate(store, calls, 'given_')
    this.#store = store
    this.#keepsBounds = keepsBounds
  }

  get fields(): FieldSpecs {
    const bounds = this.#keepsBounds ? ({ given_start: 'i64', given_end: 'i64' } as const) : {}
    return { emitted: 'u8', ...bounds, ...fieldsOf(this.accumulation) }
  }

  /** The bounds that were handed out, where they may be others than those of now. */
  bounds(now: Closed, group: Expr): Closed {
    if (!this.#keepsBounds) return now
    return { start: this.#store.load('given_start', group), end: this.#store.load('given_end', group) }
  }

  /** A group is new: it has given nothing. */
  init(k: KernelBuilder, group: Expr): void {
    k.store(this.#store.entries, 'emitted', group, i32(0))
    for (const { accumulator } of this.accumulation.accumulators) accumulator.init(k, group)
  }

  has(group: Expr): Expr {
    return ne(load(this.#store.entries, 'emitted', group), i32(0))
  }

  /** Keeps what a group comes to now, by accumulators of the same calls. */
  keep(k: KernelBuilder, group: Expr, current: Accumulation, bounds: Closed | undefined): void {
    const { entries } = this.#store
    const [to, from] = [this.accumulation, current].map(one => Object.keys(fieldsOf(one)))
    k.store(entries, 'emitted', group, i32(1))
    if (this.#keepsBounds && bounds) {
      k.store(entries, 'given_start', group, bounds.start)
      k.store(entries, 'given_end', group, bounds.end)
    }
    to.forEach((field, i) => {
      k.store(entries, field, group, load(entries, from[i], group))
    })
  }
}
