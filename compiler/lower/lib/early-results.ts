/** Early results of groups that are not complete: of those that have changed, when a clock passes a multiple of a period. */
import {
  all,
  and,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  select,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { ChangedGroups } from './changed-groups.ts'
import { NEVER, type TimeField } from './group-windows.ts'

export interface EarlyRule {
  readonly every: bigint
  /** The clock that the period is of. */
  readonly clock: TimeField
  readonly isEventTime: boolean
  readonly watermark: TimeField
  /** A time at which there is no watermark yet. */
  readonly noTime: bigint
}

export class EarlyResults {
  readonly changed: ChangedGroups
  readonly #rule: EarlyRule

  constructor(entries: Mem, rule: EarlyRule) {
    this.changed = new ChangedGroups(entries, rule.every)
    this.#rule = rule
  }

  /** A group has changed with a row of that time; `awaited` follows where the time of the next results is another. */
  change(k: KernelBuilder, group: Expr, rowTime: Expr, awaited: () => void): void {
    const { clock, isEventTime, noTime } = this.#rule
    const now = timeOf(clock)
    const base = isEventTime ? select(eq(now, i64(noTime)), rowTime, now) : now
    this.changed.add(k, group, base, () => {
      if (isEventTime) awaited()
    })
  }

  /** That or the time of the next results, whichever comes first, where both are event time. */
  before(time: Expr): Expr {
    if (!this.#rule.isEventTime) return time
    const { due } = this.changed
    return select(lt(due, time), due, time)
  }

  /**
   * Is it their turn, where windows have results at `next`? Those come first where both are due. With the end of input all
   * results are those of the end.
   */
  isDue(next: Expr): Expr {
    const { first, due } = this.changed
    const { clock, isEventTime, watermark } = this.#rule
    const now = timeOf(watermark)
    const isOpen = isEventTime ? and(lt(due, next), lt(now, i64(NEVER))) : gt(next, now)
    return all([ge(first, i32(0)), le(due, timeOf(clock)), isOpen])
  }
}

export const timeOf = ({ mem, field }: TimeField): Expr => load(mem, field)
