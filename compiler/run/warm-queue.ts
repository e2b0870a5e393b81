/**
 * Queries that were opened and stand idle, each waiting to be warmed: one piece of work at a time for all of them,
 * with the event loop running in between. It keeps no process alive.
 */
import type { WarmUp } from './warm-up.ts'

/** Queries that wait at most; a program that opens more at once warms the others by its own rows. */
const WAITING_MAX = 64
const PAUSE_MS = 1

export class WarmQueue {
  readonly #waiting = new Set<WarmUp>()
  #isScheduled = false

  add(warmUp: WarmUp): void {
    if (this.#waiting.size < WAITING_MAX) this.#waiting.add(warmUp)
    this.#schedule()
  }

  delete(warmUp: WarmUp): void {
    this.#waiting.delete(warmUp)
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return
    this.#isScheduled = true
    setTimeout(() => this.#turn(), PAUSE_MS).unref()
  }

  #turn(): void {
    this.#isScheduled = false
    const [first] = this.#waiting
    if (first && !first.step()) this.#waiting.delete(first)
    this.#schedule()
  }
}

/** The queries of this process. */
export const warmQueue = new WarmQueue()
