/**
 * window: the bounds of the window that the last row fell into are cached in memory, and their hash with them, so that
 * most rows cost two comparisons and no division. The cache is no state: it can be forgotten at any time.
 */

import type { KernelBuilder } from '../../../ir/kernel/build.ts'
import { add, and, bool, i64, load, lt, not, op, or, rem, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import {
  type TumblingWindow,
  WINDOW_END,
  WINDOW_START,
  type Window,
  windowRule,
} from '../../../ir/logical/window.ts'
import { findColumn } from '../../../ir/schema.ts'
import { MIN_TIME } from '../event-time.ts'
import { hashOfWindow } from '../lib/open-windows.ts'
import type { Stage } from '../stage.ts'
import { FALSE, scalar, scalarOf } from '../value.ts'

/** `number` tells the caches of a pipeline apart. */
export function lowerWindow(node: Window, number: number): Stage {
  const cache = rowLayout(`window_${number}`, 'scratch', { start: 'i64', end: 'i64', hash: 'i32' })
  const type = findColumn(node.relation.schema, WINDOW_START)?.type
  if (!type) throw new Error('a window without its columns')
  return {
    mems: [cache],
    push(cx, row, next) {
      const { k } = cx
      k.note(windowRule.print(node))
      const time = scalarOf(row.columns.get(node.spec.column) ?? missing(node.spec.column))
      const ts = k.let('ts', time.value)
      const inside = and(not(lt(ts, load(cache, 'start'))), lt(ts, load(cache, 'end')))
      const fault = k.let('time_fault', bool(false))
      k.if(not(inside), () => k.set(fault, assign(k, cache, node, ts)))
      cx.reject([{ code: 'LDB-2005', when: fault }], row.mask, windowRule.print(node))
      const start = scalar(type, load(cache, 'start'), FALSE)
      const end = scalar(type, load(cache, 'end'), FALSE)
      const columns = new Map(row.columns).set(WINDOW_START, start).set(WINDOW_END, end)
      next({ ...row, columns, windowHash: load(cache, 'hash') })
    },
  }
}

const missing = (column: string): never => {
  throw new Error(`window column ${column} is not part of the row`)
}

/**
 * Computes the window of a time and caches it; yields whether its bounds leave the range of times. No step leaves it
 * before they do, however large the size and the offset are.
 */
function assign(k: KernelBuilder, cache: Mem, { spec }: Window, ts: Expr): Expr {
  const into = k.let('into', intoWindow(k, spec, ts))
  const start = k.let('start', sub(ts, into))
  const end = k.let('end', add(start, i64(spec.sizeTicks)))
  const fault = k.let(
    'leaves_range',
    or(or(op('subo.i64', ts, into), lt(start, i64(MIN_TIME))), op('addo.i64', start, i64(spec.sizeTicks))),
  )
  k.if(not(fault), () => {
    k.put(cache, 'start', start)
    k.put(cache, 'end', end)
    k.put(cache, 'hash', hashOfWindow(k, start))
  })
  return fault
}

/** Ticks from the start of the window of a time to that time. */
function intoWindow(k: KernelBuilder, { sizeTicks, offsetTicks }: TumblingWindow, ts: Expr): Expr {
  const past = wrapUp(k, rem(ts, i64(sizeTicks)), sizeTicks)
  const phase = ((offsetTicks % sizeTicks) + sizeTicks) % sizeTicks
  return phase === 0n ? past : wrapUp(k, sub(past, i64(phase)), sizeTicks)
}

/** A negative number of ticks, counted from the window before. */
function wrapUp(k: KernelBuilder, ticks: Expr, sizeTicks: bigint): Expr {
  const bound = k.let('past', ticks)
  return select(lt(bound, i64(0n)), add(bound, i64(sizeTicks)), bound)
}
