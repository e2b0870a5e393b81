/** Takes the time of kernels, where somebody asks for it: two looks at the clock for each call. */
import type { KernelFunction, Status } from '../../ir/abi.ts'
import { type Clock, systemClock } from '../time/clock.ts'

export class KernelMeter {
  readonly #clock: Clock
  #ms = 0

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  /** Milliseconds spent in kernels so far. */
  get ms(): number {
    return this.#ms
  }

  call(kernel: KernelFunction): Status {
    const begin = this.#clock.now()
    const status = kernel()
    this.#ms += this.#clock.now() - begin
    return status
  }
}
