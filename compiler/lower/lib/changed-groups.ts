/**
 * The groups that have changed since they last gave a result, in the order in which they did so first, and when they give
 * one early: at the next multiple of a period. A list that is linked both ways: a group leaves it wherever it stands.
 */
import {
  add,
  eq,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  ne,
  op,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import { intoGrid } from './grid.ts'
import { NEVER } from './group-windows.ts'

const NONE = -1

/** What a group keeps for the list. */
export const changedFields = {
  changed: 'u8',
  changed_before: 'i32',
  changed_behind: 'i32',
} as const satisfies FieldSpecs

export class ChangedGroups {
  readonly head: Mem
  readonly #entries: Mem
  readonly #every: bigint

  constructor(entries: Mem, every: bigint) {
    this.head = rowLayout('changed_groups', 'state', { due: 'i64', first: 'i32', last: 'i32' })
    this.#entries = entries
    this.#every = every
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'due', i64(NEVER))
    k.put(this.head, 'first', i32(NONE))
    k.put(this.head, 'last', i32(NONE))
  }

  /** A group is new: it is not on the list. */
  initGroup(k: KernelBuilder, group: Expr): void {
    k.store(this.#entries, 'changed', group, i32(0))
  }

  /** The group that comes first, or -1. */
  get first(): Expr {
    return load(this.head, 'first')
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
      const last = k.let('last_changed', load(this.head, 'last'))
      k.store(this.#entries, 'changed', group, i32(1))
      this.#link(k, last, group)
      this.#link(k, group, i32(NONE))
      k.if(lt(last, i32(0)), () => {
        k.put(this.head, 'due', this.#nextMultiple(k, now))
        awaited()
      })
    })
  }

  /** A group has given its result, or goes. */
  delete(k: KernelBuilder, group: Expr): void {
    k.if(this.has(group), () => {
      const before = k.let('before', load(this.#entries, 'changed_before', group))
      const behind = k.let('behind', load(this.#entries, 'changed_behind', group))
      k.store(this.#entries, 'changed', group, i32(0))
      this.#link(k, before, behind)
      k.if(lt(this.first, i32(0)), () => k.put(this.head, 'due', i64(NEVER)))
    })
  }

  /** Makes two groups neighbours; none stands for an end of the list. */
  #link(k: KernelBuilder, before: Expr, behind: Expr): void {
    const put = (group: Expr, field: string, end: string, other: Expr): void =>
      k.if(
        lt(group, i32(0)),
        () => k.put(this.head, end, other),
        () => k.store(this.#entries, field, group, other),
      )
    put(before, 'changed_behind', 'first', behind)
    put(behind, 'changed_before', 'last', before)
  }

  /** Behind the last multiple that time can have comes none; the first is behind the time before all others. */
  #nextMultiple(k: KernelBuilder, now: Expr): Expr {
    const first = i64(-NEVER)
    const time = k.let('now', select(lt(now, first), first, now))
    const left = k.let('left', sub(i64(this.#every), intoGrid(k, this.#every, 0n, time)))
    return select(op('addo.i64', time, left), i64(NEVER), add(time, left))
  }
}
