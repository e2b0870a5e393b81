/** Points of time that lie so many ticks apart. */
import { add, i64, type KernelBuilder, lt, op, rem, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { NEVER } from './group-windows.ts'

/** Ticks from the last point of a grid at or before a time to that time. */
export function intoGrid(k: KernelBuilder, stepTicks: bigint, offsetTicks: bigint, ts: Expr): Expr {
  const past = wrapUp(k, rem(ts, i64(stepTicks)), stepTicks)
  const phase = ((offsetTicks % stepTicks) + stepTicks) % stepTicks
  return phase === 0n ? past : wrapUp(k, sub(past, i64(phase)), stepTicks)
}

/** Where the cell of a grid begins and ends that a time is in; where time itself does, if that is nearer. */
export function cellOf(
  k: KernelBuilder,
  stepTicks: bigint,
  ts: Expr,
): { readonly start: Expr; readonly end: Expr } {
  const into = k.let('into', intoGrid(k, stepTicks, 0n, ts))
  const left = k.let('left', sub(i64(stepTicks), into))
  return {
    start: select(op('subo.i64', ts, into), i64(-NEVER), sub(ts, into)),
    end: select(op('addo.i64', ts, left), i64(NEVER), add(ts, left)),
  }
}

/** A negative number of ticks, counted from the point before. */
function wrapUp(k: KernelBuilder, ticks: Expr, stepTicks: bigint): Expr {
  const bound = k.let('past', ticks)
  return select(lt(bound, i64(0n)), add(bound, i64(stepTicks)), bound)
}
