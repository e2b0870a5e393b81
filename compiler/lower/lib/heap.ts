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
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'

/**
 * Says of two ids of one time which comes first: below zero where the first does, zero where neither does. It may write code.
 */
export type Ties = (k: KernelBuilder, a: Expr, b: Expr) => Expr

/** The field of what an id stands for that says where in the heap the id is. */
export interface Places {
  readonly mem: Mem
  readonly field: string
}

export class DeadlineHeap {
  readonly items: Mem
  readonly #head: Mem
  readonly #isOrdered: boolean
  readonly #places: Places | undefined
  readonly #ties: Ties | undefined

  /**
   * `head` has an i32 field `waiting`: the number of items. With `places`, items can be moved and taken out. `ties` comes
   * before the order of items.
   */
  constructor(
    name: string,
    head: Mem,
    isOrdered = false,
    { places, ties }: { readonly places?: Places | undefined; readonly ties?: Ties | undefined } = {},
  ) {
    this.items = rowLayout(name, 'state', { time: 'i64', ...(isOrdered && { order: 'i64' }), id: 'i32' })
    this.#head = head
    this.#isOrdered = isOrdered
    this.#places = places
    this.#ties = ties
  }

  /** The time at the root, or `none` where the heap is empty. */
  earliest(none: Expr): Expr {
    return select(eq(load(this.#head, 'waiting'), i32(0)), none, load(this.items, 'time', i32(0)))
  }

  push(k: KernelBuilder, time: Expr, id: Expr, order?: Expr): void {
    const at = k.let('at', load(this.#head, 'waiting'))
    const item = { time, order, id }
    k.put(this.#head, 'waiting', add(at, i32(1)))
    this.#rise(k, at, item)
    this.#put(k, at, item)
  }

  /** Drops the root of a heap that is not empty. */
  pop(k: KernelBuilder): void {
    const last = k.let('last', sub(load(this.#head, 'waiting'), i32(1)))
    k.put(this.#head, 'waiting', last)
    const item = this.#take(k, last)
    const at = k.let('at', i32(0))
    this.#sink(k, at, item, last)
    this.#put(k, at, item)
  }

  /** Gives the item at a place a later time. */
  delay(k: KernelBuilder, place: Expr, time: Expr): void {
    const at = k.let('at', place)
    const item = { ...this.#take(k, at), time }
    this.#sink(k, at, item, load(this.#head, 'waiting'))
    this.#put(k, at, item)
  }

  /** Takes out the item at a place. The last one takes its place, and may be earlier or later than its new neighbours. */
  remove(k: KernelBuilder, place: Expr): void {
    const at = k.let('at', place)
    const last = k.let('last', sub(load(this.#head, 'waiting'), i32(1)))
    k.put(this.#head, 'waiting', last)
    const item = this.#take(k, last)
    k.if(lt(at, last), () => {
      this.#rise(k, at, item)
      this.#sink(k, at, item, last)
      this.#put(k, at, item)
    })
  }

  /** Moves the parents of `at` that come after the item down, and `at` to where they were. */
  #rise(k: KernelBuilder, at: Local, item: Item): void {
    k.loop('sift_up', label => {
      k.breakIf(le(at, i32(0)), label)
      const parent = k.let('parent', shru(sub(at, i32(1)), i32(1)))
      k.breakIf(not(this.#before(k, item, this.#at(parent))), label)
      this.#copy(k, at, parent)
      k.set(at, parent)
    })
  }

  /** Moves the children of `at` that come before the item up, and `at` to where they were. */
  #sink(k: KernelBuilder, at: Local, item: Item, count: Expr): void {
    k.loop('sift_down', label => {
      const left = k.let('left', add(mul(at, i32(2)), i32(1)))
      k.breakIf(ge(left, count), label)
      const right = k.let('right', add(left, i32(1)))
      const child = k.let('child', left)
      k.if(lt(right, count), () => {
        k.if(this.#before(k, this.#at(right), this.#at(left)), () => k.set(child, right))
      })
      k.breakIf(not(this.#before(k, this.#at(child), item)), label)
      this.#copy(k, at, child)
      k.set(at, child)
    })
  }

  #before(k: KernelBuilder, a: Item, b: Item): Expr {
    const ties = this.#ties
    if (!ties) return before(a, b)
    const isBefore = k.let('is_before', lt(a.time, b.time))
    k.if(eq(a.time, b.time), () => {
      const order = k.let('tie', ties(k, a.id, b.id))
      k.set(isBefore, lt(order, i32(0)))
      k.if(eq(order, i32(0)), () => k.set(isBefore, before(a, b)))
    })
    return isBefore
  }

  #at(index: Expr): Item {
    return {
      time: load(this.items, 'time', index),
      order: this.#isOrdered ? load(this.items, 'order', index) : undefined,
      id: load(this.items, 'id', index),
    }
  }

  /** The item at a place, in locals: the place may be written to. */
  #take(k: KernelBuilder, index: Expr): Item {
    const { time, order, id } = this.#at(index)
    return { time: k.let('time', time), order: order && k.let('order', order), id: k.let('id', id) }
  }

  #put(k: KernelBuilder, at: Expr, { time, order, id }: Item): void {
    k.store(this.items, 'time', at, time)
    if (order) k.store(this.items, 'order', at, order)
    k.store(this.items, 'id', at, id)
    this.#tell(k, at, id)
  }

  #copy(k: KernelBuilder, to: Expr, from: Expr): void {
    for (const field of Object.keys(this.items.fields))
      k.store(this.items, field, to, load(this.items, field, from))
    this.#tell(k, to, load(this.items, 'id', to))
  }

  /** Whoever looks for the item finds it at its new place. */
  #tell(k: KernelBuilder, at: Expr, id: Expr): void {
    if (this.#places) k.store(this.#places.mem, this.#places.field, id, at)
  }
}

interface Item {
  readonly time: Expr
  readonly order: Expr | undefined
  readonly id: Expr
}

function before(a: Item, b: Item): Expr {
  const earlier = lt(a.time, b.time)
  return a.order && b.order ? or(earlier, and(eq(a.time, b.time), lt(a.order, b.order))) : earlier
}
