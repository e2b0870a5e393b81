/**
 * Sessions that give several results, each of which replaces the one before: early ones, those at their end, and corrections
 * for rows that come behind it. Where results are changes, what was given of a session that has joined another is taken back.
 * All that is at once due comes before the next row; the rest in the order of time, of equal times ends before early results.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  bool,
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
  or,
  select,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Leave } from './control.ts'
import { EarlyResults, timeOf } from './early-results.ts'
import { type Bounds, closingOf, type GroupWalk, NEVER, type TimeField, type Touch } from './group-windows.ts'
import { type Refinement, says, Why } from './refinement.ts'
import { type Combining, type SessionRule, Sessions } from './sessions.ts'
import type { HashTable } from './table.ts'

/** In place of why a session gives a result: it has none to give yet. */
const LATER = -1
const NONE = -1

/** The end that it had when it gave its result there; another where it has not. */
export const refinedSessionFields = { said_end: 'i64' } as const satisfies FieldSpecs

export class RefinedSessions extends Sessions {
  readonly #refinement: Refinement
  readonly #early: EarlyResults | undefined
  readonly #refined: Mem

  constructor(groups: HashTable, rule: SessionRule, refinement: Refinement) {
    super(groups, rule)
    this.#refinement = refinement
    this.#early = refinement.early && new EarlyResults(groups.entries, refinement.early)
    /** The session that a late row has changed, and one that is to be taken back. */
    this.#refined = rowLayout('refined_sessions', 'state', { late: 'i32', withdrawn: 'i32' })
  }

  override get heads(): readonly Mem[] {
    return [...super.heads, this.#refined, ...(this.#early ? [this.#early.changed.head] : [])]
  }

  override init(k: KernelBuilder): void {
    super.init(k)
    for (const field of ['late', 'withdrawn']) k.put(this.#refined, field, i32(NONE))
    this.#early?.changed.init(k)
  }

  initGroup(k: KernelBuilder, session: Expr): void {
    this.#unsay(k, session)
    this.#early?.changed.initGroup(k, session)
  }

  #unsay(k: KernelBuilder, session: Expr): void {
    k.store(this.groups.entries, 'said_end', session, i64(this.#refinement.noTime))
  }

  #said(session: Expr): Expr {
    return load(this.groups.entries, 'said_end', session)
  }

  get #late(): Expr {
    return load(this.#refined, 'late')
  }

  get #withdrawn(): Expr {
    return load(this.#refined, 'withdrawn')
  }

  get #wm(): Expr {
    return timeOf(this.#refinement.watermark)
  }

  /** From where nothing joins a session any more. */
  #endOf(session: Expr): Expr {
    return add(this.of('last_time', session), i64(this.rule.reach))
  }

  /** One that begins behind its end gives its result with the row that it is made by. */
  override append(k: KernelBuilder, bounds: Bounds, session: Expr, arrival: Expr): void {
    const end = k.let('end', add(bounds.from, i64(this.rule.reach)))
    const closes = this.#refinement.corrects ? select(le(end, this.#wm), bounds.closes, end) : bounds.closes
    super.append(k, { ...bounds, closes }, session, arrival)
  }

  touch(k: KernelBuilder, { group: session, time, stopIfDue }: Touch): void {
    const early = (): void => this.#early?.change(k, session, time, () => this.setDeadline(k))
    if (!this.#refinement.corrects) {
      early()
      return
    }
    k.if(
      le(this.#endOf(session), this.#wm),
      () => {
        k.put(this.#refined, 'late', session)
        this.setDeadline(k)
        stopIfDue()
      },
      () => {
        k.if(ne(this.#said(session), i64(this.#refinement.noTime)), () => this.#awaitEnd(k, session))
        early()
      },
    )
  }

  /** A session that had ended goes on. */
  #awaitEnd(k: KernelBuilder, session: Expr): void {
    this.#unsay(k, session)
    this.heap.remove(k, this.of('due_place', session))
    this.heap.push(k, this.#endOf(session), session, this.of('arrival', session))
    this.setDeadline(k)
  }

  /** What has joined gives no results any more; what it has joined gives another at once where it has ended. */
  override join(k: KernelBuilder, hash: Expr, time: Expr): void {
    super.join(k, hash, time)
    const [into, from] = this.joining(k)
    this.#early?.changed.delete(k, from)
    this.#early?.change(k, into, time, () => this.setDeadline(k))
    if (this.#refinement.corrects) this.#awaitEnd(k, into)
  }

  override takeInAtOnce(k: KernelBuilder, combining: Pick<Combining, 'combine' | 'drop'>): void {
    const withdraw = (session: Expr): void =>
      k.if(
        ne(load(this.groups.entries, 'emitted', session), i32(0)),
        () => k.put(this.#refined, 'withdrawn', session),
        () => combining.drop(session),
      )
    super.takeInAtOnce(k, this.#refinement.onlyChanged ? { ...combining, drop: withdraw } : combining)
    this.setDeadline(k)
  }

  protected override setDeadline(k: KernelBuilder): void {
    const ends = this.heap.earliest(i64(NEVER))
    const time = this.#early?.before(ends) ?? ends
    const isAtOnce = or(ge(this.#late, i32(0)), ge(this.#withdrawn, i32(0)))
    k.put(this.head, 'deadline', select(isAtOnce, i64(this.#refinement.noTime), time))
  }

  override advance(k: KernelBuilder, leave: Leave, _watermark: TimeField, walk: GroupWalk): void {
    this.takeIn(k, leave, walk)
    const spent = k.let('spent', i32(0))
    k.loop('due_results', done => {
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, i32(1)))
      const withdrawn = k.let('withdrawn', this.#withdrawn)
      k.if(
        ge(withdrawn, i32(0)),
        () => this.#withdraw(k, walk, withdrawn),
        () => {
          const why = k.let('why', i32(Why.correction))
          const session = k.let('session', this.#late)
          k.if(lt(session, i32(0)), () => this.#choose(k, done, why, session))
          k.if(
            eq(why, i32(LATER)),
            () => {
              k.phase('apply')
              this.heap.delay(k, i32(0), this.#nextTime(k, session))
            },
            () => this.#give(k, walk, why, session, rows => k.set(spent, add(spent, rows))),
          )
        },
      )
      k.phase('apply')
      this.setDeadline(k)
    })
  }

  #withdraw(k: KernelBuilder, walk: GroupWalk, session: Expr): void {
    walk.takeBack?.(session)
    k.phase('apply')
    k.put(this.#refined, 'withdrawn', i32(NONE))
    walk.drop(session)
  }

  /** The next session, and why. Leaves the loop where nothing is due. */
  #choose(k: KernelBuilder, done: string, why: Local, session: Local): void {
    const ofEnds = (): void => {
      k.breakIf(eq(this.waiting, i32(0)), done)
      const earliest = k.let('earliest', this.heap.earliest(i64(NEVER)))
      k.breakIf(gt(earliest, this.#wm), done)
      k.set(session, load(this.heap.items, 'id', i32(0)))
      const time = k.let('next_time', this.#nextTime(k, session))
      const isSaid = this.#refinement.corrects ? this.#isSaid(session) : bool(true)
      const last = select(isSaid, i32(Why.close), i32(Why.end))
      k.set(why, select(gt(time, earliest), i32(LATER), last))
    }
    const early = this.#early
    if (!early) {
      ofEnds()
      return
    }
    k.if(
      early.isDue(this.heap.earliest(i64(NEVER))),
      () => {
        k.set(why, i32(Why.early))
        k.set(session, early.changed.first)
      },
      ofEnds,
    )
  }

  #isSaid(session: Expr): Expr {
    return eq(this.#said(session), this.#endOf(session))
  }

  /** When it gives its result, or closes where it has. */
  #nextTime(k: KernelBuilder, session: Expr): Expr {
    const end = k.let('session_end', this.#endOf(session))
    const closes = closingOf(end, this.rule.lateness)
    return this.#refinement.corrects ? select(this.#isSaid(session), closes, end) : closes
  }

  #give(k: KernelBuilder, walk: GroupWalk, why: Expr, session: Expr, spend: (rows: Expr) => void): void {
    const isSaid = k.let('says', says(this.#refinement, why, this.#early?.changed.has(session)))
    k.if(isSaid, () => {
      spend(walk.rows(session))
      walk.each(this.boundsOf(session), session)
    })
    k.phase('apply')
    k.if(isSaid, () => walk.given?.(session))
    this.#early?.changed.delete(k, session)
    if (this.#refinement.corrects) this.#settle(k, why, session)
    k.if(eq(why, i32(Why.close)), () => this.leaveRoot(k, session, walk))
  }

  #settle(k: KernelBuilder, why: Expr, session: Expr): void {
    const end = k.let('said_end', this.#endOf(session))
    const say = (): void => k.store(this.groups.entries, 'said_end', session, end)
    k.if(eq(why, i32(Why.correction)), () => {
      k.put(this.#refined, 'late', i32(NONE))
      say()
    })
    k.if(eq(why, i32(Why.end)), () => {
      say()
      this.heap.delay(k, i32(0), closingOf(end, this.rule.lateness))
    })
  }
}
