/** Chance that depends on a seed and the number of an event alone: mulberry32, started anew for each event. */

export class Chance {
  readonly #seed: number
  #state = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  /** What follows is drawn for that event. */
  start(event: number): void {
    this.#state = Math.imul(event ^ this.#seed, 0x9e3779b1) ^ Math.imul(this.#seed, 0x85ebca6b)
  }

  /** From 0 up to, but not including, 1. */
  share(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    const state = this.#state
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 up to, but not including, `below`. */
  below(below: number): number {
    return Math.floor(this.share() * below)
  }
}
