/** Time as the engine sees it: a clock is passed in, so that tests can turn its hands. */

export interface Clock {
  /** Milliseconds that only ever grow, since some moment. */
  now(): number
}

export const systemClock: Clock = { now: () => performance.now() }
