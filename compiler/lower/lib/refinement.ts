/** How groups give several results, each of which replaces the one before: of windows, and of sessions. */
import { and, bool, eq, i32, ne, not, or } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { EarlyRule } from './early-results.ts'
import type { TimeField } from './group-windows.ts'

/** Why a group gives a result: a late row, its turn among those that changed, the end of its window, or its close. */
export const Why = { correction: 0, early: 1, end: 2, close: 3 } as const

export interface Refinement {
  /** Do groups give results at the end of the window, and again for each row that comes later? Else when it closes. */
  readonly corrects: boolean
  readonly early: EarlyRule | undefined
  /** Is nothing said of groups that have not changed since their last result? */
  readonly onlyChanged: boolean
  readonly watermark: TimeField
  /** A time at which there is no watermark yet. */
  readonly noTime: bigint
}

/**
 * Has a group anything to say? Where the end of its window has its result, the close has none. `hasChanged` since its last
 * one: undefined where early results say nothing of it.
 */
export function says({ corrects, onlyChanged }: Refinement, why: Expr, hasChanged: Expr | undefined): Expr {
  const changed = hasChanged && onlyChanged ? hasChanged : bool(true)
  const isLast = eq(why, i32(Why.close))
  return corrects ? and(not(isLast), or(ne(why, i32(Why.end)), changed)) : or(not(isLast), changed)
}
