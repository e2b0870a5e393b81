/** Union of the model: rows go on as they come, and the watermark is what those of its inputs come to. */
import { order } from './aggregation.ts'
import type { Operator } from './operator.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

/** One input of a union: it may also fall silent. */
export interface Input extends Operator {
  idle(isIdle: boolean): void
}

export function unionOf(count: number, next: Operator): readonly Input[] {
  const times = new Array<bigint>(count).fill(MIN_TIME)
  const idle = new Array<boolean>(count).fill(false)
  let met = MIN_TIME
  const meet = (): void => {
    const open = times.map((time, i) => ({ time, idle: idle[i] })).filter(({ time }) => time < MAX_TIME)
    const active = open.filter(one => !one.idle).map(({ time }) => time)
    const silent = open.map(({ time }) => time)
    const to = active.length > 0 ? least(active) : silent.length > 0 ? greatest(silent) : MAX_TIME
    if (to <= met) return
    met = to
    next.watermark(met)
  }
  return times.map((_, i) => ({
    // Behind it rows are told apart by what they hold: those of several sources have no common numbers.
    row: item => next.row({ ...item, origin: -1 }),
    watermark(time) {
      if (time > times[i]) times[i] = time
      meet()
    },
    idle(isIdle) {
      idle[i] = isIdle
      if (isIdle) meet()
    },
  }))
}

const least = (times: readonly bigint[]): bigint => times.toSorted(order)[0]
const greatest = (times: readonly bigint[]): bigint => times.toSorted(order)[times.length - 1]
