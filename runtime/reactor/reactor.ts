/**
 * The reactor: one loop that takes its tasks through the same named phases at every turn, each bounded by the
 * budget of the turn, and then gives the event loop its turn. It holds no data and knows no operator.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Signal } from '../streaming/signal.ts'
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
  readonly #changed = new Signal()
  /** Tasks whose next change is waited for. */
  readonly #heard = new WeakSet<Task>()
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
    this.#changed.notify()
  }

  /** Takes every task through one turn. */
  turn(): void {
    this.#turns++
    this.#budget.refill()
    for (const phase of phases) {
      for (const task of this.#tasks) task[phase](this.#budget)
    }
    this.#rotate()
    for (const task of this.#tasks) if (task.isDone) this.#tasks.delete(task)
  }

  /** Who went first goes last in the next turn: a task that always has work would leave the others no budget. */
  #rotate(): void {
    const [first] = this.#tasks
    if (first && this.#tasks.delete(first)) this.#tasks.add(first)
  }

  /** Runs until all tasks are done. Between turns the event loop runs; with nothing to do the reactor sleeps. */
  async run(): Promise<void> {
    while (this.#tasks.size > 0) {
      this.turn()
      if (this.#tasks.size === 0) return
      if ([...this.#tasks].some(task => task.isReady)) await nextTurn()
      else await this.#sleep()
    }
  }

  /** Until a task changes, or another one comes. */
  #sleep(): Promise<void> {
    const changed = this.#changed.wait()
    for (const task of this.#tasks) if (!this.#heard.has(task)) this.#listenTo(task)
    return changed
  }

  /** Once for each change: a task that stays idle must not gather listeners while others come and go. */
  #listenTo(task: Task): void {
    this.#heard.add(task)
    task.wait().then(() => {
      this.#heard.delete(task)
      this.#changed.notify()
    })
  }
}
