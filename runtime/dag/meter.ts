/** Takes the time of kernels, where somebody asks for it: two looks at the clock for each call. */
import type { KernelFunction, Status } from '../../ir/abi.ts'
import { type Clock, systemClock } from '../time/clock.ts'

export interface Meter {
  /** Calls a kernel, of that pipeline and name, and returns what it returns. */
  call(kernel: KernelFunction, pipeline: number, name: string): Status
}

/** All kernels together. */
export class KernelMeter implements Meter {
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

export interface KernelTime {
  readonly calls: number
  readonly ms: number
}

/** Each kernel of each pipeline by itself. */
export class KernelProfile implements Meter {
  readonly #clock: Clock
  readonly #times: Map<string, { calls: number; ms: number }>[] = []

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  call(kernel: KernelFunction, pipeline: number, name: string): Status {
    const time = this.#timeOf(pipeline, name)
    const begin = this.#clock.now()
    const status = kernel()
    time.ms += this.#clock.now() - begin
    time.calls++
    return status
  }

  #timeOf(pipeline: number, name: string): { calls: number; ms: number } {
    this.#times[pipeline] ??= new Map()
    const times = this.#times[pipeline]
    const time = times.get(name) ?? { calls: 0, ms: 0 }
    times.set(name, time)
    return time
  }

  /** Milliseconds spent in kernels so far. */
  get ms(): number {
    return this.#times.flatMap(times => [...times.values()]).reduce((sum, { ms }) => sum + ms, 0)
  }

  /** The kernels of a pipeline that were called, as they are now. */
  of(pipeline: number): ReadonlyMap<string, KernelTime> {
    return new Map([...(this.#times[pipeline] ?? [])].map(([name, time]) => [name, { ...time }]))
  }
}
