/** A circuit breaker: what has failed some times in a row is left alone for a while, then tried one call at a time. */

/** Failures in a row that open it, successes in a row that close it again, and how long it is open before it is tried. */
export const BREAKER = { failures: 5, successes: 3, openMs: 30_000 } as const

/** `closed`: all is well. `open`: nothing is asked. `half open`: one question at a time, until some have succeeded. */
export type BreakerState = 'closed' | 'open' | 'half open'

export class Breaker {
  #failures = 0
  #successes = 0
  #openedMs: number | undefined

  /** `nowMs` may only grow. */
  stateAt(nowMs: number): BreakerState {
    if (this.#openedMs === undefined) return 'closed'
    return nowMs - this.#openedMs < BREAKER.openMs ? 'open' : 'half open'
  }

  succeeded(): void {
    this.#failures = 0
    if (this.#openedMs === undefined) return
    this.#successes++
    if (this.#successes >= BREAKER.successes) this.#openedMs = undefined
  }

  failed(nowMs: number): void {
    this.#failures++
    this.#successes = 0
    if (this.#failures >= BREAKER.failures || this.#openedMs !== undefined) this.#openedMs = nowMs
  }
}
