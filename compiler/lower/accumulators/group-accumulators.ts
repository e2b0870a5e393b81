/** All accumulators of a group as one: what is done with its entry, and with that of another group that it takes in. */
import { add, all, i32, type KernelBuilder } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { Leave } from '../lib/control.ts'
import { type Fault, local } from '../value.ts'
import { type Accumulator, type OwnState, when } from './accumulator.ts'
import type { Accumulation } from './index.ts'

export class GroupAccumulators {
  readonly #accumulators: readonly Accumulator[]

  constructor({ accumulators }: Accumulation) {
    this.#accumulators = accumulators.map(({ accumulator }) => accumulator)
  }

  /** State of their own. */
  get states(): readonly OwnState[] {
    return this.#accumulators.flatMap(({ state }) => state ?? [])
  }

  init(k: KernelBuilder, group: Expr): void {
    for (const one of this.#accumulators) one.init(k, group)
  }

  /** Gives back what they hold for a group beside its fields. */
  forget(k: KernelBuilder, group: Expr): void {
    for (const one of this.#accumulators) one.forget?.(k, group)
  }

  /** What combining two groups costs in rows, beside that of values that are looked at one by one. */
  get combineRows(): number {
    return Math.max(1, ...this.#accumulators.map(({ combineRows = 0 }) => combineRows))
  }

  /** So many rows, and those whose values are looked at one by one. */
  rows(group: Expr, fixed = 1): Expr {
    const rows = this.#accumulators.flatMap(one => one.rows?.(group) ?? [])
    return rows.reduce((sum, more) => add(sum, more), i32(fixed))
  }

  /** Do all take in another entry in one step, for which they need no room? */
  get combinesAtOnce(): boolean {
    return this.#accumulators.every(one => !one.step && !one.reserveCombine)
  }

  reserveCombine(k: KernelBuilder, leave: Leave, into: Expr, from: Expr): void {
    for (const one of this.#accumulators) one.reserveCombine?.(k, leave, into, from)
  }

  /** What a row must be refused for that would combine two groups. */
  combineFaults(k: KernelBuilder, into: Expr, from: Expr): readonly Fault[] {
    return this.#accumulators.flatMap(one => one.combineFaults?.(k, into, from) ?? [])
  }

  /**
   * Takes what one group holds, or a part of it, into another of earlier rows. All that take many steps take one; when none
   * has any left, the others follow.
   */
  combine(k: KernelBuilder, into: Expr, from: Expr): Expr {
    const steps = this.#accumulators.flatMap(one =>
      one.step ? [local(k, 'is_taken', one.step(k, into, from))] : [],
    )
    const isDone = local(k, 'is_combined', all(steps))
    when(k, isDone, () => {
      for (const one of this.#accumulators) one.combine(k, into, from)
    })
    return isDone
  }
}
