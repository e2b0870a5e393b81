/**
 * Windows whose groups give several results, each of which replaces the one before: early ones of groups that are not
 * complete, those at the end of the window, and corrections for rows that come behind it. What is due comes in order of
 * time: a correction before the next row; of what is due at one time the windows first, then early results in the order in
 * which groups changed.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { Leave } from './control.ts'
import { EarlyResults, timeOf } from './early-results.ts'
import {
  type Closed,
  type GroupWalk,
  NEVER,
  type Spend,
  type TimeField,
  type Touch,
} from './group-windows.ts'
import { OpenWindows, type WindowShape } from './open-windows.ts'
import { type Refinement, says, Why } from './refinement.ts'
import type { HashTable } from './table.ts'

const NONE = -1

export interface RefinedRule extends WindowShape, Refinement {
  /** From the time that a window is known by to its end; undefined where there is one for all time. */
  readonly ticks: bigint | undefined
}

export class RefinedWindows extends OpenWindows {
  readonly #rule: RefinedRule
  readonly #early: EarlyResults | undefined
  readonly #refined: Mem

  constructor(id: number, groups: HashTable, rule: RefinedRule) {
    super(id, groups, rule, rule.corrects ? { unsaid: 'i32' } : {})
    this.#rule = rule
    this.#early = rule.early && new EarlyResults(groups.entries, rule.early)
    /** The group that a late row has changed. */
    this.#refined = rowLayout('refined_windows', 'state', { late: 'i32' })
  }

  override get heads(): readonly Mem[] {
    return [...super.heads, this.#refined, ...(this.#early ? [this.#early.changed.head] : [])]
  }

  override init(k: KernelBuilder): void {
    super.init(k)
    k.put(this.#refined, 'late', i32(NONE))
    this.#early?.changed.init(k)
  }

  initGroup(k: KernelBuilder, group: Expr): void {
    this.#early?.changed.initGroup(k, group)
  }

  get #late(): Expr {
    return load(this.#refined, 'late')
  }

  get #wm(): Expr {
    return timeOf(this.#rule.watermark)
  }

  /** A window that opens behind its end gives its results with the rows that it is opened by. */
  protected override opened(k: KernelBuilder, window: Expr, closes: Expr): Expr {
    const { corrects, latenessTicks } = this.#rule
    if (!corrects) return closes
    k.store(this.table.entries, 'unsaid', window, load(this.table.entries, 'first', window))
    const end = k.let('end', sub(closes, i64(latenessTicks)))
    return select(le(end, this.#wm), closes, end)
  }

  /** Group that has changed: it gives a result before the next row comes, or early, or neither. */
  touch(k: KernelBuilder, { group, end, time, stopIfDue }: Touch): void {
    const early = (): void => this.#early?.change(k, group, time, () => this.setDeadline(k))
    if (!this.#rule.corrects) {
      early()
      return
    }
    k.if(
      le(end, this.#wm),
      () => {
        k.put(this.#refined, 'late', group)
        this.setDeadline(k)
        stopIfDue()
      },
      early,
    )
  }

  protected override setDeadline(k: KernelBuilder): void {
    const { corrects, noTime } = this.#rule
    const windows = this.heap.earliest(i64(NEVER))
    const time = this.#early?.before(windows) ?? windows
    k.put(this.head, 'deadline', corrects ? select(ge(this.#late, i32(0)), i64(noTime), time) : time)
  }

  override advance(k: KernelBuilder, leave: Leave, _watermark: TimeField, walk: GroupWalk): void {
    const spent = k.let('spent', i32(0))
    const spend: Spend = rows => k.set(spent, add(spent, rows))
    k.loop('due_results', done => {
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, i32(1)))
      const why = k.let('why', i32(Why.correction))
      const group = k.let('group', this.#late)
      k.if(lt(group, i32(0)), () => this.#choose(k, done, why, group))
      k.if(
        ge(group, i32(0)),
        () => this.#give(k, walk, why, group, spend),
        () => this.#leaveWindow(k, why),
      )
    })
  }

  /** The next group, and why; none where a window is done with. Leaves the loop where nothing is due. */
  #choose(k: KernelBuilder, done: string, why: Local, group: Local): void {
    const window = (): void => {
      k.breakIf(eq(this.waiting, i32(0)), done)
      k.breakIf(gt(this.heap.earliest(i64(NEVER)), this.#wm), done)
      this.#chooseOfWindow(k, why, group)
    }
    const early = this.#early
    if (!early) {
      window()
      return
    }
    k.if(
      early.isDue(this.heap.earliest(i64(NEVER))),
      () => {
        k.set(why, i32(Why.early))
        k.set(group, early.changed.first)
      },
      window,
    )
  }

  #chooseOfWindow(k: KernelBuilder, why: Local, group: Local): void {
    const { entries } = this.table
    const window = this.#window
    k.set(why, i32(Why.close))
    k.set(group, load(entries, 'first', window))
    if (!this.#rule.corrects) return
    k.if(lt(this.heap.earliest(i64(NEVER)), load(entries, 'closes', window)), () => {
      k.set(why, i32(Why.end))
      k.set(group, load(entries, 'unsaid', window))
    })
  }

  /** The window that has work next. */
  get #window(): Expr {
    return load(this.heap.items, 'id', i32(0))
  }

  /** A group gives its result, where there is one to give, and leaves the list that it was on. */
  #give(k: KernelBuilder, walk: GroupWalk, why: Local, group: Local, spend: Spend): void {
    const isSaid = k.let('says', says(this.#rule, why, this.#early?.changed.has(group)))
    k.if(isSaid, () => {
      spend(walk.rows(group))
      walk.each(this.#boundsOf(k, group), group)
    })
    k.phase('apply')
    k.if(isSaid, () => walk.given?.(group))
    this.#early?.changed.delete(k, group)
    const next = k.let('next', load(this.groups.entries, 'next', group))
    if (this.#rule.corrects) {
      k.if(eq(why, i32(Why.correction)), () => k.put(this.#refined, 'late', i32(NONE)))
      k.if(eq(why, i32(Why.end)), () => k.store(this.table.entries, 'unsaid', this.#window, next))
    }
    k.if(eq(why, i32(Why.close)), () => {
      k.store(this.table.entries, 'first', this.#window, next)
      walk.drop(group)
    })
    this.setDeadline(k)
  }

  #boundsOf(k: KernelBuilder, group: Expr): Closed {
    const { ticks } = this.#rule
    const known = k.let('start', load(this.groups.entries, 'start', group))
    return { start: this.fromOf(k, known), end: ticks === undefined ? i64(NEVER) : add(known, i64(ticks)) }
  }

  /** All groups of a window have given their results: it waits until it closes, or is gone. */
  #leaveWindow(k: KernelBuilder, why: Local): void {
    const { entries } = this.table
    const window = k.let('window', this.#window)
    k.phase('apply')
    this.heap.pop(k)
    const close = (): void => this.table.remove(k, window)
    if (this.#rule.corrects)
      k.if(eq(why, i32(Why.end)), () => this.heap.push(k, load(entries, 'closes', window), window), close)
    else close()
    this.setDeadline(k)
  }
}
