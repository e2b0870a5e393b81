/**
 * Whether a plan stays in JavaScript or goes on natively, by what each was measured to take. It is told of totals
 * and gives advice; it holds no clock and starts nothing.
 */
import type { Tier } from '../ir/abi.ts'

/** Kernel time after which a plan is worth to be compiled: several times what compiling takes. */
const EARNED_MS = 50
/** Kernel time that makes one figure. */
const WINDOW_MS = 10
/** Figures of native code that decide. */
const TRIAL_WINDOWS = 3
/** A window of JavaScript that is no more than this faster than the ones before: V8 has done what it will do. */
const SETTLED = 0.9
/** JavaScript that never settles has had its time. */
const SETTLED_MS = 1000
/** Native code must take at most this part of the time of JavaScript. */
const WORTH = 0.95

export type Verdict = 'js' | 'native'

export class TierPolicy {
  readonly #best = { js: Number.POSITIVE_INFINITY, native: Number.POSITIVE_INFINITY }
  #tier: Tier = 'js'
  #settled = false
  #nativeWindows = 0
  /** Where the window began. */
  #rows = 0
  #ms = 0

  /** Rows and milliseconds of kernels since the query began, the last of them on that tier. */
  observe(tier: Tier, rows: number, ms: number): void {
    if (tier !== this.#tier) this.#begin(tier, rows, ms)
    const [took, taken] = [ms - this.#ms, rows - this.#rows]
    if (took < WINDOW_MS || taken === 0) return
    if (tier === 'native') this.#noteNative(took / taken)
    else this.#noteJs(took / taken, ms)
    this.#begin(tier, rows, ms)
  }

  #begin(tier: Tier, rows: number, ms: number): void {
    this.#tier = tier
    this.#rows = rows
    this.#ms = ms
  }

  #noteJs(msPerRow: number, ms: number): void {
    this.#settled ||= msPerRow > this.#best.js * SETTLED || ms >= SETTLED_MS
    this.#best.js = Math.min(this.#best.js, msPerRow)
  }

  #noteNative(msPerRow: number): void {
    this.#nativeWindows++
    this.#best.native = Math.min(this.#best.native, msPerRow)
  }

  /** Is the plan worth to be compiled natively? */
  get hasEarned(): boolean {
    return this.#ms >= EARNED_MS
  }

  /** Has JavaScript shown what it can do, so that native code may be tried? */
  get mayTry(): boolean {
    return this.#settled
  }

  /** The tier that won, once both have been measured. */
  get verdict(): Verdict | undefined {
    if (this.#nativeWindows < TRIAL_WINDOWS) return undefined
    return this.#best.native <= this.#best.js * WORTH ? 'native' : 'js'
  }
}
