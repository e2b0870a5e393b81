/** deduplicate: lets the first row of a key through, and no other until some time has passed. */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

/** A row is a duplicate where a row of its key was let through whose time is less than `withinTicks` from its own. */
export interface Deduplicate {
  readonly kind: 'deduplicate'
  readonly input: LogicalNode
  readonly keys: readonly string[]
  /** The column of event time. */
  readonly column: string
  readonly withinTicks: bigint
  readonly relation: Relation
}

export function deduplicate(
  input: LogicalNode,
  keys: readonly string[],
  column: string,
  withinTicks: bigint,
): Deduplicate {
  const { relation } = input
  const { schema, time, isChangelog } = relation
  if (isChangelog) throw new MillraceError('LDB-1001', 'duplicates among changes: one may take back another')
  if (time?.window) {
    throw new MillraceError('LDB-1001', 'duplicates among rows that belong to windows', {
      fix: 'leave the duplicates out before windows are assigned',
    })
  }
  for (const name of keys) {
    const key = findColumn(schema, name)
    if (!key) throw new MillraceError('LDB-1100', `no column '${name}' to tell duplicates by`)
    refuseList(`duplicates by '${name}'`, key.type)
  }
  const type = findColumn(schema, column)?.type
  if (!time?.columns.includes(column) || !type || !isTimestamp(type)) {
    throw new MillraceError('LDB-2001', `'${column}' has no watermark, so no key would ever be forgotten`, {
      fix: 'name a time column of the source',
    })
  }
  if (withinTicks <= 0n || withinTicks >= 1n << 61n)
    throw new MillraceError('LDB-2003', `duplicates within ${withinTicks} ticks`)
  return { kind: 'deduplicate', input, keys, column, withinTicks, relation }
}

export const deduplicateRule: OperatorRule<Deduplicate> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['append'],
  print: ({ keys, column, withinTicks }) =>
    `deduplicate by (${keys.map(printName).join(', ')}) within ${withinTicks} of ${printName(column)}`,
}
