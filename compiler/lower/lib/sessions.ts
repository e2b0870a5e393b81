/**
 * Sessions: rows of a key that follow each other within a gap, each session a group. Those of a key are a list in order of
 * time. The table finds the latest, which takes most rows; a row that comes late looks back from there. A row that comes
 * between two sessions joins them: the earlier one takes in the later. When a session ends it is the first of its list.
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
  load,
  lt,
  or,
  select,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { type Leave, when } from './control.ts'
import {
  type Bounds,
  type Closed,
  closingOf,
  type GroupWalk,
  type GroupWindows,
  HOME,
  NEVER,
  NOWHERE,
  type Pane,
  type TimeField,
} from './group-windows.ts'
import { hashWords, wordsOf } from './hash.ts'
import { DeadlineHeap } from './heap.ts'
import type { HashTable } from './table.ts'

const NONE = -1
/** Slots that a new session needs: the latest of its key so far goes elsewhere. */
export const SESSION_ROOM = 2

/** Times of the first and the last row, the number of the row that made it, its neighbours, its place among those to close. */
export const sessionFields = {
  first_time: 'i64',
  last_time: 'i64',
  arrival: 'i64',
  earlier: 'i32',
  later: 'i32',
  due_place: 'i32',
} as const satisfies FieldSpecs
type SessionField = keyof typeof sessionFields

export interface SessionRule {
  /** From the last row of a session to its end. */
  readonly gap: bigint
  /** Rows join that are less than this apart. */
  readonly reach: bigint
  /** From where nothing joins any more to when it closes. */
  readonly lateness: bigint
  readonly watermark: TimeField
}

/** What a row has found. */
export interface Sought {
  /** The session that takes it, or -1. */
  readonly session: Expr
  /** The one before, where it joins both, or -1. */
  readonly bridged: Expr
  /** Does it need a new one, or does it join two? */
  readonly isMissing: Expr
  /** Writes down what it needs, for `place` or `join`. */
  note(): void
}

/** How a session takes in another one. */
export type Combining = Pick<GroupWalk, 'combine' | 'drop' | 'reserveCombine'>

export class Sessions implements GroupWindows {
  readonly head: Mem
  readonly growables = []
  /** What the row under way has found. */
  readonly sought: Mem
  protected readonly rule: SessionRule
  protected readonly heap: DeadlineHeap
  protected readonly groups: HashTable

  constructor(groups: HashTable, rule: SessionRule) {
    this.head = rowLayout('sessions_due', 'state', {
      deadline: 'i64',
      waiting: 'i32',
      /** A session that has joined an earlier one, which does not have all of it yet; and that one. */
      joined: 'i32',
      joining: 'i32',
    })
    this.sought = rowLayout('session_sought', 'scratch', {
      latest: 'i32',
      earlier: 'i32',
      later: 'i32',
      joins: 'i32',
    })
    this.rule = rule
    const places = { mem: groups.entries, field: 'due_place' }
    this.heap = new DeadlineHeap('session_ends', this.head, true, { places })
    this.groups = groups
  }

  get heads(): readonly Mem[] {
    return [this.head, this.sought]
  }

  /** An item for each group. */
  get groupParts(): Growable['parts'] {
    return [{ mem: this.heap.items, rowsPerUnit: 1 }]
  }

  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.head, 'waiting')
  }

  protected of(field: SessionField, session: Expr): Expr {
    return load(this.groups.entries, field, session)
  }

  protected put(k: KernelBuilder, field: SessionField, session: Expr, value: Expr): void {
    k.store(this.groups.entries, field, session, value)
  }

  #sought(field: string): Expr {
    return load(this.sought, field)
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'deadline', i64(NEVER))
    k.put(this.head, 'joined', i32(NONE))
  }

  reserve(k: KernelBuilder, leave: Leave): void {
    this.groups.reserve(k, leave, SESSION_ROOM)
  }

  bounds(_k: KernelBuilder, { start, from, firstEnd }: Pane): Bounds {
    return { start, from, closes: closingOf(firstEnd, this.rule.lateness) }
  }

  /** Looks for the session of a row, by the latest of its key, or -1. Each step back is one more row of the budget. */
  seek(
    { k, spend }: { readonly k: KernelBuilder; spend(rows: number): void },
    { from: time, lastEnd: end }: Pane,
    latest: Expr,
  ): Sought {
    const session = k.let('session', latest)
    const later = k.let('later', i32(NONE))
    k.loop('earlier_sessions', label => {
      k.breakIf(lt(session, i32(0)), label)
      k.breakIf(gt(end, this.of('first_time', session)), label)
      spend(1)
      k.set(later, session)
      k.set(session, this.of('earlier', session))
    })
    const taker = k.let('taker', i32(NONE))
    const bridged = k.let('bridged', i32(NONE))
    this.#ifTakes(k, session, time, () => {
      k.set(taker, session)
      k.if(lt(time, this.of('first_time', session)), () => {
        const before = k.let('before', this.of('earlier', session))
        this.#ifTakes(k, before, time, () => k.set(bridged, before))
      })
    })
    const joins = ge(bridged, i32(0))
    return {
      session: taker,
      bridged,
      isMissing: or(lt(taker, i32(0)), joins),
      note: () => {
        k.put(this.sought, 'latest', latest)
        k.put(this.sought, 'earlier', select(joins, bridged, session))
        k.put(this.sought, 'later', select(joins, taker, later))
        k.put(this.sought, 'joins', toInt(joins))
      },
    }
  }

  /** Is there a session that is open, and does the time come before its end? */
  #ifTakes(k: KernelBuilder, session: Expr, time: Expr, then: () => void): void {
    const { reach, lateness, watermark } = this.rule
    k.if(ge(session, i32(0)), () => {
      const end = k.let('session_end', add(this.of('last_time', session), i64(reach)))
      const isOpen = gt(closingOf(end, lateness), load(watermark.mem, watermark.field))
      k.if(and(lt(time, end), isOpen), then)
    })
  }

  /** Does the row that was noted join two sessions? Else it needs a new one. */
  get joins(): Expr {
    return eq(this.#sought('joins'), i32(1))
  }

  /** The hash and the start under which the new session is kept: the latest of its key is found by the key. */
  place(k: KernelBuilder, hash: Expr, { from }: Bounds): { readonly hash: Expr; readonly start: Expr } {
    const latest = k.let('latest', this.#sought('latest'))
    const isLatest = k.let('is_latest', lt(this.#sought('later'), i32(0)))
    const own = k.let('own_hash', hash)
    k.if(
      isLatest,
      () => k.if(ge(latest, i32(0)), () => this.#hide(k, latest)),
      () => k.set(own, hashWords(k, wordsOf(from))),
    )
    return { hash: own, start: select(isLatest, HOME, NOWHERE) }
  }

  /** No row finds a session by its key any more. */
  #hide(k: KernelBuilder, session: Expr): void {
    this.groups.rehash(k, session, hashWords(k, [session]))
    k.store(this.groups.entries, 'start', session, NOWHERE)
  }

  append(k: KernelBuilder, { from, closes }: Bounds, session: Expr, arrival: Expr): void {
    const [earlier, later] = ['earlier', 'later'].map(field => k.let(field, this.#sought(field)))
    this.put(k, 'first_time', session, from)
    this.put(k, 'last_time', session, from)
    this.put(k, 'arrival', session, arrival)
    this.#link(k, earlier, session)
    this.#link(k, session, later)
    this.heap.push(k, closes, session, this.of('arrival', session))
    this.setDeadline(k)
  }

  /** Makes two sessions neighbours; none stands for an end of the list. */
  #link(k: KernelBuilder, earlier: Expr, later: Expr): void {
    k.if(ge(earlier, i32(0)), () => this.put(k, 'later', earlier, later))
    k.if(ge(later, i32(0)), () => this.put(k, 'earlier', later, earlier))
  }

  /** An item whose time is too early, because rows came after it was made, goes back when it is due. */
  protected setDeadline(k: KernelBuilder): void {
    k.put(this.head, 'deadline', this.heap.earliest(i64(NEVER)))
  }

  take(k: KernelBuilder, { from }: Pane, session: Expr): void {
    k.if(lt(from, this.of('first_time', session)), () => this.put(k, 'first_time', session, from))
    k.if(gt(from, this.of('last_time', session)), () => this.put(k, 'last_time', session, from))
  }

  /** The earlier of two sessions that a row joins, and the later. */
  joining(k: KernelBuilder): readonly [Local, Local] {
    return [k.let('into', this.#sought('earlier')), k.let('from', this.#sought('later'))]
  }

  boundsOf(session: Expr): Closed {
    const end = add(this.of('last_time', session), i64(this.rule.gap))
    return { start: this.of('first_time', session), end }
  }

  /** The session that was noted as the later joins the earlier one, which then has the place of both. */
  join(k: KernelBuilder, hash: Expr, _time: Expr): void {
    const { entries } = this.groups
    const [into, from] = this.joining(k)
    this.put(k, 'last_time', into, this.of('last_time', from))
    const behind = k.let('behind', this.of('later', from))
    this.put(k, 'later', into, behind)
    k.if(ge(behind, i32(0)), () => this.put(k, 'earlier', behind, into))
    this.heap.remove(k, this.of('due_place', from))
    this.setDeadline(k)
    k.if(eq(load(entries, 'start', from), HOME), () => {
      this.#hide(k, from)
      this.groups.rehash(k, into, hash)
      k.store(entries, 'start', into, HOME)
    })
    k.put(this.head, 'joined', from)
    k.put(this.head, 'joining', into)
  }

  /** Takes in what has joined, which may leave at any step: nothing else may come before. */
  takeIn(k: KernelBuilder, leave: Leave, { combine, drop, reserveCombine }: Combining): void {
    const spent = k.let('spent', i32(0))
    k.loop('take_in', done => {
      const [from, into] = ['joined', 'joining'].map(field => k.let(field, load(this.head, field)))
      k.breakIf(lt(from, i32(0)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      reserveCombine(into, from)
      k.phase('apply')
      k.set(spent, add(spent, i32(1)))
      this.#combine(k, into, from, { combine, drop })
    })
  }

  /** The same where it takes one step and no room. */
  takeInAtOnce(k: KernelBuilder, combining: Pick<Combining, 'combine' | 'drop'>): void {
    const [from, into] = ['joined', 'joining'].map(field => k.let(field, load(this.head, field)))
    this.#combine(k, into, from, combining)
  }

  #combine(
    k: KernelBuilder,
    into: Local,
    from: Local,
    { combine, drop }: Pick<Combining, 'combine' | 'drop'>,
  ): void {
    when(k, combine(into, from), () => {
      k.put(this.head, 'joined', i32(NONE))
      drop(from)
    })
  }

  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, walk: GroupWalk): void {
    const { reach, lateness } = this.rule
    this.takeIn(k, leave, walk)
    const spent = k.let('spent', i32(0))
    k.loop('due_sessions', done => {
      k.breakIf(eq(this.waiting, i32(0)), done)
      k.breakIf(gt(load(this.head, 'deadline'), load(watermark.mem, watermark.field)), done)
      const session = k.let('session', load(this.heap.items, 'id', i32(0)))
      const last = k.let('last', this.of('last_time', session))
      const closes = k.let('closes', closingOf(add(last, i64(reach)), lateness))
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.if(
        lt(load(this.head, 'deadline'), closes),
        () => {
          k.phase('apply')
          k.set(spent, add(spent, i32(1)))
          this.heap.delay(k, i32(0), closes)
        },
        () => {
          const cost = k.let('cost', walk.rows(session))
          walk.each(this.boundsOf(session), session)
          k.phase('apply')
          k.set(spent, add(spent, cost))
          this.leaveRoot(k, session, walk)
        },
      )
      k.phase('apply')
      this.setDeadline(k)
    })
  }

  /** The session that is due is forgotten. */
  protected leaveRoot(k: KernelBuilder, session: Expr, { drop }: Pick<GroupWalk, 'drop'>): void {
    this.heap.pop(k)
    const later = k.let('later', this.of('later', session))
    k.if(ge(later, i32(0)), () => this.put(k, 'earlier', later, i32(NONE)))
    drop(session)
  }
}
