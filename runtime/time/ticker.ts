/** Calls again and again, at the multiples of a period, as long as it is wanted. */
import type { WallClock } from './clock.ts'

export class Ticker {
  readonly #clock: WallClock
  readonly #everyMs: number
  readonly #tick: () => void
  #cancel: (() => void) | undefined

  constructor(clock: WallClock, everyMs: number, tick: () => void) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#tick = tick
    this.#setNext()
  }

  #setNext(): void {
    const next = (Math.floor(this.#clock.now() / this.#everyMs) + 1) * this.#everyMs
    this.#cancel = this.#clock.at(next, () => {
      this.#setNext()
      this.#tick()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
