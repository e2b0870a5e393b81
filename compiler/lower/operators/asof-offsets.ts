/** The distances at which the rows of an asof join are probed: one that is known, or several in a region of their own. */
import { add, i32, i64, type KernelBuilder, load } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { FixedRegion } from '../../../ir/physical/program.ts'

export class AsofOffsets {
  readonly count: number
  readonly #offsets: readonly bigint[]
  readonly #mem: Mem | undefined

  constructor(offsets: readonly bigint[]) {
    this.#offsets = offsets
    this.count = offsets.length
    this.#mem = this.count > 1 ? rowLayout('probe_offsets', 'state', { ticks: 'i64' }) : undefined
  }

  get regions(): readonly FixedRegion[] {
    return this.#mem ? [{ mem: this.#mem, rows: this.count }] : []
  }

  init(k: KernelBuilder): void {
    this.#offsets.forEach((ticks, i) => {
      if (this.#mem) k.store(this.#mem, 'ticks', i32(i), i64(ticks))
    })
  }

  at(step: Expr): Expr {
    return this.#mem ? load(this.#mem, 'ticks', step) : i64(this.#offsets[0])
  }

  /** The time that a row of a time is held against. */
  timeAt(ts: Expr, step: Expr): Expr {
    return !this.#mem && this.#offsets[0] === 0n ? ts : add(ts, this.at(step))
  }
}
