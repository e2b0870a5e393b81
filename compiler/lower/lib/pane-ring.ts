/**
 * Windows of rows that overlap. The rows of a group are cut into panes of a fixed number of rows, and the group keeps those
 * of its last window in a ring, itself one of them. Where a window ends with the pane that a row fills, all panes are
 * combined in order of arrival, and it leaves; then the oldest pane is used again. That is done with the row where it is
 * little and nothing is new. Else the call ends, and `advance` does it step by step: the first panes of a group, panes
 * that are much to combine, a result that is a fault, and what is left when the input ends.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  ne,
  not,
  or,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import { type Leave, when } from './control.ts'
import {
  type Bounds,
  type Firing,
  type GroupWalk,
  type GroupWindows,
  HOME,
  NEVER,
  NO_BOUNDS,
  type Spend,
  type TimeField,
} from './group-windows.ts'
import type { HashTable } from './table.ts'

/** No pane is full; one is; its window is combined; that leaves; the next pane begins. All has left: groups are forgotten. */
const Step = { idle: 0, begin: 1, combine: 2, leave: 3, turn: 4, forget: 5 } as const
const NONE = -1
/** Panes are combined with the row that fills one if that costs so many rows at the most. */
const COMBINED_AT_ONCE_MAX = 1024
/** A deadline that every watermark has passed, from before the first row on. */
const NOW = i64(1n - (1n << 63n))

/**
 * Of a group: the pane under way, how many there are, rows of that one, panes until a window ends with one. Panes are linked
 * by `next` in order of arrival, the last to the oldest.
 */
export const ringFields = {
  pane: 'i32',
  panes: 'i32',
  filled: 'i32',
  until: 'i32',
  number: 'i64',
} as const satisfies FieldSpecs
type RingField = keyof typeof ringFields

export interface RingShape {
  readonly paneRows: number
  /** Panes of a window, and from the end of one window to the end of the next. */
  readonly sizePanes: number
  readonly slidePanes: number
}

export class PaneRing implements GroupWindows {
  readonly head: Mem
  readonly growables = []
  readonly #groups: HashTable
  readonly #shape: RingShape

  constructor(groups: HashTable, shape: RingShape) {
    this.head = rowLayout('ring_due', 'state', {
      deadline: 'i64',
      waiting: 'i32',
      step: 'i32',
      /** The group whose pane is full, the entry that its panes are combined in, the next one of them. */
      group: 'i32',
      result: 'i32',
      pane: 'i32',
      /** Panes that are still to come, and how many of those belong to the window. */
      left: 'i32',
      wanted: 'i32',
      /** At the end of input: entries that were looked at, or that are still to be forgotten. */
      scan: 'i32',
    })
    this.#groups = groups
    this.#shape = shape
  }

  get heads(): readonly Mem[] {
    return [this.head]
  }

  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.head, 'waiting')
  }

  #of(field: RingField, group: Expr): Expr {
    return load(this.#groups.entries, field, group)
  }

  #put(k: KernelBuilder, field: RingField, group: Expr, value: Expr): void {
    k.store(this.#groups.entries, field, group, value)
  }

  #next(pane: Expr): Expr {
    return load(this.#groups.entries, 'next', pane)
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'deadline', i64(NEVER))
    k.put(this.head, 'result', i32(NONE))
  }

  /** Until there is an entry to combine panes in, room is kept for it. */
  reserve(k: KernelBuilder, leave: Leave): void {
    k.if(this.#isFirst, () => this.#groups.reserve(k, leave, 2))
  }

  get #isFirst(): Expr {
    return lt(load(this.head, 'result'), i32(0))
  }

  bounds(): Bounds {
    throw new Error('windows of rows have no bounds of time')
  }

  append(k: KernelBuilder, _bounds: Bounds, group: Expr): void {
    this.#put(k, 'pane', group, group)
    this.#put(k, 'panes', group, i32(1))
    this.#put(k, 'filled', group, i32(0))
    this.#put(k, 'until', group, i32(this.#shape.slidePanes))
    this.#put(k, 'number', group, i64(0n))
    k.store(this.#groups.entries, 'next', group, group)
    k.put(this.head, 'waiting', i32(1))
  }

  /** With room for the next pane, where the row fills this one: `advance` must not run out of it. */
  taker(k: KernelBuilder, group: Expr, leave: Leave): Expr {
    const { paneRows, sizePanes } = this.#shape
    const fills = ge(this.#of('filled', group), i32(paneRows - 1))
    k.if(and(fills, lt(this.#of('panes', group), i32(sizePanes))), () => {
      this.#groups.reserve(k, leave)
      this.reserve(k, leave)
    })
    return k.let('pane', this.#of('pane', group))
  }

  count(k: KernelBuilder, group: Expr, firing: Firing): void {
    const { paneRows, sizePanes } = this.#shape
    const isLittle = firing.combinesAtOnce && sizePanes * firing.combineRows <= COMBINED_AT_ONCE_MAX
    const filled = k.let('filled', add(this.#of('filled', group), i32(1)))
    const postpone = (step: number): void => {
      k.put(this.head, 'group', group)
      k.put(this.head, 'step', i32(step))
      k.put(this.head, 'deadline', NOW)
      firing.due()
    }
    this.#put(k, 'filled', group, filled)
    k.if(ge(filled, i32(paneRows)), () => {
      if (!isLittle) {
        postpone(Step.begin)
        return
      }
      k.if(
        lt(this.#of('panes', group), i32(sizePanes)),
        () => postpone(Step.begin),
        () => this.#fire(k, group, firing, postpone),
      )
    })
  }

  /** A pane of a group is full that has all the panes of a window. */
  #fire(k: KernelBuilder, group: Expr, firing: Firing, postpone: (step: number) => void): void {
    const until = k.let('until', this.#of('until', group))
    k.if(
      gt(until, i32(1)),
      () => {
        this.#put(k, 'until', group, sub(until, i32(1)))
        this.#reuse(k, group, firing.clear)
      },
      () => {
        const result = k.let('result', load(this.head, 'result'))
        this.#combineAll(k, group, result, firing)
        firing.spend(this.#shape.sizePanes * firing.combineRows)
        firing.emit(result, {
          emitted: () => {
            this.#passOn(k, group)
            this.#reuse(k, group, firing.clear)
          },
          refused: () => postpone(Step.leave),
        })
      },
    )
  }

  #combineAll(k: KernelBuilder, group: Expr, result: Expr, { clear, combine }: Firing): void {
    clear(result, group)
    this.#put(k, 'number', result, this.#of('number', group))
    const full = k.let('full', this.#of('pane', group))
    const pane = k.let('pane', full)
    k.loop('panes', label => {
      k.set(pane, this.#next(pane))
      combine(result, pane)
      k.breakIf(eq(pane, full), label)
    })
  }

  /** A window has left. */
  #passOn(k: KernelBuilder, group: Expr): void {
    this.#put(k, 'until', group, i32(this.#shape.slidePanes))
    this.#put(k, 'number', group, add(this.#of('number', group), i64(1n)))
  }

  /** The oldest pane is the next. */
  #reuse(k: KernelBuilder, group: Expr, clear: Firing['clear']): void {
    const oldest = k.let('oldest', this.#next(this.#of('pane', group)))
    clear(oldest, group)
    this.#put(k, 'pane', group, oldest)
    this.#put(k, 'filled', group, i32(0))
  }

  /** One piece of work at a turn of the loop, by the step that is under way. */
  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, walk: GroupWalk): void {
    const isEnd = ge(load(watermark.mem, watermark.field), i64(NEVER))
    const spent = k.let('spent', i32(0))
    const spend: Spend = rows => k.set(spent, add(spent, rows))
    k.loop('due_panes', done => {
      const step = k.let('step', load(this.head, 'step'))
      const choose = ([[at, work], ...others]: readonly (readonly [number, () => void])[]): void => {
        if (others.length === 0) work()
        else k.if(eq(step, i32(at)), work, () => choose(others))
      }
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      spend(i32(1))
      const hasWork = and(isEnd, ne(this.waiting, i32(0)))
      k.breakIf(and(eq(step, i32(Step.idle)), not(hasWork)), done)
      choose([
        [Step.idle, () => this.#scan(k)],
        [Step.begin, () => this.#begin(k, walk, isEnd)],
        [Step.combine, () => this.#combine(k, walk, spend)],
        [Step.leave, () => this.#leave(k, walk, isEnd, spend)],
        [Step.turn, () => this.#turn(k, walk)],
        [Step.forget, () => this.#forget(k, walk)],
      ])
    })
  }

  /** The input has ended: the next window of each group leaves as it is, if rows have come since the last one did. */
  #scan(k: KernelBuilder): void {
    const entry = k.let('entry', load(this.head, 'scan'))
    k.phase('apply')
    k.if(
      ge(entry, load(this.#groups.head, 'high')),
      () => k.put(this.head, 'step', i32(Step.forget)),
      () => {
        k.put(this.head, 'scan', add(entry, i32(1)))
        const isGroup = eq(load(this.#groups.entries, 'start', entry), HOME)
        const isPartial = gt(this.#of('filled', entry), i32(0))
        const isBetween = lt(this.#of('until', entry), i32(this.#shape.slidePanes))
        k.if(and(isGroup, or(isPartial, isBetween)), () => {
          k.put(this.head, 'group', entry)
          k.put(this.head, 'step', i32(Step.begin))
        })
      },
    )
  }

  #forget(k: KernelBuilder, walk: GroupWalk): void {
    const left = k.let('left', load(this.head, 'scan'))
    k.phase('apply')
    k.if(
      eq(left, i32(0)),
      () => {
        k.put(this.head, 'waiting', i32(0))
        k.put(this.head, 'step', i32(Step.idle))
      },
      () => {
        walk.drop(sub(left, i32(1)))
        k.put(this.head, 'scan', sub(left, i32(1)))
      },
    )
  }

  #begin(k: KernelBuilder, walk: GroupWalk, isEnd: Expr): void {
    const group = k.let('group', load(this.head, 'group'))
    const until = k.let('until', this.#of('until', group))
    k.phase('apply')
    k.if(
      or(isEnd, eq(until, i32(1))),
      () => {
        k.if(
          this.#isFirst,
          () => k.put(this.head, 'result', walk.spare(group)),
          () => walk.clear(load(this.head, 'result'), group),
        )
        this.#put(k, 'number', load(this.head, 'result'), this.#of('number', group))
        k.put(this.head, 'pane', this.#next(this.#of('pane', group)))
        k.put(this.head, 'left', this.#of('panes', group))
        // At the end of input the window may still have panes to come, and does not reach back so far.
        k.put(this.head, 'wanted', sub(i32(this.#shape.sizePanes + 1), until))
        k.put(this.head, 'step', i32(Step.combine))
      },
      () => {
        this.#put(k, 'until', group, sub(until, i32(1)))
        k.put(this.head, 'step', i32(Step.turn))
      },
    )
  }

  /** Takes in one pane, or a part of it, or passes over one that the window does not reach. */
  #combine(k: KernelBuilder, walk: GroupWalk, spend: Spend): void {
    const [pane, left] = ['pane', 'left'].map(field => k.let(field, load(this.head, field)))
    const result = load(this.head, 'result')
    const isWanted = k.let('is_wanted', le(left, load(this.head, 'wanted')))
    k.if(isWanted, () => walk.reserveCombine(result, pane))
    const cost = k.let('cost', walk.combineRows(pane))
    k.phase('apply')
    const next = (): void => {
      k.put(this.head, 'pane', this.#next(pane))
      k.put(this.head, 'left', sub(left, i32(1)))
      k.if(le(left, i32(1)), () => k.put(this.head, 'step', i32(Step.leave)))
    }
    const taken = (): void => {
      spend(cost)
      next()
    }
    k.if(isWanted, () => when(k, walk.combine(result, pane), taken), next)
  }

  #leave(k: KernelBuilder, walk: GroupWalk, isEnd: Expr, spend: Spend): void {
    const result = k.let('result', load(this.head, 'result'))
    spend(walk.rows(result))
    walk.each(NO_BOUNDS, result)
    k.phase('apply')
    k.if(
      isEnd,
      () => k.put(this.head, 'step', i32(Step.idle)),
      () => {
        this.#passOn(k, k.let('group', load(this.head, 'group')))
        k.put(this.head, 'step', i32(Step.turn))
      },
    )
  }

  /** The next pane: one more, until a window is full of them, then the oldest one. */
  #turn(k: KernelBuilder, walk: GroupWalk): void {
    const group = k.let('group', load(this.head, 'group'))
    const panes = k.let('panes', this.#of('panes', group))
    k.phase('apply')
    k.if(lt(panes, i32(this.#shape.sizePanes)), () => {
      const full = k.let('full', this.#of('pane', group))
      const added = walk.spare(group)
      k.store(this.#groups.entries, 'next', added, this.#next(full))
      k.store(this.#groups.entries, 'next', full, added)
      this.#put(k, 'panes', group, add(panes, i32(1)))
    })
    this.#reuse(k, group, walk.clear)
    k.put(this.head, 'step', i32(Step.idle))
    k.put(this.head, 'deadline', i64(NEVER))
  }
}
