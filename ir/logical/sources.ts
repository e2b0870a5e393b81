/** The sources of a plan. */
import { MillraceError } from '../errors.ts'
import { findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import { checkGroups, type GroupMember } from './alignment.ts'
import { inputsOf, type LogicalNode } from './index.ts'
import type { Source } from './source.ts'

/** In the order in which the plan names them. */
export const sourcesOf = (node: LogicalNode): readonly Source[] =>
  node.kind === 'source' ? [node] : inputsOf(node).flatMap(sourcesOf)

/** Refuses a plan that reads a source twice: whose rows come first would depend on how they are split into batches. */
export function checkSources(plan: LogicalNode): void {
  const names = sourcesOf(plan).map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice === undefined) return
  throw new MillraceError('LDB-1001', `the source '${twice}' is read twice by one query`, {
    fix: 'compute what its branches have in common before they part, or give two sources different names',
  })
}

/** Refuses alignment groups of a plan that say nothing, or two things at once. */
export const checkAlignments = (plan: LogicalNode): void => checkGroups(sourcesOf(plan).flatMap(memberOf))

function memberOf({ name, relation, watermark }: Source): readonly GroupMember[] {
  const type = watermark && findColumn(relation.schema, watermark.column)?.type
  if (!watermark?.alignment || !type || !isTimestamp(type)) return []
  return [{ source: name, type, spec: watermark.alignment }]
}

/** Are its rows still those of a source, each held against the watermark of its own partition as well? */
export function isHeldByPartition(node: LogicalNode): boolean {
  if (node.kind === 'source') return node.watermark?.partition?.lateBy === 'partition'
  return !gathers.has(node.kind) && inputsOf(node).some(isHeldByPartition)
}

/** What lies behind these has no partitions any more. */
const gathers: ReadonlySet<LogicalNode['kind']> = new Set([
  'aggregate',
  'union',
  'consolidate',
  'deduplicate',
  'sort',
  'history',
  'interval_join',
  'asof_join',
  'lookup',
  'rank',
])

const deaf: ReadonlySet<LogicalNode['kind']> = new Set([
  'union',
  'consolidate',
  'deduplicate',
  'sort',
  'history',
  'interval_join',
  'asof_join',
  'lookup',
])

/** Refuses a source whose rows come to where the watermark of their partition is not known: it would say nothing there. */
export function checkPartitions(plan: LogicalNode): void {
  if (deaf.has(plan.kind) && inputsOf(plan).some(isHeldByPartition)) {
    throw new MillraceError('LDB-1001', `lateBy 'partition' in front of ${plan.kind}`, {
      fix: "aggregate the windows of the source first, or leave lateBy at 'source'",
    })
  }
  for (const input of inputsOf(plan)) checkPartitions(input)
}
