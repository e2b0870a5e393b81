/** What an aggregation needs of its windows: where groups wait, until when, and how they leave. */
import { add, i64, type KernelBuilder, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import type { Leave } from './control.ts'
import type { HashTable } from './table.ts'

/** A deadline that never comes; the end of a window that only the end of input closes. */
export const NEVER = (1n << 63n) - 1n

/** In place of the start of a pane: the group is the one that its rows look for, where there is one for each key. */
export const HOME = i64(0n)

/** The same of a group that no row looks for. */
export const NOWHERE = i64(NEVER)

/**
 * The part of time that a row fell into. Each window is made of whole panes; where windows do not overlap they are the
 * panes.
 */
export interface Pane {
  readonly start: Expr
  /** The hash of its start; undefined where that is HOME. */
  readonly hash: Expr | undefined
  /** The bounds of the first window that it is part of, and the end of the last one. */
  readonly from: Expr
  readonly firstEnd: Expr
  readonly lastEnd: Expr
}

/** A pane, and the start of the next window to close that it is part of, with the time at which that closes. */
export interface Bounds {
  readonly start: Expr
  readonly from: Expr
  readonly closes: Expr
}

/** A window that has closed. */
export interface Closed {
  readonly start: Expr
  readonly end: Expr
}

/** The bounds of what is no window of time. */
export const NO_BOUNDS: Closed = { start: HOME, end: i64(NEVER) }

/** A window closes so many ticks behind its end. */
export const closingOf = (end: Expr, latenessTicks: bigint): Expr =>
  latenessTicks === 0n ? end : add(end, i64(latenessTicks))

export const endOf = (closing: Expr, latenessTicks: bigint): Expr =>
  latenessTicks === 0n ? closing : sub(closing, i64(latenessTicks))

/** Where the current watermark is kept. */
export interface TimeField {
  readonly mem: Mem
  readonly field: string
}

/** Takes so many rows off the budget of the call. */
export type Spend = (rows: Expr) => void

/** What is done with a group whose window has closed. */
export interface GroupWalk {
  /** Writes its code; may leave before anything has changed, and is then called with the same group again. */
  each(window: Closed, group: Expr): void
  /** What `each` wrote has been handed out for good. */
  given?(group: Expr): void
  /** Takes back what was handed out; may leave as `each` does. */
  takeBack?(group: Expr): void
  /** What `each` takes of the budget, in rows. */
  rows(group: Expr): Expr
  /** Forgets the group. */
  drop(group: Expr): void
  /**
   * Takes the group of a pane, or a part of it, into that of the whole window: may leave before anything has changed;
   * `append` puts the latter behind those there are, where it is new. Yields whether all of the pane has been taken: where
   * not, it comes again with the same group, and nothing else comes before.
   */
  merge(group: Expr, append: (merged: Expr) => void): Expr
  /** Leaves where there is no room for what `combine` takes at once. */
  reserveCombine(into: Expr, from: Expr): void
  /** Takes what one group holds, or a part of it, into another of earlier rows; never leaves. Yields what `merge` does. */
  combine(into: Expr, from: Expr): Expr
  /** What `merge` or `combine` of a group takes of the budget, in rows, when all of it has been taken. */
  combineRows(from: Expr): Expr
  /** One more entry, which is empty and has the key of a group, and which no row finds: there must be room for it. */
  spare(group: Expr): Expr
  /** Makes such an entry empty again, for the key of a group; never leaves. */
  clear(entry: Expr, group: Expr): void
}

/** What is done where a row makes a result due; nothing of it leaves. */
export interface Firing {
  /** Writes what an entry has come to, unless that is a fault; and the code that follows either. */
  emit(entry: Expr, then: { emitted(): void; refused(): void }): void
  /** As in GroupWalk. */
  combine: GroupWalk['combine']
  clear: GroupWalk['clear']
  readonly combineRows: number
  /** Does `combine` take all at once, and need no room? */
  readonly combinesAtOnce: boolean
  /** So many rows are taken off the budget of the call. */
  spend(rows: number): void
  /** Ends the call: `advance` has work. */
  due(): void
}

/** A row has changed a group. */
export interface Touch {
  readonly group: Expr
  /** The end of the window of the row, and its time. */
  readonly end: Expr
  readonly time: Expr
  /** Makes the row the last of this call, where something has become due. */
  stopIfDue(): void
}

export interface GrowingTable {
  readonly growable: Growable
  readonly table: HashTable
}

export interface GroupWindows {
  /** State of their own that grows. */
  readonly growables: readonly GrowingTable[]
  /** What grows with the table of groups. */
  readonly groupParts?: Growable['parts']
  /** One row each. */
  readonly heads: readonly Mem[]
  /** The time at which a window closes next, if any is open. */
  readonly deadline: TimeField
  readonly waiting: Expr
  init(k: KernelBuilder): void
  /** Room for one more window or pane, in case the next group opens one. */
  reserve(k: KernelBuilder, leave: Leave): void
  /** The next window to close of those that a row belongs to. */
  bounds(k: KernelBuilder, pane: Pane, watermark: Expr): Bounds
  /** Puts a new group at the end of the list of its pane, which it may be the first of. */
  append(k: KernelBuilder, bounds: Bounds, group: Expr, arrival: Expr): void
  /** Takes a group out of the list of the window with that start. */
  detach?(k: KernelBuilder, start: Expr, group: Expr): void
  /** Of a group that is new, what it keeps for its windows beside the start of its pane. */
  initGroup?(k: KernelBuilder, group: Expr): void
  /** A row has been taken into a group, which may give a result for that. */
  touch?(k: KernelBuilder, touch: Touch): void
  /** The entry that takes the next row of a group, where that is not the one it looks for; may leave for room. */
  taker?(k: KernelBuilder, group: Expr, leave: Leave): Expr
  /** A row was taken into a group, where the number of its rows says when results leave. */
  count?(k: KernelBuilder, group: Expr, firing: Firing): void
  /** Walks the groups of all windows that the watermark has passed. */
  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, walk: GroupWalk): void
}
