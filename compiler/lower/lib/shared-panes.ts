/**
 * Windows that overlap share panes: a row is kept once, in the group of its pane, however many windows it belongs to.
 * When a window closes, the groups of its panes are combined, in time order, to the groups that leave; then the panes
 * that no other window needs are forgotten. How far that has come is kept in state, so that it may stop anywhere.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  div,
  eq,
  ge,
  gt,
  i32,
  i64,
  isConst,
  type KernelBuilder,
  le,
  load,
  lt,
  mul,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type Leave, when } from './control.ts'
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
import { HashTable } from './table.ts'

/** How windows follow each other, in ticks. */
export interface PaneGrid {
  /** From the end of a window to that of the next one. */
  readonly stride: bigint
  /** Do all windows between two multiples of `size` start at the first of them? Else each is `size` long. */
  readonly isCumulating: boolean
  readonly size: bigint
  /** From the end of a window to when it closes. */
  readonly lateness: bigint
}

/** The next window has to be found; its panes are combined; its groups leave; panes are forgotten. */
const Step = { idle: 0, merge: 1, leave: 2, forget: 3 } as const
const NONE = -1

/** Does a piece of work where the budget allows it, and takes off that as many rows as it says. */
type Work = (what: () => Expr) => void

export class SharedPanes implements GroupWindows {
  readonly table: HashTable
  readonly head: Mem
  readonly #grid: PaneGrid
  readonly #heap: DeadlineHeap
  readonly #groups: HashTable

  /** Groups are linked by the field `next` of their table. */
  constructor(id: number, groups: HashTable, grid: PaneGrid) {
    const fields = { start: 'i64', from: 'i64', closes: 'i64', first: 'i32', last: 'i32' } as const
    this.table = new HashTable({ id, name: 'panes', fields })
    this.head = rowLayout('panes_due', 'state', {
      /** When the next window closes, and where it starts; how many panes there are. */
      deadline: 'i64',
      from: 'i64',
      waiting: 'i32',
      /** Of the window that is closing: the step, the pane and its group that come next, the groups that leave. */
      step: 'i32',
      pane: 'i64',
      is_short: 'i32',
      group: 'i32',
      first: 'i32',
      last: 'i32',
    })
    this.#grid = grid
    this.#heap = new DeadlineHeap('pane_starts', this.head)
    this.#groups = groups
  }

  get heads(): readonly Mem[] {
    return [this.table.head, this.head]
  }

  /** The heap holds one item for each pane. */
  get growables(): GroupWindows['growables'] {
    const { growable } = this.table
    const parts = [...growable.parts, { mem: this.#heap.items, rowsPerUnit: 1 }]
    return [{ growable: { ...growable, parts }, table: this.table }]
  }

  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  get waiting(): Expr {
    return this.#head('waiting')
  }

  #head(field: string): Expr {
    return load(this.head, field)
  }

  init(k: KernelBuilder): void {
    this.table.init(k)
    k.put(this.head, 'deadline', i64(NEVER))
  }

  reserve(k: KernelBuilder, leave: Leave): void {
    this.table.reserve(k, leave)
  }

  /** Of the windows of a pane those that the watermark has passed are closed already. */
  bounds(k: KernelBuilder, { start, from, firstEnd }: Pane, watermark: Expr): Bounds {
    const { stride, isCumulating, lateness } = this.#grid
    const first = k.let('first_closes', closingOf(firstEnd, lateness))
    const passed = add(div(sub(watermark, first), i64(stride)), i64(1n))
    const moved = k.let('moved', select(le(first, watermark), mul(passed, i64(stride)), i64(0n)))
    return { start, from: isCumulating ? from : add(from, moved), closes: add(first, moved) }
  }

  append(k: KernelBuilder, bounds: Bounds, group: Expr): void {
    const { entries } = this.table
    const hash = hashOfWindow(k, bounds.start)
    const pane = k.let('pane', this.#find(k, bounds.start, hash))
    k.if(
      lt(pane, i32(0)),
      () => {
        k.set(pane, this.table.insert(k, hash))
        for (const field of ['start', 'from', 'closes'] as const) k.store(entries, field, pane, bounds[field])
        k.store(entries, 'first', pane, group)
        this.#heap.push(k, bounds.start, pane)
        // Of one that ends with time only its start is new.
        k.if(le(bounds.closes, this.#head('deadline')), () =>
          this.#setDeadline(k, bounds.from, bounds.closes),
        )
      },
      () => k.store(this.#groups.entries, 'next', load(entries, 'last', pane), group),
    )
    k.store(entries, 'last', pane, group)
    k.store(this.#groups.entries, 'next', group, i32(NONE))
  }

  #find(k: KernelBuilder, start: Expr, hash: Expr): Local {
    return this.table.find(k, hash, pane => eq(load(this.table.entries, 'start', pane), start)).entry
  }

  #setDeadline(k: KernelBuilder, from: Expr, closes: Expr): void {
    k.put(this.head, 'from', from)
    k.put(this.head, 'deadline', closes)
  }

  /** The end of the window that is closing. */
  get #end(): Expr {
    return endOf(this.#head('deadline'), this.#grid.lateness)
  }

  /** One piece of work at a turn of the loop, by the step that is under way. */
  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, walk: GroupWalk): void {
    const spent = k.let('spent', i32(0))
    const work: Work = what => {
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, what()))
    }
    k.loop('due_windows', done => {
      const step = k.let('step', this.#head('step'))
      k.if(
        eq(step, i32(Step.idle)),
        () => {
          k.breakIf(eq(this.waiting, i32(0)), done)
          k.breakIf(gt(this.#head('deadline'), load(watermark.mem, watermark.field)), done)
          this.#begin(k)
        },
        () =>
          k.if(
            eq(step, i32(Step.merge)),
            () => this.#merge(k, walk, work),
            () =>
              k.if(
                eq(step, i32(Step.leave)),
                () => this.#leave(k, walk, work),
                () => this.#forget(k, walk, work),
              ),
          ),
      )
    })
  }

  #begin(k: KernelBuilder): void {
    k.phase('apply')
    k.put(this.head, 'step', i32(Step.merge))
    k.put(this.head, 'pane', this.#head('from'))
    k.put(this.head, 'is_short', i32(1))
    for (const field of ['group', 'first', 'last']) k.put(this.head, field, i32(NONE))
  }

  /** Takes in one group, or goes to the first of the next pane that is there. */
  #merge(k: KernelBuilder, walk: GroupWalk, work: Work): void {
    const group = k.let('group', this.#head('group'))
    k.if(
      ge(group, i32(0)),
      () =>
        work(() => {
          const cost = k.let('cost', walk.combineRows(group))
          const isTaken = walk.merge(group, merged => this.#appendMerged(k, merged))
          when(k, isTaken, () => {
            const next = k.let('next', load(this.#groups.entries, 'next', group))
            k.put(this.head, 'group', next)
            k.if(lt(next, i32(0)), () => this.#toNextPane(k))
          })
          return isConst(isTaken, true) ? cost : select(isTaken, cost, i32(1))
        }),
      () => {
        k.phase('apply')
        k.if(
          ge(this.#head('pane'), this.#end),
          () => k.put(this.head, 'step', i32(Step.leave)),
          () => {
            const start = k.let('start', this.#head('pane'))
            const pane = this.#find(k, start, hashOfWindow(k, start))
            k.if(
              ge(pane, i32(0)),
              () => k.put(this.head, 'group', load(this.table.entries, 'first', pane)),
              () => this.#toNextPane(k),
            )
          },
        )
      },
    )
  }

  #appendMerged(k: KernelBuilder, merged: Expr): void {
    const last = k.let('last', this.#head('last'))
    k.if(
      lt(last, i32(0)),
      () => k.put(this.head, 'first', merged),
      () => k.store(this.#groups.entries, 'next', last, merged),
    )
    k.put(this.head, 'last', merged)
    k.store(this.#groups.entries, 'next', merged, i32(NONE))
  }

  /** Panes are as long as a stride; where the size is no multiple of it, each is cut where windows end. */
  #toNextPane(k: KernelBuilder): void {
    const { stride, size } = this.#grid
    const short = size % stride
    const step =
      short === 0n ? i64(stride) : select(eq(this.#head('is_short'), i32(1)), i64(short), i64(stride - short))
    k.put(this.head, 'pane', add(this.#head('pane'), step))
    k.put(this.head, 'is_short', sub(i32(1), this.#head('is_short')))
  }

  #leave(k: KernelBuilder, walk: GroupWalk, work: Work): void {
    const group = k.let('group', this.#head('first'))
    k.if(
      ge(group, i32(0)),
      () =>
        work(() => {
          const cost = k.let('cost', walk.rows(group))
          walk.each({ start: this.#head('from'), end: this.#end }, group)
          k.phase('apply')
          k.put(this.head, 'first', load(this.#groups.entries, 'next', group))
          walk.drop(group)
          return cost
        }),
      () => {
        k.phase('apply')
        k.put(this.head, 'step', i32(Step.forget))
      },
    )
  }

  /** Forgets one group of the oldest pane, or that pane, if no window needs it; else goes to the next window. */
  #forget(k: KernelBuilder, walk: GroupWalk, work: Work): void {
    const { entries } = this.table
    const pane = k.let('pane', load(this.#heap.items, 'id', i32(0)))
    const isNeeded = ge(load(entries, 'start', pane), this.#neededFrom())
    k.if(
      or(eq(this.waiting, i32(0)), isNeeded),
      () => {
        k.phase('apply')
        this.#toNextWindow(k)
        k.put(this.head, 'step', i32(Step.idle))
      },
      () =>
        work(() => {
          const group = k.let('group', load(entries, 'first', pane))
          k.phase('apply')
          k.if(
            ge(group, i32(0)),
            () => {
              k.store(entries, 'first', pane, load(this.#groups.entries, 'next', group))
              walk.drop(group)
            },
            () => {
              this.#heap.pop(k)
              this.table.remove(k, pane)
            },
          )
          return i32(1)
        }),
    )
  }

  /** The first time that the window behind the one that is closing needs. */
  #neededFrom(): Expr {
    const { stride, size, isCumulating } = this.#grid
    const from = this.#head('from')
    if (!isCumulating) return add(from, i64(stride))
    return select(eq(this.#end, add(from, i64(size))), this.#end, from)
  }

  /** The window behind this one, where a pane is part of both; else the first one of the oldest pane. */
  #toNextWindow(k: KernelBuilder): void {
    const { stride, isCumulating } = this.#grid
    const { entries } = this.table
    k.if(
      eq(this.waiting, i32(0)),
      () => k.put(this.head, 'deadline', i64(NEVER)),
      () => {
        const pane = k.let('oldest', load(this.#heap.items, 'id', i32(0)))
        k.if(
          ge(load(entries, 'start', pane), this.#end),
          () => this.#setDeadline(k, load(entries, 'from', pane), load(entries, 'closes', pane)),
          () => {
            const from = isCumulating ? this.#head('from') : add(this.#head('from'), i64(stride))
            this.#setDeadline(k, from, add(this.#head('deadline'), i64(stride)))
          },
        )
      },
    )
  }
}
