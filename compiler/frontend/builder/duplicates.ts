/** Duplicates of a stream: by its first column of event time, within a duration. */
import { type Deduplicate, deduplicate } from '../../../ir/logical/deduplicate.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isTimestamp } from '../../../ir/types.ts'
import { ticksOf } from './duration.ts'
import type { Duration } from './types.ts'

export function withoutDuplicates(node: LogicalNode, keys: readonly string[], within: Duration): Deduplicate {
  const { schema, time } = node.relation
  const column = time?.columns.find(name => findColumn(schema, name)) ?? ''
  const type = findColumn(schema, column)?.type
  const ticks = type && isTimestamp(type) ? ticksOf(within, type) : 1n
  return deduplicate(node, keys, column, ticks)
}
