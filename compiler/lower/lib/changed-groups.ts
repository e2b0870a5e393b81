/**
 * The groups that have changed since they last gave a result, in the order in which they did so first, and when they give
 * one early: at the next multiple of a period. A list that is linked both ways: a group leaves it wherever it stands.
 */
import { eq, i32, i64, type KernelBuilder, load, lt, ne, select } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import { EntryList, endFields } from './entry-list.ts'
import { cellOf } from './grid.ts'
import { NEVER } from './group-windows.ts'

const NAME = 'changed'

/** What a group keeps for the list. */
export const changedFields: FieldSpecs = { changed: 'u8', ...EntryList.linkFields(NAME) }

export class ChangedGroups {
  readonly head: Mem
  readonly #list: EntryList
  readonly #entries: Mem
  readonly #every: bigint

  constructor(entries: Mem, every: bigint) {
    this.head = rowLayout('changed_groups', 'state', { due: 'i64', ...endFields })
    this.#list = new EntryList(this.head, entries, NAME)
    this.#entries = entries
    this.#every = every
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'due', i64(NEVER))
    this.#list.init(k)
  }

  /** A group is new: it is not on the list. */
  initGroup(k: KernelBuilder, group: Expr): void {
    k.store(this.#entries, 'changed', group, i32(0))
  }

  /** The group that comes first, or -1. */
  get first(): Expr {
    return this.#list.first
  }

  /** When the groups give their results; never where there are none. */
  get due(): Expr {
    return load(this.head, 'due')
  }

  has(group: Expr): Expr {
    return ne(load(this.#entries, 'changed', group), i32(0))
  }

  /** A group has changed; with the first of them the next multiple of the period behind `now` is `awaited`. */
  add(k: KernelBuilder, group: Expr, now: Expr, awaited: () => void): void {
    k.if(eq(load(this.#entries, 'changed', group), i32(0)), () => {
      const isFirst = k.let('is_first', this.#list.isEmpty)
      k.store(this.#entries, 'changed', group, i32(1))
      this.#list.append(k, group)
      k.if(isFirst, () => {
        k.put(this.head, 'due', this.#nextMultiple(k, now))
        awaited()
      })
    })
  }

  /** A group has given its result, or goes. */
  delete(k: KernelBuilder, group: Expr): void {
    k.if(this.has(group), () => {
      k.store(this.#entries, 'changed', group, i32(0))
      this.#list.remove(k, group)
      k.if(this.#list.isEmpty, () => k.put(this.head, 'due', i64(NEVER)))
    })
  }

  /** Behind the last multiple that time can have comes none; the first is behind the time before all others. */
  #nextMultiple(k: KernelBuilder, now: Expr): Expr {
    const first = i64(-NEVER)
    const time = k.let('now', select(lt(now, first), first, now))
    return cellOf(k, this.#every, time).end
  }
}
