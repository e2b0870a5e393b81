/**
 * source: the event time of the stream. The watermark moves row by row: a row is late or not by what came before
 * it, and what it makes due fires before the next row.
 */

import { controlBlock } from '../../ir/abi.ts'
import {
  add,
  and,
  bool,
  eq,
  gt,
  i64,
  type KernelBuilder,
  load,
  lt,
  not,
  op,
  rem,
  select,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../ir/kernel/node.ts'
import { rowLayout } from '../../ir/layout.ts'
import type { WatermarkSpec } from '../../ir/logical/source.ts'
import type { WindowSpec } from '../../ir/logical/window.ts'
import type { RowColumns } from './expr/index.ts'
import type { TimeField } from './lib/group-windows.ts'
import { andNot, FALSE, isNever, orAll, scalarOf, type Value } from './value.ts'

/**
 * No time yet. Not the least i64: what V8 compiles for a comparison stays slow for good once it has seen that one.
 */
export const MIN_TIME = 1n - (1n << 63n)
export const MAX_TIME = (1n << 63n) - 1n

/**
 * The largest event time seen, the watermark, the one that is to come behind the batch, and the watermark of what is
 * emitted: all MIN_TIME before the first row.
 */
const timeFields = { max_ts: 'i64', wm: 'i64', next_wm: 'i64', out_wm: 'i64' } as const
export const timeRegion: Mem = rowLayout('time', 'state', timeFields)
export const watermark: TimeField = { mem: timeRegion, field: 'wm' }

export function initTime(k: KernelBuilder): void {
  for (const field of Object.keys(timeFields)) k.put(timeRegion, field, i64(MIN_TIME))
}

/** A row without event time takes no part: it is counted and dropped. */
export function dropNullTime(k: KernelBuilder, spec: WatermarkSpec, columns: RowColumns, row: string): void {
  const isNull = columns.get(spec.column)?.isNull ?? bool(false)
  if (isNever(isNull)) return
  k.if(isNull, () => {
    count(k, 'null_time_dropped')
    k.break(row)
  })
}

export function count(k: KernelBuilder, counter: string): void {
  k.put(controlBlock, counter, add(load(controlBlock, counter), i64(1n)))
}

/**
 * Moves the watermark behind the event time of a row that was taken. Never to the last tick of all, but to the one
 * before: the last one is the end of the input, and no row ends it. Where it moves by batches, it is left to the runtime
 * to take over `next_wm` behind the last row.
 */
export function advanceWatermark(
  k: KernelBuilder,
  spec: WatermarkSpec,
  columns: RowColumns,
  onMove: () => void,
): void {
  const column = columnOf(columns, spec.column)
  const ts = k.let('event_time', scalarOf(column).value)
  const isLater = gt(ts, load(timeRegion, 'max_ts'))
  const marker = spec.marker === undefined ? undefined : scalarOf(columnOf(columns, spec.marker))
  k.if(andNot(isLater, column.isNull), () => {
    k.put(timeRegion, 'max_ts', ts)
    if (!marker) moveTo(k, spec, ts, onMove)
  })
  if (marker)
    k.if(andNot(andNot(marker.value, marker.isNull), column.isNull), () => moveTo(k, spec, ts, onMove))
}

function columnOf(columns: RowColumns, name: string): Value {
  const column = columns.get(name)
  if (!column) throw new Error(`the column ${name} is not read`)
  return column
}

function moveTo(k: KernelBuilder, { delayTicks, moves }: WatermarkSpec, ts: Expr, onMove: () => void): void {
  const field = moves === 'batch' ? 'next_wm' : 'wm'
  const moved = k.let('moved', sub(ts, i64(delayTicks)))
  const isBehind = gt(moved, load(timeRegion, field))
  // A watermark that would come before all times has not moved yet.
  const wraps = op('subo.i64', ts, i64(delayTicks))
  k.if(delayTicks === 0n ? isBehind : and(isBehind, not(wraps)), () => {
    k.put(timeRegion, field, moved)
    if (delayTicks === 0n) {
      k.if(eq(moved, i64(MAX_TIME)), () => k.put(timeRegion, field, i64(MAX_TIME - 1n)))
    }
    if (field === 'wm') onMove()
  })
}

/**
 * The points where the columns of results may lie that tell their time, and how far behind the watermark those may be
 * that are still to come: where windows start, of which one that starts that long ago has closed; or any time behind the
 * watermark, where only the ends of sessions tell the time.
 */
function timesOf(spec: WindowSpec): {
  readonly step: bigint
  readonly offset: bigint
  readonly overlap: bigint
} {
  if (spec.kind === 'session') return { step: 1n, offset: 0n, overlap: 0n }
  const step = spec.kind === 'hop' ? spec.slideTicks : spec.sizeTicks
  return { step, offset: spec.offsetTicks, overlap: spec.sizeTicks - step }
}

/**
 * The watermark of results: none is still to come that would be before it. Results without windows come with the end of
 * input.
 */
export function passWatermark(k: KernelBuilder, window: WindowSpec | undefined, latenessTicks: bigint): void {
  const wm = k.let('watermark', load(timeRegion, 'wm'))
  const ended = eq(wm, i64(MAX_TIME))
  if (!window) {
    k.if(ended, () => k.put(timeRegion, 'out_wm', wm))
    return
  }
  const { step, offset, overlap } = timesOf(window)
  const behind = overlap + latenessTicks
  const open = behind === 0n ? wm : k.let('open', sub(wm, i64(behind)))
  const past = rem(k.let('shifted', sub(open, i64(offset))), i64(step))
  const into = k.let('into', select(lt(past, i64(0n)), add(past, i64(step)), past))
  const outside = orAll([
    op('subo.i64', open, i64(offset)),
    op('subo.i64', open, into),
    behind > MAX_TIME ? bool(true) : behind === 0n ? FALSE : op('subo.i64', wm, i64(behind)),
  ])
  const aligned = k.let('aligned', select(ended, wm, select(outside, i64(MIN_TIME), sub(open, into))))
  k.if(gt(aligned, load(timeRegion, 'out_wm')), () => k.put(timeRegion, 'out_wm', aligned))
}
