/**
 * Sessions of the model: of each key those that are open, one by one. A row that comes between two joins them: the earlier
 * takes in the later, and then the row, which the order of floating-point additions shows.
 */
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { changes, isEager, saysChanges } from '../../ir/logical/emit.ts'
import { reachOf, type SessionWindow } from '../../ir/logical/window.ts'
import { Aggregation, type Brought, joined, type Lists, order } from './aggregation.ts'
import type { Item, Operator, Surroundings } from './operator.ts'

export interface Session extends Brought {
  readonly first: bigint
  readonly last: bigint
  /** The number of the row that made it. */
  readonly number: bigint
}

export class Sessions extends Aggregation {
  readonly #spec: SessionWindow
  protected open: readonly Session[] = []
  #joins = 0

  constructor(node: Aggregate, spec: SessionWindow, next: Operator, run: Surroundings) {
    super(node, next, run)
    this.#spec = spec
  }

  protected get reach(): bigint {
    return reachOf(this.#spec)
  }

  #timeOf({ row }: Item): bigint {
    return row[this.#spec.column] as bigint
  }

  /** Those that a row belongs to: none, one, or two that it comes between. */
  #sessionsOf(item: Item): readonly Session[] {
    const time = this.#timeOf(item)
    const key = this.keyOf(item)
    return this.open
      .filter(one => one.key === key && time < one.last + this.reach && one.first < time + this.reach)
      .toSorted((a, b) => order(a.first, b.first))
  }

  protected isLate(item: Item): boolean {
    const closes = this.#timeOf(item) + this.reach + this.lateness
    return closes <= this.timeFor(item) && this.#sessionsOf(item).length === 0
  }

  protected take(item: Item, number: bigint): void {
    const brought = this.brought(item, number, { lane: 0, parts: [] })
    const time = this.#timeOf(item)
    const found = this.#sessionsOf(item)
    const session = found.length === 2 ? this.#join(found[0], found[1], item, number) : found.at(0)
    const lists = session ? joined(session.lists, brought.lists) : brought.lists
    this.accept(lists)
    const times = [time, ...(session ? [session.first, session.last] : [])].toSorted(order)
    const grown = {
      ...(session ?? { ...brought, number }),
      first: times[0],
      last: times[times.length - 1],
      lists,
    }
    this.#replace(session ? [session] : [], grown)
    this.changed(session, grown, item, number)
  }

  /** As it is by now. */
  #find({ number }: Session): Session | undefined {
    return this.open.find(one => one.number === number)
  }

  /** A row was taken into a session. */
  protected changed(before: Session | undefined, now: Session, _item: Item, _number: bigint): void {
    if (isEager(this.node.emit)) this.#tellChange(before, now)
  }

  /** A row that is to be taken has joined two sessions. */
  protected joined(earlier: Session, later: Session, whole: Session, _item: Item, _number: bigint): void {
    if (!isEager(this.node.emit) || !saysChanges(this.node.emit)) return
    this.tell(later, changes.delete)
    this.#tellChange(earlier, whole)
  }

  /** What a session comes to, right behind what it came to before. */
  #tellChange(before: Session | undefined, now: Session): void {
    if (before && saysChanges(this.node.emit)) this.tell(before, changes.updateBefore)
    this.tell(now, before ? changes.updateAfter : changes.insert)
  }

  protected tell({ first, last, keys, lists }: Session, change: number): void {
    this.emit({ start: first, end: last + this.#spec.gapTicks }, keys, [lists], change)
  }

  #join(earlier: Session, later: Session, item: Item, number: bigint): Session | undefined {
    const lists = joined(earlier.lists, asPart(later.lists, `${this.#joins++}`))
    this.accept(lists)
    const whole = { ...earlier, last: later.last, lists }
    this.#replace([earlier, later], whole)
    this.joined(earlier, later, whole, item, number)
    return this.#find(whole)
  }

  #replace(gone: readonly Session[], session: Session): void {
    this.open = [...this.open.filter(one => !gone.includes(one)), session]
  }

  protected close(time: bigint): void {
    const closesAt = ({ last }: Session): bigint => last + this.reach + this.lateness
    const due = this.open.filter(one => closesAt(one) <= time)
    this.open = this.open.filter(one => !due.includes(one))
    if (isEager(this.node.emit)) return
    for (const one of due.toSorted((a, b) => order(a.last, b.last) || order(a.number, b.number)))
      this.tell(one, changes.insert)
  }
}

/** The same rows as what was aggregated for itself. */
const asPart = (lists: Lists, name: string): Lists =>
  lists.map(list => list.map(row => ({ ...row, parts: [name, ...row.parts] })))
