/**
 * A binary heap of (time, id) as kernel code: the earliest deadline is at its root, of equal ones that with the least
 * order, where items have one. Room is kept equal to that of the table whose entries it holds, so that it never has to
 * grow by itself.
 */
import {
  add,
  and,
  eq,
  ge,
  i32,
  type KernelBuilder,
  le,
  load,
  lt,
  mul,
  not,
  or,
  select,
  shru,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'

export class DeadlineHeap {
  readonly items: Mem
  readonly #head: Mem
  readonly #isOrdered: boolean

  /** `head` has an i32 field `waiting`: the number of items. */
  constructor(name: string, head: Mem, isOrdered = false) {
    this.items = rowLayout(name, 'state', { time: 'i64', ...(isOrdered && { order: 'i64' }), id: 'i32' })
    this.#head = head
    this.#isOrdered = isOrdered
  }

  /** The time at the root, or `none` where the heap is empty. */
  earliest(none: Expr): Expr {
    return select(eq(load(this.#head, 'waiting'), i32(0)), none, load(this.items, 'time', i32(0)))
  }

  push(k: KernelBuilder, time: Expr, id: Expr, order?: Expr): void {
    const at = k.let('at', load(this.#head, 'waiting'))
    k.put(this.#head, 'waiting', add(at, i32(1)))
    k.loop('sift_up', label => {
      k.breakIf(le(at, i32(0)), label)
      const parent = k.let('parent', shru(sub(at, i32(1)), i32(1)))
      k.breakIf(not(before({ time, order }, this.#at(parent))), label)
      this.#copy(k, at, parent)
      k.set(at, parent)
    })
    k.store(this.items, 'time', at, time)
    if (order) k.store(this.items, 'order', at, order)
    k.store(this.items, 'id', at, id)
  }

  /** Drops the root of a heap that is not empty. */
  pop(k: KernelBuilder): void {
    const last = k.let('last', sub(load(this.#head, 'waiting'), i32(1)))
    k.put(this.#head, 'waiting', last)
    const at = k.let('at', i32(0))
    k.loop('sift_down', label => {
      const left = k.let('left', add(mul(at, i32(2)), i32(1)))
      k.breakIf(ge(left, last), label)
      const right = k.let('right', add(left, i32(1)))
      const child = k.let('child', left)
      k.if(lt(right, last), () => {
        k.if(before(this.#at(right), this.#at(left)), () => k.set(child, right))
      })
      k.breakIf(not(before(this.#at(child), this.#at(last))), label)
      this.#copy(k, at, child)
      k.set(at, child)
    })
    this.#copy(k, at, last)
  }

  #at(index: Expr): Item {
    return {
      time: load(this.items, 'time', index),
      order: this.#isOrdered ? load(this.items, 'order', index) : undefined,
    }
  }

  #copy(k: KernelBuilder, to: Expr, from: Expr): void {
    for (const field of Object.keys(this.items.fields))
      k.store(this.items, field, to, load(this.items, field, from))
  }
}

interface Item {
  readonly time: Expr
  readonly order: Expr | undefined
}

function before(a: Item, b: Item): Expr {
  const earlier = lt(a.time, b.time)
  return a.order && b.order ? or(earlier, and(eq(a.time, b.time), lt(a.order, b.order))) : earlier
}
