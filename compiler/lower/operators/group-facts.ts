/** What is so of all groups of an aggregation, and what their accumulators are made by. */
import { type Aggregate, combinesPanes, resultsFollowRows } from '../../../ir/logical/aggregate.ts'
import { isEager, isRefined } from '../../../ir/logical/emit.ts'
import type { GroupFacts } from '../accumulators/accumulator.ts'
import type { PlanScope } from '../scope.ts'

export function factsOf(node: Aggregate, plan: PlanScope): GroupFacts {
  const retracts = node.input.relation.isChangelog
  const isWhole = node.keys.length === 0 && !node.window && !node.rows && !retracts
  return {
    isUngrouped: isWhole && !isEager(node.emit) && !isRefined(node.emit),
    combines: combinesPanes(node),
    retracts,
    needsResults: resultsFollowRows(node),
    plan,
  }
}
