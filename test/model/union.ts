/** Union of the model: rows go on as they come, and the watermark is what those of its inputs come to. */
import { order } from './aggregation.ts'
import type { Operator } from './operator.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

/** One of several inputs: it may also fall silent. */
export interface Input extends Operator {
  idle(isIdle: boolean): void
}

/** The watermarks of several inputs. */
export interface Meeting {
  readonly times: readonly bigint[]
  readonly idle: boolean[]
  raise(input: number, time: bigint): void
  /** What they come to. */
  met(): bigint
}

export function meetingOf(count: number): Meeting {
  const times = new Array<bigint>(count).fill(MIN_TIME)
  const idle = new Array<boolean>(count).fill(false)
  return {
    times,
    idle,
    raise(input, time) {
      if (time > times[input]) times[input] = time
    },
    met() {
      const open = times.map((time, i) => ({ time, idle: idle[i] })).filter(({ time }) => time < MAX_TIME)
      const active = open.filter(one => !one.idle).map(({ time }) => time)
      const silent = open.map(({ time }) => time)
      return active.length > 0 ? least(active) : silent.length > 0 ? greatest(silent) : MAX_TIME
    },
  }
}

/** The times of both sides of a join: one that is silent is as far as the other. */
export class SideTimes {
  readonly times: readonly bigint[]
  readonly #meeting = meetingOf(2)
  readonly #own = [MIN_TIME, MIN_TIME]

  constructor() {
    this.times = this.#own
  }

  raise(side: number, time: bigint): void {
    this.#meeting.raise(side, time)
    this.#meet()
  }

  silence(side: number, isIdle: boolean): void {
    this.#meeting.idle[side] = isIdle
    if (isIdle) this.#meet()
  }

  /** What they come to. */
  get met(): bigint {
    return this.#meeting.met()
  }

  #meet(): void {
    const { met } = this
    for (const side of [0, 1]) {
      const time = this.#meeting.times[side]
      const isOut = this.#meeting.idle[side] && time < MAX_TIME
      const to = isOut && met > time ? met : time
      if (to > this.#own[side]) this.#own[side] = to
    }
  }
}

export function unionOf(count: number, next: Operator): readonly Input[] {
  const meeting = meetingOf(count)
  let met = MIN_TIME
  const meet = (): void => {
    const to = meeting.met()
    if (to <= met) return
    met = to
    next.watermark(met)
  }
  return meeting.times.map((_, i) => ({
    // Behind it rows are told apart by what they hold: those of several sources have no common numbers.
    row: item => next.row({ ...item, origin: -1, mark: MIN_TIME }),
    watermark(time) {
      meeting.raise(i, time)
      meet()
    },
    clock: now => next.clock(now),
    tick: () => next.tick(),
    idle(isIdle) {
      meeting.idle[i] = isIdle
      if (isIdle) meet()
    },
  }))
}

const least = (times: readonly bigint[]): bigint => times.toSorted(order)[0]
const greatest = (times: readonly bigint[]): bigint => times.toSorted(order)[times.length - 1]
