/**
 * source: the event time of the stream. The watermark moves row by row: a row is late or not by what came before
 * it, and what it makes due fires before the next row.
 */

import { controlBlock } from '../../ir/abi.ts'
import {
  add,
  and,
  bool,
  div,
  eq,
  gt,
  i64,
  type KernelBuilder,
  load,
  lt,
  mul,
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
import { MAX_TIME, MIN_TIME } from '../../ir/times.ts'
import { type DataType, isTimestamp, ticksPerSecond, unitOf } from '../../ir/types.ts'
import { when } from './accumulators/accumulator.ts'
import type { RowColumns } from './expr/index.ts'
import type { TimeField } from './lib/group-windows.ts'
import { andNot, bind, FALSE, isNever, local, orAll, orElse, scalarOf, type Value } from './value.ts'

export { MAX_TIME, MIN_TIME }

const MS_PER_SECOND = 1000n

/**
 * The largest event time seen, the watermark, the one that is to come behind the batch, and the watermark of what is
 * emitted: all MIN_TIME before the first row. And where the plan reads the clock what time it is, in milliseconds since
 * 1970: the runtime writes it before each batch and at ticks.
 */
const timeFields = {
  max_ts: 'i64',
  wm: 'i64',
  next_wm: 'i64',
  out_wm: 'i64',
  /** The last watermark for which that of what is emitted stays what it is, where anybody asks. */
  passed_to: 'i64',
  now: 'i64',
} as const
export const timeRegion: Mem = rowLayout('time', 'state', timeFields)
/** Of a source that drops what runs ahead of others: the latest time that a row may have, and how many had a later one. */
export const driftRegion: Mem = rowLayout('drift', 'control', { max: 'i64', dropped: 'i64' })
export const watermark: TimeField = { mem: timeRegion, field: 'wm' }
export const clockTime: TimeField = { mem: timeRegion, field: 'now' }

export function initTime(k: KernelBuilder): void {
  for (const field of Object.keys(timeFields)) k.put(timeRegion, field, i64(MIN_TIME))
}

/** The event time of a row of the source. */
export interface RowTime {
  readonly ts: Expr
  readonly isNull: Expr
  /** Is it further ahead of other sources than its group allows, so that it is dropped? */
  readonly isBeyond: Expr
  /** Is it further ahead of the clock than the source allows? */
  readonly isAhead: Expr
  /** Has it no part in anything: no time, or is it dropped or refused? */
  readonly isOut: Expr
}

export function rowTime(k: KernelBuilder, spec: WatermarkSpec, columns: RowColumns): RowTime {
  const column = scalarOf(bind(k, 'event_time', columnOf(columns, spec.column)))
  const { value: ts, isNull } = column
  const isBeyond = isBeyondGroup(k, spec, { ts, isNull })
  const isDropped = orElse(isNull, isBeyond)
  if (!spec.ahead) return { ts, isNull, isBeyond, isAhead: FALSE, isOut: isDropped }
  const bound = k.once('ahead_max', add(nowIn(column.type), i64(spec.ahead.ticks)))
  const isAhead = local(k, 'is_ahead', andNot(gt(ts, bound), isDropped))
  const isOut = spec.ahead.policy === 'refuse' ? orElse(isDropped, isAhead) : isDropped
  return { ts, isNull, isBeyond, isAhead, isOut }
}

/** Other sources stand still while a batch is taken: the runtime says before it how far its rows may go. */
function isBeyondGroup(
  k: KernelBuilder,
  { alignment }: WatermarkSpec,
  { ts, isNull }: Pick<RowTime, 'ts' | 'isNull'>,
): Expr {
  if (alignment?.policy !== 'drop') return FALSE
  const bound = k.once('drift_max', load(driftRegion, 'max'))
  return local(k, 'is_beyond', andNot(gt(ts, bound), isNull))
}

/** The time of the clock in ticks of a column. */
function nowIn(type: DataType): Expr {
  if (!isTimestamp(type)) throw new Error(`${type} has no ticks`)
  const perSecond = ticksPerSecond[unitOf(type)]
  const now = load(timeRegion, 'now')
  return perSecond < MS_PER_SECOND
    ? div(now, i64(MS_PER_SECOND / perSecond))
    : mul(now, i64(perSecond / MS_PER_SECOND))
}

/** A row without event time takes no part, nor one that runs ahead of other sources: they are counted and dropped. */
export function dropByTime(k: KernelBuilder, { isNull, isBeyond }: RowTime, row: string): void {
  drop(k, isNull, { mem: controlBlock, field: 'null_time_dropped' }, row)
  drop(k, isBeyond, { mem: driftRegion, field: 'dropped' }, row)
}

function drop(k: KernelBuilder, cond: Expr, { mem, field }: TimeField, row: string): void {
  if (isNever(cond)) return
  k.if(cond, () => {
    k.put(mem, field, add(load(mem, field), i64(1n)))
    k.break(row)
  })
}

export function count(k: KernelBuilder, counter: string): void {
  k.put(controlBlock, counter, add(load(controlBlock, counter), i64(1n)))
}

/** A row as the watermark sees it, and the code for when that has moved. */
export interface MovingRow {
  readonly time: RowTime
  readonly columns: RowColumns
  /** Its partition, where partitions have watermarks of their own. */
  readonly partition: RowPartition | undefined
  readonly onMove: () => void
}

/** A partition takes the row, and says where the watermark of the source is to be raised to. */
export type RowPartition = (ts: Expr, counts: Expr, raise: (to: Expr) => void) => void

/**
 * Moves the watermark behind the event time of a row that was taken. Never to the last tick of all, but to the one
 * before: the last one is the end of the input, and no row ends it. Where it moves by batches, it is left to the runtime
 * to take over `next_wm` behind the last row.
 */
export function advanceWatermark(k: KernelBuilder, spec: WatermarkSpec, row: MovingRow): void {
  const { time, columns, partition, onMove } = row
  const { ts, isNull, isBeyond, isAhead, isOut } = time
  if (!isNever(isAhead)) k.if(isAhead, () => count(k, 'ahead'))
  const isLater = gt(ts, load(timeRegion, 'max_ts'))
  const marker = spec.marker === undefined ? undefined : scalarOf(columnOf(columns, spec.marker))
  const isMarked = marker && andNot(marker.value, marker.isNull)
  const isUncounted = orElse(orElse(isNull, isBeyond), isAhead)
  k.if(andNot(isLater, isUncounted), () => {
    k.put(timeRegion, 'max_ts', ts)
    if (!isMarked && !partition && spec.follows !== 'clock') moveTo(k, spec, ts, onMove)
  })
  if (partition) {
    const counts = isMarked ? andNot(isMarked, isAhead) : notOf(isAhead)
    when(k, notOf(isOut), () => partition(ts, counts, to => raiseTo(k, spec, to, onMove)))
  } else if (isMarked) k.if(andNot(isMarked, isUncounted), () => moveTo(k, spec, ts, onMove))
}

const notOf = (cond: Expr): Expr => (isNever(cond) ? bool(true) : not(cond))

function columnOf(columns: RowColumns, name: string): Value {
  const column = columns.get(name)
  if (!column) throw new Error(`the column ${name} is not read`)
  return column
}

/** To where partitions say: they may take back behind the last row of a batch what they said before. */
function raiseTo(k: KernelBuilder, { moves }: WatermarkSpec, to: Expr, onMove: () => void): void {
  if (moves === 'batch') k.put(timeRegion, 'next_wm', to)
  else raiseNow(k, to, onMove)
}

/** Raises the watermark at once, and never lowers it. */
export function raiseNow(k: KernelBuilder, to: Expr, onMove: () => void = () => {}): void {
  k.if(gt(to, load(timeRegion, 'wm')), () => {
    k.put(timeRegion, 'wm', to)
    onMove()
  })
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
export interface ResultTimes {
  readonly step: bigint
  readonly offset: bigint
  readonly behind: bigint
}

function timesOf(spec: WindowSpec, latenessTicks: bigint): ResultTimes {
  if (spec.kind === 'session') return { step: 1n, offset: 0n, behind: latenessTicks }
  const step = spec.kind === 'hop' ? spec.slideTicks : spec.sizeTicks
  return { step, offset: spec.offsetTicks, behind: spec.sizeTicks - step + latenessTicks }
}

/** Would the watermark of results be another than the one that was handed on last? */
export const hasMorePassed = (): Expr => gt(load(timeRegion, 'wm'), load(timeRegion, 'passed_to'))

/**
 * The watermark of results: none is still to come that would be before it. Results without windows come with the end of
 * input.
 */
export function passWatermark(k: KernelBuilder, window: WindowSpec | undefined, latenessTicks: bigint): void {
  if (window) {
    passTimes(k, timesOf(window, latenessTicks))
    return
  }
  const wm = k.let('watermark', load(timeRegion, 'wm'))
  k.if(eq(wm, i64(MAX_TIME)), () => k.put(timeRegion, 'out_wm', wm))
  k.put(timeRegion, 'passed_to', i64(MAX_TIME))
}

/** The watermark of results of such times. */
export function passTimes(k: KernelBuilder, { step, offset, behind }: ResultTimes): void {
  const wm = k.let('watermark', load(timeRegion, 'wm'))
  const ended = eq(wm, i64(MAX_TIME))
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
  const left = k.let('left', select(outside, i64(0n), sub(i64(step - 1n), into)))
  k.put(timeRegion, 'passed_to', select(op('addo.i64', wm, left), i64(MAX_TIME), add(wm, left)))
}
