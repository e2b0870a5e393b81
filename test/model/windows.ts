/** Which windows a time belongs to, and what a watermark says of their results. */
import { floorDiv } from '../../ir/expr/functions/time.ts'
import { reachOf, type WindowSpec } from '../../ir/logical/window.ts'

/** No time yet: times begin one tick later than the integers do. */
export const MIN_TIME = 1n - (1n << 63n)
export const MAX_TIME = (1n << 63n) - 1n

export interface Span {
  readonly start: bigint
  readonly end: bigint
}

/** The one window of rows that were assigned to none. */
export const ALWAYS: readonly Span[] = [{ start: 0n, end: MAX_TIME }]

/** The windows of a time in order of time. */
export function windowsOf(spec: WindowSpec, time: bigint): readonly Span[] {
  if (spec.kind === 'session') return [{ start: time, end: time + reachOf(spec) }]
  const { sizeTicks: size, offsetTicks: offset } = spec
  const align = (at: bigint, step: bigint): bigint => floorDiv(at - offset, step) * step + offset
  const spans: Span[] = []
  if (spec.kind === 'cumulate') {
    const start = align(time, size)
    for (let end = start + spec.stepTicks; end <= start + size; end += spec.stepTicks)
      if (end > time) spans.push({ start, end })
    return spans
  }
  const slide = spec.kind === 'hop' ? spec.slideTicks : size
  for (let start = align(time, slide); start + size > time; start -= slide)
    spans.unshift({ start, end: start + size })
  return spans
}

/** No result of windows that close behind a watermark is earlier than this. */
export function passed(spec: WindowSpec | undefined, latenessTicks: bigint, time: bigint): bigint {
  if (time === MAX_TIME) return time
  if (!spec) return MIN_TIME
  if (spec.kind === 'session') return time - latenessTicks < MIN_TIME ? MIN_TIME : time - latenessTicks
  const { sizeTicks, offsetTicks } = spec
  const step = spec.kind === 'hop' ? spec.slideTicks : sizeTicks
  const open = time - (sizeTicks - step) - latenessTicks
  const aligned = floorDiv(open - offsetTicks, step) * step + offsetTicks
  return [open, open - offsetTicks, aligned].some(at => at < MIN_TIME || at > MAX_TIME) ? MIN_TIME : aligned
}
