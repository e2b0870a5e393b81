/**
 * The reactor: one loop that takes its tasks through the same named phases at every turn, each bounded by the
 * budget of the turn, and then gives the event loop its turn. It holds no data and knows no operator.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Clock, systemClock } from '../time/clock.ts'
import { Budget, type BudgetLimits } from './budget.ts'

/** The phases of a turn, in order. */
export const phases = ['poll', 'push', 'advance', 'fire', 'emit'] as const
export type Phase = (typeof phases)[number]

/** What a query does in each phase. Every method returns soon and never throws: a task keeps its own failure. */
export interface Task extends Readonly<Record<Phase, (budget: Budget) => void>> {
  /** Is there something to do right now? */
  readonly isReady: boolean
  /** Is there nothing more to come, ever? */
  readonly isDone: boolean
  /** Resolves when the task may be ready again. */
  wait(): Promise<void>
}

export interface ReactorOptions {
  readonly clock?: Clock
  readonly budget?: BudgetLimits
}

export class Reactor {
  readonly #tasks = new Set<Task>()
  readonly #budget: Budget
  #turns = 0

  constructor({ clock = systemClock, budget }: ReactorOptions = {}) {
    this.#budget = new Budget(clock, budget)
  }

  /** Turns taken so far. */
  get turns(): number {
    return this.#turns
  }

  add(task: Task): void {
    this.#tasks.add(task)
  }

  /** Takes every task through one turn. */
  turn(): void {
    this.#turns++
    this.#budget.refill()
    for (const phase of phases) {
      for (const task of this.#tasks) task[phase](this.#budget)
    }
    for (const task of this.#tasks) if (task.isDone) this.#tasks.delete(task)
  }

  /** Runs until all tasks are done. Between turns the event loop runs; with nothing to do the reactor sleeps. */
  async run(): Promise<void> {
    while (this.#tasks.size > 0) {
      this.turn()
      if (this.#tasks.size === 0) return
      if ([...this.#tasks].some(task => task.isReady)) await nextTurn()
      else await Promise.race([...this.#tasks].map(task => task.wait()))
    }
  }
}
