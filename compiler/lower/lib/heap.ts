/**
 * A binary heap of (time, id) as kernel code: the earliest deadline is at its root. Room is kept equal to that of
 * the table whose entries it holds, so that it never has to grow by itself.
 */
import {
  add,
  eq,
  ge,
  i32,
  type KernelBuilder,
  le,
  load,
  lt,
  mul,
  select,
  shru,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'

export class DeadlineHeap {
  readonly items: Mem
  readonly #head: Mem

  /** `head` has an i32 field `waiting`: the number of items. */
  constructor(name: string, head: Mem) {
    this.items = rowLayout(name, 'state', { time: 'i64', id: 'i32' })
    this.#head = head
  }

  /** The time at the root, or `none` where the heap is empty. */
  earliest(none: Expr): Expr {
    return select(eq(load(this.#head, 'waiting'), i32(0)), none, load(this.items, 'time', i32(0)))
  }

  push(k: KernelBuilder, time: Expr, id: Expr): void {
    const at = k.let('at', load(this.#head, 'waiting'))
    k.put(this.#head, 'waiting', add(at, i32(1)))
    k.loop('sift_up', label => {
      k.breakIf(le(at, i32(0)), label)
      const parent = k.let('parent', shru(sub(at, i32(1)), i32(1)))
      k.breakIf(le(load(this.items, 'time', parent), time), label)
      this.#copy(k, at, parent)
      k.set(at, parent)
    })
    k.store(this.items, 'time', at, time)
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
        k.if(lt(load(this.items, 'time', right), load(this.items, 'time', left)), () => k.set(child, right))
      })
      k.breakIf(le(load(this.items, 'time', last), load(this.items, 'time', child)), label)
      this.#copy(k, at, child)
      k.set(at, child)
    })
    this.#copy(k, at, last)
  }

  #copy(k: KernelBuilder, to: Expr, from: Expr): void {
    k.store(this.items, 'time', to, load(this.items, 'time', from))
    k.store(this.items, 'id', to, load(this.items, 'id', from))
  }
}
