/** The source of a plan, and its partitions. */
import { withInputs } from '../../compiler/passes/logical/rewrite.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { PartitionSpec } from '../../ir/logical/partition.ts'
import type { Source } from '../../ir/logical/source.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'

/** The partitions of the source. */
export const partitionOf = (plan: LogicalNode): PartitionSpec | undefined =>
  sourceOf(plan)?.watermark?.partition

export const sourceOf = (plan: LogicalNode): Source | undefined => sourcesOf(plan).at(0)

/** The plan with other partitions. */
export function withPartition(plan: LogicalNode, change: Partial<PartitionSpec>): LogicalNode {
  if (plan.kind !== 'source')
    return withInputs(
      plan,
      inputsOf(plan).map(input => withPartition(input, change)),
    )
  const { watermark } = plan
  if (!watermark?.partition) return plan
  const { partition } = watermark
  return { ...plan, watermark: { ...watermark, partition: { ...partition, ...change } } }
}
