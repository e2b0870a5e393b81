/**
 * The windows that are open, each with a list of the groups that belong to it, and a heap of their ends. Groups
 * leave when the watermark passes the end of their window: by end of window, then in order of arrival.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { add, eq, ge, gt, i32, i64, type KernelBuilder, load, lt } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Leave } from './control.ts'
import {
  type Bounds,
  closingOf,
  endOf,
  type GroupWalk,
  type GroupWindows,
  NEVER,
  type Pane,
  type TimeField,
} from './group-windows.ts'
import { hashOfWindow } from './hash.ts'
import { DeadlineHeap } from './heap.ts'
import { type Found, HashTable } from './table.ts'

/** No group follows, or none is before. */
const END_OF_LIST = -1

/** What groups keep beside where they can leave from the middle of a list. */
export const detachableFields = { previous: 'i32' } as const

export interface WindowShape {
  /** From the end of a window to when it closes. */
  readonly latenessTicks: bigint
  /** Where a window starts that is known by a later time, that of its last pane. */
  readonly fromOf: (k: KernelBuilder, known: Expr) => Expr
}

const SIDE_BY_SIDE: WindowShape = { latenessTicks: 0n, fromOf: (_k, start) => start }

export class OpenWindows implements GroupWindows {
  readonly head: Mem
  readonly table: HashTable
  protected readonly heap: DeadlineHeap
  protected readonly groups: HashTable
  protected readonly lateness: bigint
  protected readonly fromOf: WindowShape['fromOf']
  readonly #isDetachable: boolean

  /**
   * Groups are linked by the field `next` of their table; backward, too, where they can be detached. Windows may have fields of
   * their own.
   */
  constructor(
    id: number,
    groups: HashTable,
    { latenessTicks, fromOf }: WindowShape = SIDE_BY_SIDE,
    more: FieldSpecs = {},
    isDetachable = false,
  ) {
    const fields = { start: 'i64', closes: 'i64', first: 'i32', last: 'i32', ...more } as const
    this.lateness = latenessTicks
    this.fromOf = fromOf
    this.#isDetachable = isDetachable
    this.table = new HashTable({ id, name: 'windows', fields })
    this.head = rowLayout('deadlines_head', 'state', { deadline: 'i64', waiting: 'i32' })
    this.heap = new DeadlineHeap('deadlines', this.head)
    this.groups = groups
  }

  get heads(): readonly Mem[] {
    return [this.table.head, this.head]
  }

  /** The heap holds one item for each window. */
  get growables(): GroupWindows['growables'] {
    const { growable } = this.table
    const parts = [...growable.parts, { mem: this.heap.items, rowsPerUnit: 1 }]
    return [{ growable: { ...growable, parts }, table: this.table }]
  }

  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  /** How many windows are open. */
  get waiting(): Expr {
    return load(this.head, 'waiting')
  }

  init(k: KernelBuilder): void {
    this.table.init(k)
    k.put(this.head, 'deadline', i64(NEVER))
  }

  reserve(k: KernelBuilder, leave: Leave): void {
    this.table.reserve(k, leave)
  }

  bounds(_k: KernelBuilder, { start, from, firstEnd }: Pane): Bounds {
    return { start, from, closes: closingOf(firstEnd, this.lateness) }
  }

  append(k: KernelBuilder, bounds: Bounds, group: Expr): void {
    const { entries } = this.table
    const found = this.#find(k, bounds.start)
    const window = k.let('window', found.entry)
    k.if(
      lt(window, i32(0)),
      () => {
        k.set(window, this.#open(k, bounds, found.hash, group))
      },
      () => {
        this.#link(k, window, load(entries, 'last', window), group)
      },
    )
    k.store(entries, 'last', window, group)
    k.store(this.groups.entries, 'next', group, i32(END_OF_LIST))
  }

  /** Puts a group behind the last one of a window. */
  #link(k: KernelBuilder, window: Expr, last: Expr, group: Expr): void {
    const groups = this.groups.entries
    if (!this.#isDetachable) {
      k.store(groups, 'next', last, group)
      return
    }
    const previous = k.let('previous', last)
    k.store(groups, 'previous', group, previous)
    k.if(
      lt(previous, i32(0)),
      () => k.store(this.table.entries, 'first', window, group),
      () => k.store(groups, 'next', previous, group),
    )
  }

  /** A window whose last group goes stays open: it closes with none. */
  detach(k: KernelBuilder, start: Expr, group: Expr): void {
    const groups = this.groups.entries
    const windows = this.table.entries
    const window = this.#find(k, start).entry
    const [previous, next] = ['previous', 'next'].map(field => k.let(field, load(groups, field, group)))
    k.if(
      lt(previous, i32(0)),
      () => k.store(windows, 'first', window, next),
      () => k.store(groups, 'next', previous, next),
    )
    k.if(
      lt(next, i32(0)),
      () => k.store(windows, 'last', window, previous),
      () => k.store(groups, 'previous', next, previous),
    )
  }

  #find(k: KernelBuilder, start: Expr): Found {
    const hash = hashOfWindow(k, start)
    return this.table.find(k, hash, candidate => eq(load(this.table.entries, 'start', candidate), start))
  }

  #open(k: KernelBuilder, { start, closes }: Bounds, hash: Expr, group: Expr): Local {
    const { entries } = this.table
    const window = this.table.insert(k, hash)
    k.store(entries, 'start', window, start)
    k.store(entries, 'closes', window, closes)
    k.store(entries, 'first', window, group)
    if (this.#isDetachable) k.store(this.groups.entries, 'previous', group, i32(END_OF_LIST))
    this.heap.push(k, this.opened(k, window, closes), window)
    this.setDeadline(k)
    return window
  }

  /** The time at which a window that is new has work first. */
  protected opened(_k: KernelBuilder, _window: Expr, closes: Expr): Expr {
    return closes
  }

  protected setDeadline(k: KernelBuilder): void {
    k.put(this.head, 'deadline', this.heap.earliest(i64(NEVER)))
  }

  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, { each, rows, drop }: GroupWalk): void {
    const { entries } = this.table
    const spent = k.let('spent', i32(0))
    k.loop('due_windows', done => {
      k.breakIf(eq(load(this.head, 'waiting'), i32(0)), done)
      const window = k.let('window', load(this.heap.items, 'id', i32(0)))
      const closes = k.let('closes', load(entries, 'closes', window))
      k.breakIf(gt(closes, load(watermark.mem, watermark.field)), done)
      const start = k.let('start', load(entries, 'start', window))
      k.loop('groups_of_window', closed => {
        const group = k.let('group', load(entries, 'first', window))
        k.breakIf(lt(group, i32(0)), closed)
        k.phase('reserve')
        k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
        const cost = k.let('cost', rows(group))
        each({ start: this.fromOf(k, start), end: endOf(closes, this.lateness) }, group)
        k.phase('apply')
        k.store(entries, 'first', window, load(this.groups.entries, 'next', group))
        drop(group)
        k.set(spent, add(spent, cost))
      })
      k.phase('apply')
      this.heap.pop(k)
      this.table.remove(k, window)
      this.setDeadline(k)
    })
  }
}
