/**
 * Groups of the model that give several results: early ones, those at the end of their window, and corrections. A row comes
 * once for each of its windows. What is due comes in order of time, windows before what is early at the same time.
 */
import { floorDiv } from '../../ir/expr/functions/time.ts'
import { changes, corrects, saysChanges } from '../../ir/logical/emit.ts'
import { Aggregation, type Brought, joined, type Lists, order } from './aggregation.ts'
import type { Item } from './operator.ts'
import { ALWAYS, MAX_TIME, MIN_TIME, type Span } from './windows.ts'

interface Group extends Omit<Brought, 'lists'> {
  readonly window: Span
  lists: Lists
  /** What it came to when it last gave a result. */
  given: Lists | undefined
  hasChanged: boolean
}

export class RefinedGroups extends Aggregation {
  /** In order of arrival. */
  readonly #groups = new Map<string, Group>()
  /** Groups that wait for an early result, in the order in which they changed, and the time that they wait for. */
  #waiting: readonly Group[] = []
  #due = MAX_TIME

  protected isLate(item: Item): boolean {
    return item.windows?.every(({ end }) => end + this.lateness <= this.timeFor(item)) ?? false
  }

  protected take(item: Item, number: bigint): void {
    const [window] = item.windows ?? ALWAYS
    const brought = this.brought(item, number, { lane: 0, parts: [] })
    const name = `${window.end}|${brought.key}`
    const known = this.#groups.get(name)
    const lists = known ? joined(known.lists, brought.lists) : brought.lists
    this.accept(lists)
    const group: Group = known ?? { ...brought, window, given: undefined, hasChanged: false }
    group.lists = lists
    this.#groups.set(name, group)
    this.#changed(group, this.timeOf(item, number))
  }

  #changed(group: Group, rowTime: bigint): void {
    const { early } = this.node.emit
    if (corrects(this.node.emit) && group.window.end <= this.time) {
      this.#give(group)
      return
    }
    if (!early || group.hasChanged) return
    group.hasChanged = true
    if (this.#waiting.length === 0) {
      const now = early.clock === 'processing' ? this.now : this.time === MIN_TIME ? rowTime : this.time
      const next = (floorDiv(now, early.every) + 1n) * early.every
      this.#due = next > MAX_TIME ? MAX_TIME : next
    }
    this.#waiting = [...this.#waiting, group]
  }

  #give(group: Group): void {
    const { window, keys, lists, given } = group
    group.given = lists
    this.#settle(group)
    const isReplaced = saysChanges(this.node.emit) && given !== undefined
    if (isReplaced) this.emit(window, keys, [given], changes.updateBefore)
    this.emit(window, keys, [lists], isReplaced ? changes.updateAfter : changes.insert)
  }

  #settle(group: Group): void {
    group.hasChanged = false
    this.#waiting = this.#waiting.filter(one => one !== group)
  }

  #giveEarly(): void {
    for (const group of this.#waiting) this.#give(group)
  }

  protected override struck(): void {
    if (this.node.emit.early?.clock === 'processing' && this.#due <= this.now) this.#giveEarly()
  }

  protected close(time: bigint): void {
    const { emit } = this.node
    const delay = corrects(emit) ? 0n : this.lateness
    const groups = [...this.#groups.values()]
    const saysAt = ({ window }: Group): bigint => window.end + delay
    const isDue = (one: Group): boolean => saysAt(one) <= time && saysAt(one) > this.time
    const times = [...new Set(groups.filter(isDue).map(saysAt))].toSorted(order)
    for (const at of times) {
      if (this.#isEarlyBefore(at, time)) this.#giveEarly()
      for (const group of groups.filter(one => saysAt(one) === at)) this.#giveLast(group)
    }
    if (this.#isEarlyBefore(time + 1n, time)) this.#giveEarly()
    for (const [name, { window }] of this.#groups)
      if (window.end + this.lateness <= time) this.#groups.delete(name)
  }

  /** With the end of input all results are those of the end. */
  #isEarlyBefore(at: bigint, time: bigint): boolean {
    const isEventTime = this.node.emit.early?.clock === 'event'
    return isEventTime && this.#waiting.length > 0 && this.#due < at && time < MAX_TIME
  }

  #giveLast(group: Group): void {
    const { early } = this.node.emit
    const isSaid = saysChanges(this.node.emit) && early !== undefined && !group.hasChanged
    if (isSaid) this.#settle(group)
    else this.#give(group)
  }
}
