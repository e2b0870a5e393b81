/** When it is sure what a row of the left side of an asof join is given: no nearer row of the right side can come then. */
import {
  add,
  and,
  bool,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  lt,
  max32,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { AsofJoin } from '../../../ir/logical/asof-join.ts'
import type { TimeChains } from '../lib/time-chains.ts'

export class AsofSureness {
  readonly #node: AsofJoin
  readonly #versions: TimeChains
  readonly #rightTime: Expr

  /** `rightTime`: no row of the right side is on time that comes before that. */
  constructor(node: AsofJoin, versions: TimeChains, rightTime: Expr) {
    this.#node = node
    this.#versions = versions
    this.#rightTime = rightTime
  }

  /** Is a row that has found that one, or none, a result? */
  isGiven(found: Expr): Expr {
    return this.#node.type === 'left' ? bool(true) : ge(found, i32(0))
  }

  /** May it be sure already what a row of that time is given? */
  isReady(time: Expr): Expr {
    const { waits, direction } = this.#node
    return waits && direction !== 'forward' ? lt(time, this.#rightTime) : bool(true)
  }

  /** Is it sure, for a row of that time that has found one, or none? */
  isSure(k: KernelBuilder, found: Local, time: Expr): Expr {
    const { waits, direction } = this.#node
    if (!waits) return bool(true)
    if (direction === 'backward') return this.isReady(time)
    const isSure = le(this.sureAt(k, found, time), this.#rightTime)
    return k.let('is_sure', direction === 'forward' ? isSure : and(this.isReady(time), isSure))
  }

  /** The time of the right side at which it is sure. */
  sureAt(k: KernelBuilder, found: Local, time: Expr): Expr {
    const { direction, toleranceTicks = 0n } = this.#node
    const at = k.let('found_at', this.#versions.timeAt(max32(found, i32(0))))
    const never = add(time, i64(toleranceTicks + 1n))
    const sure = direction === 'forward' ? at : this.#nearestSureAt(k, at, time)
    return select(lt(found, i32(0)), never, sure)
  }

  /** One behind is sure when its time has passed, one before when the time has that is as far away on the other side. */
  #nearestSureAt(k: KernelBuilder, at: Expr, time: Expr): Expr {
    const mirrored = k.let('mirrored', add(time, sub(time, at)))
    const before = select(gt(mirrored, time), mirrored, add(time, i64(1n)))
    return select(gt(at, time), add(at, i64(1n)), before)
  }

  /** When a row that waits is looked at: it may leave earlier with a row that it waits for, and later as the nearest. */
  waitsUntil(time: Expr): Expr {
    const { direction, toleranceTicks = 0n } = this.#node
    return add(time, i64(direction === 'forward' ? toleranceTicks + 1n : 1n))
  }
}
