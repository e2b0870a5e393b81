/** Situations of aggregates of the user's own that random trials must reach. */
import { canFault } from '../../ir/expr/can-fault.ts'
import type { Fold } from '../../ir/expr/fold.ts'
import { type Aggregate, combinesPanes, resultsFollowRows } from '../../ir/logical/aggregate.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { isBytes } from '../../ir/types.ts'
import type { Trial } from '../gen/trials.ts'
import type { ModelResult } from '../model/model.ts'
import { chainOf } from './faults.ts'

const hasFold = (
  plan: LogicalNode,
  among: (node: Aggregate) => boolean,
  holds: (fold: Fold) => boolean = () => true,
): boolean =>
  chainOf(plan).some(
    node =>
      node.kind === 'aggregate' &&
      among(node) &&
      node.aggregates.some(({ call: { fold } }) => fold && holds(fold)),
  )

export const foldSituations: Readonly<Record<string, (trial: Trial, model: ModelResult) => boolean>> = {
  'states that are merged': ({ plan }, model) => model.rows.length > 2 && hasFold(plan, combinesPanes),
  'merges that may fault': ({ plan }, model) =>
    model.rows.length > 0 && hasFold(plan, combinesPanes, ({ merge = [] }) => merge.some(canFault)),
  'states that rows are removed from': ({ plan }, model) =>
    model.rows.length > 2 && hasFold(plan, node => node.input.relation.isChangelog),
  'results that must follow rows': ({ plan }) =>
    hasFold(plan, resultsFollowRows, ({ result }) => canFault(result)),
  'texts of states': ({ plan }, model) =>
    model.rows.length > 2 &&
    hasFold(
      plan,
      () => true,
      ({ state }) => state.some(({ type }) => isBytes(type)),
    ),
}
