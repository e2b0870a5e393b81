/**
 * Sessions of the model that give several results: early ones, those at their end, and corrections. What is due comes in order
 * of time, ends before what is early at the same time; what a join takes back comes before the row.
 */
import { floorDiv } from '../../ir/expr/functions/time.ts'
import { changes, corrects, saysChanges } from '../../ir/logical/emit.ts'
import { order } from './aggregation.ts'
import type { Item } from './operator.ts'
import { type Session, Sessions } from './sessions.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

/** What it gave last, the end that it gave a result at, and whether it waits for an early one. By the number of a session. */
interface Said {
  readonly given?: Session | undefined
  readonly end?: bigint
}

export class RefinedSessions extends Sessions {
  readonly #said = new Map<bigint, Said>()
  /** Numbers of those that have changed, in the order in which they did, and the time that they wait for. */
  #waiting: readonly bigint[] = []
  #due = MAX_TIME

  #endOf({ last }: Session): bigint {
    return last + this.reach
  }

  #corrects(): boolean {
    return corrects(this.node.emit)
  }

  protected override changed(_before: Session | undefined, now: Session, item: Item, number: bigint): void {
    if (this.#corrects() && this.#endOf(now) <= this.time) this.#giveAtEnd(now)
    else this.#wait(now, this.timeOf(item, number))
  }

  protected override joined(
    earlier: Session,
    later: Session,
    whole: Session,
    item: Item,
    number: bigint,
  ): void {
    const { given } = this.#said.get(later.number) ?? {}
    if (given && saysChanges(this.node.emit)) this.tell(given, changes.delete)
    this.#settle(later)
    this.#said.delete(later.number)
    this.#said.set(earlier.number, { given: this.#said.get(earlier.number)?.given })
    this.changed(earlier, whole, item, number)
  }

  #wait({ number }: Session, rowTime: bigint): void {
    const { early } = this.node.emit
    if (!early || this.#waiting.includes(number)) return
    if (this.#waiting.length === 0) {
      const now = early.clock === 'processing' ? this.now : this.time === MIN_TIME ? rowTime : this.time
      const next = (floorDiv(now, early.every) + 1n) * early.every
      this.#due = next > MAX_TIME ? MAX_TIME : next
    }
    this.#waiting = [...this.#waiting, number]
  }

  #settle({ number }: Session): void {
    this.#waiting = this.#waiting.filter(one => one !== number)
  }

  #give(session: Session): void {
    const said = this.#said.get(session.number)
    this.#said.set(session.number, { ...said, given: session })
    this.#settle(session)
    const isReplaced = saysChanges(this.node.emit) && said?.given !== undefined
    if (isReplaced && said.given) this.tell(said.given, changes.updateBefore)
    this.tell(session, isReplaced ? changes.updateAfter : changes.insert)
  }

  #giveAtEnd(session: Session): void {
    this.#give(session)
    this.#said.set(session.number, { ...this.#said.get(session.number), end: this.#endOf(session) })
  }

  #giveEarly(): void {
    for (const number of this.#waiting)
      for (const session of this.open.filter(one => one.number === number)) this.#give(session)
  }

  protected override struck(): void {
    if (this.node.emit.early?.clock === 'processing' && this.#due <= this.now) this.#giveEarly()
  }

  protected override close(time: bigint): void {
    const delay = this.#corrects() ? 0n : this.lateness
    const saysAt = (one: Session): bigint => this.#endOf(one) + delay
    const isDue = (one: Session): boolean =>
      saysAt(one) <= time && this.#said.get(one.number)?.end !== this.#endOf(one)
    for (const at of [...new Set(this.open.filter(isDue).map(saysAt))].toSorted(order)) {
      if (this.#isEarlyBefore(at, time)) this.#giveEarly()
      const due = this.open.filter(one => saysAt(one) === at && isDue(one))
      for (const one of due.toSorted((a, b) => order(a.number, b.number))) this.#giveLast(one)
    }
    if (this.#isEarlyBefore(time + 1n, time)) this.#giveEarly()
    this.open = this.open.filter(one => this.#endOf(one) + this.lateness > time)
  }

  /** With the end of input all results are those of the end. */
  #isEarlyBefore(at: bigint, time: bigint): boolean {
    const isEventTime = this.node.emit.early?.clock === 'event'
    return isEventTime && this.#waiting.length > 0 && this.#due < at && time < MAX_TIME
  }

  #giveLast(session: Session): void {
    const { early } = this.node.emit
    const isSaid =
      saysChanges(this.node.emit) && early !== undefined && !this.#waiting.includes(session.number)
    if (!isSaid) {
      this.#giveAtEnd(session)
      return
    }
    this.#settle(session)
    this.#said.set(session.number, { ...this.#said.get(session.number), end: this.#endOf(session) })
  }
}
