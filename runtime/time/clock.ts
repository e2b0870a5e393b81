/** Time as the engine sees it: a clock is passed in, so that tests can turn its hands. */

export interface Clock {
  /** Milliseconds that only ever grow, since some moment. */
  now(): number
}

export const systemClock: Clock = { now: () => performance.now() }

/** The clock on the wall, which queries read that have to do with processing time. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. One that goes back is taken for one that stands still. */
  now(): number
  /** Calls once, at that time or soon after it. What is returned takes it back. */
  at(time: number, call: () => void): () => void
}

/** The longest that a timer of the host can wait: it is set again where that is too short. */
const HOST_WAIT_MAX_MS = 0x7fff_ffff

/** The clock of the host. Its timers do not keep a process alive that has nothing else to do. */
export const systemWallClock: WallClock = {
  now: () => Date.now(),
  at(time, call) {
    let timer: NodeJS.Timeout | undefined
    const wait = (): void => {
      const left = Math.max(time - Date.now(), 1)
      timer = setTimeout(left > HOST_WAIT_MAX_MS ? wait : call, Math.min(left, HOST_WAIT_MAX_MS))
      timer.unref()
    }
    wait()
    return () => clearTimeout(timer)
  },
}

interface Alarm {
  readonly time: number
  readonly call: () => void
}

/** A clock that stands still until it is told to go on: for tests of queries that read the time. */
export class VirtualClock implements WallClock {
  #now: number
  /** In order of time, of equal ones in the order in which they were set. */
  #alarms: readonly Alarm[] = []

  /** @internal */
  constructor(startMs: number) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  at(time: number, call: () => void): () => void {
    const alarm = { time, call }
    this.#alarms = [...this.#alarms, alarm].toSorted((a, b) => a.time - b.time)
    return () => {
      this.#alarms = this.#alarms.filter(one => one !== alarm)
    }
  }

  /** Goes on by so many milliseconds; on the way everyone is called who asked for it, at the time asked for. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (let next = this.#alarms.at(0); next && next.time <= until; next = this.#alarms.at(0)) {
      this.#alarms = this.#alarms.slice(1)
      this.#now = Math.max(this.#now, next.time)
      next.call()
    }
    this.#now = Math.max(this.#now, until)
  }
}

/** A clock for tests, which stands at that many milliseconds since 1970. */
export const virtualClock = (startMs = 0): VirtualClock => new VirtualClock(startMs)
