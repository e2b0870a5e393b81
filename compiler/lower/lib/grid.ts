/** Points of time that lie so many ticks apart. */
import { add, i64, type KernelBuilder, lt, rem, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'

/** Ticks from the last point of a grid at or before a time to that time. */
export function intoGrid(k: KernelBuilder, stepTicks: bigint, offsetTicks: bigint, ts: Expr): Expr {
  const past = wrapUp(k, rem(ts, i64(stepTicks)), stepTicks)
  const phase = ((offsetTicks % stepTicks) + stepTicks) % stepTicks
  return phase === 0n ? past : wrapUp(k, sub(past, i64(phase)), stepTicks)
}

/** A negative number of ticks, counted from the point before. */
function wrapUp(k: KernelBuilder, ticks: Expr, stepTicks: bigint): Expr {
  const bound = k.let('past', ticks)
  return select(lt(bound, i64(0n)), add(bound, i64(stepTicks)), bound)
}
