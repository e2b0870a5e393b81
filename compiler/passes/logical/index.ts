/** The passes over logical plans, in order. */
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { foldConstants } from './fold-constants.ts'
import { pruneColumns } from './prune-columns.ts'

export const logicalPasses = { foldConstants, pruneColumns } as const satisfies Record<
  string,
  (plan: LogicalNode) => LogicalNode
>

export const optimisePlan = (plan: LogicalNode): LogicalNode =>
  Object.values(logicalPasses).reduce((current, pass) => pass(current), plan)
