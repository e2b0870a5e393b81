/**
 * window: the pane that the last row fell into is cached in memory with all that is known of it, so that most rows
 * cost two comparisons and no division. The cache is no state: it can be forgotten at any time.
 */

import type { KernelBuilder } from '../../../ir/kernel/build.ts'
import { add, and, bool, i64, load, lt, not, op, rem, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import {
  type CumulatingWindow,
  type HoppingWindow,
  reachOf,
  type SessionWindow,
  type TumblingWindow,
  type Window,
  type WindowSpec,
  windowRule,
} from '../../../ir/logical/window.ts'
import { MIN_TIME } from '../event-time.ts'
import { intoGrid } from '../lib/grid.ts'
import { HOME, type Pane } from '../lib/group-windows.ts'
import { hashOfWindow } from '../lib/hash.ts'
import type { Row } from '../scope.ts'
import type { Stage } from '../stage.ts'
import { FALSE, orAll, scalar, scalarOf } from '../value.ts'

/** `number` tells the caches of a pipeline apart. */
export const lowerWindow = (node: Window, number: number): Stage =>
  node.spec.kind === 'session' ? lowerSession(node, node.spec) : lowerGrid(node, node.spec, number)

/** Each row has a session of its own, which may be part of a longer one. */
const lowerSession = (node: Window, spec: SessionWindow): Stage => ({
  push(cx, row, next) {
    const { k } = cx
    const operator = windowRule.print(node)
    k.note(operator)
    const ts = timeOf(k, row, spec)
    const end = behind(k, 'session_end', ts, reachOf(spec))
    const faults = [lt(ts, i64(MIN_TIME)), ...end.faults]
    cx.reject(
      faults.map(when => ({ code: 'LDB-2005', when }) as const),
      row.mask,
      operator,
    )
    const pane = { start: HOME, hash: undefined, from: ts, firstEnd: end.time, lastEnd: end.time }
    next({ ...row, pane })
  },
})

function lowerGrid(node: Window, spec: GridWindow, number: number): Stage {
  const cache = rowLayout(`window_${number}`, 'scratch', {
    start: 'i64',
    end: 'i64',
    hash: 'i32',
    ...(isShared(spec) && { from: 'i64', first_end: 'i64', last_end: 'i64' }),
  })
  const assigned = node.relation.time?.window
  if (!assigned) throw new Error('a window without its columns')
  return {
    mems: [cache],
    push(cx, row, next) {
      const { k } = cx
      k.note(windowRule.print(node))
      const ts = timeOf(k, row, spec)
      const inside = and(not(lt(ts, load(cache, 'start'))), lt(ts, load(cache, 'end')))
      const fault = k.let('time_fault', bool(false))
      k.if(not(inside), () => k.set(fault, assign(k, cache, spec, ts)))
      cx.reject([{ code: 'LDB-2005', when: fault }], row.mask, windowRule.print(node))
      const columns = new Map(row.columns)
      if (assigned.isInRows) {
        columns.set(assigned.start, scalar(assigned.type, load(cache, 'start'), FALSE))
        columns.set(assigned.end, scalar(assigned.type, load(cache, 'end'), FALSE))
      }
      next({ ...row, columns, pane: paneOf(cache, spec) })
    },
  }
}

type GridWindow = Exclude<WindowSpec, SessionWindow>

function timeOf(k: KernelBuilder, { columns }: Row, { column }: WindowSpec): Local {
  const value = columns.get(column)
  if (!value) throw new Error(`window column ${column} is not part of the row`)
  return k.let('ts', scalarOf(value).value)
}

/** Do windows share panes, so that a row may belong to several? */
const isShared = ({ kind }: GridWindow): boolean => kind === 'hop' || kind === 'cumulate'

function paneOf(cache: Mem, spec: GridWindow): Pane {
  const field = (name: string): Expr => load(cache, name)
  const [from, firstEnd, lastEnd] = isShared(spec)
    ? ['from', 'first_end', 'last_end'].map(field)
    : ['start', 'end', 'end'].map(field)
  return { start: field('start'), hash: field('hash'), from, firstEnd, lastEnd }
}

/** What is cached of a pane, and the conditions under which one of its windows leaves the range of times. */
interface Assigned {
  readonly fields: Readonly<Record<string, Expr>>
  readonly faults: readonly Expr[]
}

/** Computes the pane of a time and caches it; yields whether a window that the time is in leaves the range of times. */
function assign(k: KernelBuilder, cache: Mem, spec: GridWindow, ts: Expr): Expr {
  const { fields, faults } = assignments[spec.kind](k, spec as never, ts)
  const fault = k.let('leaves_range', orAll(faults))
  k.if(not(fault), () => {
    for (const [name, value] of Object.entries(fields)) k.put(cache, name, value)
    k.put(cache, 'hash', hashOfWindow(k, fields.start))
  })
  return fault
}

const assignments: {
  readonly [K in GridWindow['kind']]: (
    k: KernelBuilder,
    spec: Extract<WindowSpec, { kind: K }>,
    ts: Expr,
  ) => Assigned
} = { tumble: assignTumbling, hop: assignHopping, cumulate: assignCumulating }

function assignTumbling(k: KernelBuilder, { sizeTicks, offsetTicks }: TumblingWindow, ts: Expr): Assigned {
  const into = k.let('into', intoGrid(k, sizeTicks, offsetTicks, ts))
  const start = before(k, 'start', ts, into)
  const end = behind(k, 'end', start.time, sizeTicks)
  return { fields: { start: start.time, end: end.time }, faults: [...start.faults, ...end.faults] }
}

/** From one multiple of the slide to the next, cut where windows end if that is between them. */
function assignHopping(k: KernelBuilder, spec: HoppingWindow, ts: Expr): Assigned {
  const { sizeTicks: size, slideTicks: slide, offsetTicks } = spec
  const into = k.let('into', intoGrid(k, slide, offsetTicks, ts))
  const last = before(k, 'last', ts, into)
  const lastEnd = behind(k, 'last_end', last.time, size)
  const short = size % slide
  const isShort = short === 0n ? bool(false) : k.let('is_short', lt(into, i64(short)))
  const choose = (then: bigint, otherwise: bigint): Expr =>
    short === 0n ? i64(otherwise) : select(isShort, i64(then), i64(otherwise))
  const whole = (size / slide) * slide
  const first = before(k, 'from', last.time, choose(whole, whole - slide))
  const start = short === 0n ? last.time : k.let('start', add(last.time, choose(0n, short)))
  return {
    fields: {
      start,
      end: add(last.time, choose(short, slide)),
      from: first.time,
      first_end: add(first.time, i64(size)),
      last_end: lastEnd.time,
    },
    faults: [...last.faults, ...lastEnd.faults, ...first.faults],
  }
}

function assignCumulating(k: KernelBuilder, spec: CumulatingWindow, ts: Expr): Assigned {
  const { sizeTicks: size, stepTicks: step, offsetTicks } = spec
  const into = k.let('into', intoGrid(k, size, offsetTicks, ts))
  const from = before(k, 'from', ts, into)
  const lastEnd = behind(k, 'last_end', from.time, size)
  const start = k.let('start', sub(ts, rem(into, i64(step))))
  const end = k.let('end', add(start, i64(step)))
  return {
    fields: { start, end, from: from.time, first_end: end, last_end: lastEnd.time },
    faults: [...from.faults, ...lastEnd.faults],
  }
}

/** A time, and whether it would be none. No step to it leaves the range before it does, however large it is. */
interface Reached {
  readonly time: Expr
  readonly faults: readonly Expr[]
}

function before(k: KernelBuilder, name: string, time: Expr, ticks: Expr): Reached {
  const reached = k.let(name, sub(time, ticks))
  return { time: reached, faults: [op('subo.i64', time, ticks), lt(reached, i64(MIN_TIME))] }
}

const behind = (k: KernelBuilder, name: string, time: Expr, ticks: bigint): Reached => ({
  time: k.let(name, add(time, i64(ticks))),
  faults: [op('addo.i64', time, i64(ticks))],
})
