/**
 * Rows of the right side of an asof join that looks ahead, by the time of that side at which nothing comes any more that is
 * nearer to the rows before them: those that wait for it leave then.
 */
import { add, and, i32, i64, type KernelBuilder, le, load, ne } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { AsofJoin } from '../../../ir/logical/asof-join.ts'
import { DeadlineHeap } from '../lib/heap.ts'

export class RipeVersions {
  readonly head: Mem
  readonly #heap: DeadlineHeap
  /** What may come of the same time: none that is nearer for who takes the first of a time, some for who takes the last. */
  readonly #after: bigint

  constructor({ direction }: AsofJoin) {
    this.head = rowLayout('versions_ripening_head', 'state', { waiting: 'i32', order: 'i64' })
    this.#heap = new DeadlineHeap('versions_ripening', this.head, true)
    this.#after = direction === 'forward' ? 0n : 1n
  }

  get items(): Mem {
    return this.#heap.items
  }

  push(k: KernelBuilder, ts: Expr, row: Expr): void {
    this.#heap.push(k, this.#after === 0n ? ts : add(ts, i64(this.#after)), row, load(this.head, 'order'))
    k.put(this.head, 'order', add(load(this.head, 'order'), i64(1n)))
  }

  /** Has the time of the first one come? */
  isDue(time: Expr): Expr {
    return and(ne(load(this.head, 'waiting'), i32(0)), le(this.time, time))
  }

  get time(): Expr {
    return load(this.items, 'time', i32(0))
  }

  get first(): Expr {
    return load(this.items, 'id', i32(0))
  }

  drop(k: KernelBuilder): void {
    this.#heap.pop(k)
  }
}
