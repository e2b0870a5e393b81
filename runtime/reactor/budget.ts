/** How much one turn of the reactor may do: so many steps, and no new one after so much time. */
import type { Clock } from '../time/clock.ts'

export interface BudgetLimits {
  /** A step loads one chunk of rows or calls one kernel once. */
  readonly stepsMax: number
  readonly turnMs: number
}

/** A turn stays below what a person or another socket of the program would notice. */
export const defaultBudget: BudgetLimits = { stepsMax: 64, turnMs: 4 }

export class Budget {
  readonly #clock: Clock
  readonly #limits: BudgetLimits
  #steps = 0
  #until = 0

  constructor(clock: Clock, limits: BudgetLimits = defaultBudget) {
    this.#clock = clock
    this.#limits = limits
  }

  /** Begins a turn. */
  refill(): void {
    this.#steps = 0
    this.#until = this.#clock.now() + this.#limits.turnMs
  }

  /** Counts one step; false when the turn is over. */
  spend(): boolean {
    if (this.#steps >= this.#limits.stepsMax || this.#clock.now() >= this.#until) return false
    this.#steps++
    return true
  }
}
