/**
 * Sessions: rows of a key that follow each other within a gap. Time is cut into panes as long as the gap, and a group
 * is kept for each key and pane: rows of one pane are of one session whatever comes between them, and a session is a
 * run of panes, each of which begins less than a gap behind the one before. So nothing is merged while rows come, in
 * whatever order; when the last pane of a run is due, the run is combined in order of time and leaves.
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
  or,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { type Leave, when } from './control.ts'
import {
  type Bounds,
  closingOf,
  type GroupWalk,
  type GroupWindows,
  NEVER,
  type Pane,
  type Spend,
  type TimeField,
} from './group-windows.ts'
import { DeadlineHeap } from './heap.ts'
import type { HashTable } from './table.ts'

/** The next session has to be found; its first pane is; its panes are combined; it leaves. */
const Step = { idle: 0, back: 1, merge: 2, leave: 3 } as const
const NONE = -1

/** Times of the first and the last row of a pane, and the number of the row that made it. */
export const sessionFields = {
  first_time: 'i64',
  last_time: 'i64',
  arrival: 'i64',
} as const satisfies FieldSpecs

export interface SessionRule {
  /** From the last row of a session to its end. */
  readonly gap: bigint
  /** Rows join that are less than this apart. */
  readonly reach: bigint
  /** From where nothing joins any more to when it closes. */
  readonly lateness: bigint
}

export class Sessions implements GroupWindows {
  readonly head: Mem
  readonly growables = []
  readonly #rule: SessionRule
  readonly #heap: DeadlineHeap
  readonly #groups: HashTable

  constructor(groups: HashTable, rule: SessionRule) {
    this.head = rowLayout('sessions_due', 'state', {
      deadline: 'i64',
      waiting: 'i32',
      /** Of the session that is closing: the step, its first pane as far as it is known, and the one to come. */
      step: 'i32',
      result: 'i32',
      pane: 'i32',
    })
    this.#rule = rule
    this.#heap = new DeadlineHeap('session_ends', this.head, true)
    this.#groups = groups
  }

  get heads(): readonly Mem[] {
    return [this.head]
  }

  /** An item for each group. */
  get groupParts(): Growable['parts'] {
    return [{ mem: this.#heap.items, rowsPerUnit: 1 }]
  }

  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.head, 'waiting')
  }

  #of(field: keyof typeof sessionFields, group: Expr): Expr {
    return load(this.#groups.entries, field, group)
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'deadline', i64(NEVER))
  }

  reserve(): void {}

  bounds(_k: KernelBuilder, { start, from, firstEnd }: Pane): Bounds {
    return { start, from, closes: closingOf(firstEnd, this.#rule.lateness) }
  }

  append(k: KernelBuilder, { from, closes }: Bounds, group: Expr, arrival: Expr): void {
    const { entries } = this.#groups
    k.store(entries, 'first_time', group, from)
    k.store(entries, 'last_time', group, from)
    k.store(entries, 'arrival', group, arrival)
    this.#push(k, closes, group)
  }

  /** An item whose time is too early, because rows came after it was made, goes back when it is due. */
  #push(k: KernelBuilder, time: Expr, group: Expr): void {
    this.#heap.push(k, time, group, this.#of('arrival', group))
    this.#setDeadline(k)
  }

  #setDeadline(k: KernelBuilder): void {
    k.put(this.head, 'deadline', this.#heap.earliest(i64(NEVER)))
  }

  take(k: KernelBuilder, { from }: Pane, group: Expr): void {
    const { entries } = this.#groups
    k.if(lt(from, this.#of('first_time', group)), () => k.store(entries, 'first_time', group, from))
    k.if(gt(from, this.#of('last_time', group)), () => k.store(entries, 'last_time', group, from))
  }

  /** Does a row join a session that is there, from which it differs by less than the reach? */
  holds(k: KernelBuilder, { start, from }: Pane, find: (start: Expr) => Expr): Expr {
    const { reach } = this.#rule
    const same = find(start)
    const before = find(k.let('start', sub(start, i64(reach))))
    const behind = find(k.let('start', add(start, i64(reach))))
    const holds = k.let('holds', ge(same, i32(0)))
    k.if(ge(before, i32(0)), () => k.set(holds, or(holds, this.#meet(this.#of('last_time', before), from))))
    k.if(ge(behind, i32(0)), () => k.set(holds, or(holds, this.#meet(from, this.#of('first_time', behind)))))
    return holds
  }

  /** Are two times that follow each other of one session? */
  #meet(earlier: Expr, later: Expr): Expr {
    return and(le(earlier, later), lt(sub(later, earlier), i64(this.#rule.reach)))
  }

  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, walk: GroupWalk): void {
    const spent = k.let('spent', i32(0))
    const spend: Spend = rows => k.set(spent, add(spent, rows))
    k.loop('due_sessions', done => {
      const step = k.let('step', load(this.head, 'step'))
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, i32(1)))
      k.if(
        eq(step, i32(Step.idle)),
        () => {
          k.breakIf(eq(this.waiting, i32(0)), done)
          k.breakIf(gt(load(this.head, 'deadline'), load(watermark.mem, watermark.field)), done)
          this.#begin(k, walk)
        },
        () =>
          k.if(
            eq(step, i32(Step.back)),
            () => this.#back(k, walk),
            () =>
              k.if(
                eq(step, i32(Step.merge)),
                () => this.#merge(k, walk, spend),
                () => this.#leave(k, walk, spend),
              ),
          ),
      )
    })
  }

  /** The pane that is due may have got later rows, or may not be the last of its session. */
  #begin(k: KernelBuilder, walk: GroupWalk): void {
    const { reach, lateness } = this.#rule
    const group = k.let('group', load(this.#heap.items, 'id', i32(0)))
    const closes = k.let('closes', add(this.#of('last_time', group), i64(reach + lateness)))
    k.phase('apply')
    const isEarly = k.let('is_early', lt(load(this.head, 'deadline'), closes))
    this.#heap.pop(k)
    k.if(
      isEarly,
      () => this.#heap.push(k, closes, group, this.#of('arrival', group)),
      () => {
        const next = this.#next(k, walk, group)
        k.if(lt(next, i32(0)), () => {
          k.put(this.head, 'result', group)
          k.put(this.head, 'step', i32(Step.back))
        })
      },
    )
    this.#setDeadline(k)
  }

  /** The pane behind a pane, if it is of the same session, or NONE. */
  #next(k: KernelBuilder, walk: GroupWalk, group: Expr): Local {
    return this.#neighbour(k, walk, group, i64(this.#rule.reach), next =>
      this.#meet(this.#of('last_time', group), this.#of('first_time', next)),
    )
  }

  #previous(k: KernelBuilder, walk: GroupWalk, group: Expr): Local {
    return this.#neighbour(k, walk, group, i64(-this.#rule.reach), previous =>
      this.#meet(this.#of('last_time', previous), this.#of('first_time', group)),
    )
  }

  #neighbour(
    k: KernelBuilder,
    walk: GroupWalk,
    group: Expr,
    ticks: Expr,
    meets: (other: Expr) => Expr,
  ): Local {
    const start = k.let('start', add(load(this.#groups.entries, 'start', group), ticks))
    const found = walk.find(group, start)
    const neighbour = k.let('neighbour', i32(NONE))
    k.if(ge(found, i32(0)), () => k.if(meets(found), () => k.set(neighbour, found)))
    return neighbour
  }

  #back(k: KernelBuilder, walk: GroupWalk): void {
    const result = k.let('result', load(this.head, 'result'))
    const previous = this.#previous(k, walk, result)
    k.phase('apply')
    k.if(
      ge(previous, i32(0)),
      () => k.put(this.head, 'result', previous),
      () => {
        k.put(this.head, 'pane', this.#next(k, walk, result))
        k.put(this.head, 'step', i32(Step.merge))
      },
    )
  }

  /** Takes one pane, or a part of it, into the first, which becomes the session. */
  #merge(k: KernelBuilder, walk: GroupWalk, spend: Spend): void {
    const [result, pane] = ['result', 'pane'].map(field => k.let(field, load(this.head, field)))
    k.if(ge(pane, i32(0)), () => walk.reserveCombine(result, pane))
    k.phase('apply')
    k.if(
      lt(pane, i32(0)),
      () => k.put(this.head, 'step', i32(Step.leave)),
      () => {
        const cost = k.let('cost', walk.combineRows(pane))
        const isTaken = walk.combine(result, pane)
        when(k, isTaken, () => {
          spend(cost)
          k.put(this.head, 'pane', this.#next(k, walk, pane))
          k.store(this.#groups.entries, 'last_time', result, this.#of('last_time', pane))
          walk.drop(pane)
        })
      },
    )
  }

  #leave(k: KernelBuilder, walk: GroupWalk, spend: Spend): void {
    const result = k.let('result', load(this.head, 'result'))
    spend(walk.rows(result))
    const start = k.let('from', this.#of('first_time', result))
    const end = k.let('to', add(this.#of('last_time', result), i64(this.#rule.gap)))
    walk.each({ start, end }, result)
    k.phase('apply')
    walk.drop(result)
    k.put(this.head, 'step', i32(Step.idle))
  }
}
