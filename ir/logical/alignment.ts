/** alignment: sources of one query that do not run ahead of each other by more than so much event time. */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import type { TimestampType } from '../types.ts'

/**
 * What becomes of a source that is too far ahead: it is not read until the others have caught up, its owner is told, or rows
 * that would take it there are dropped.
 */
export type DriftPolicy = 'pause' | 'warn' | 'drop'

export const driftPolicies: readonly DriftPolicy[] = ['pause', 'warn', 'drop']

/**
 * How far ahead a source is, is its watermark less the least of the others in its group: of those that are open and not
 * idle. Exactly as much as the limit is not too far. The one that is the furthest behind is never too far ahead, so that
 * something can always be read.
 */
export interface AlignmentSpec {
  readonly group: string
  readonly driftTicks: bigint
  readonly policy: DriftPolicy
}

/** Added to a time twice it is still a time. */
export const DRIFT_MAX = 1n << 60n

export function checkAlignment({ driftTicks, policy }: AlignmentSpec): void {
  if (driftTicks < 0n || driftTicks > DRIFT_MAX)
    throw new MillraceError('LDB-0001', `sources of a group cannot be ${driftTicks} ticks apart`)
  if (!driftPolicies.includes(policy))
    throw new MillraceError('LDB-0001', `onDrift is '${String(policy)}'`, {
      fix: `use ${driftPolicies.join(', ')}`,
    })
}

export const printAlignment = ({ group, driftTicks, policy }: AlignmentSpec): string =>
  ` aligned with ${printName(group)} within ${driftTicks}, else ${policy}`

/** A source of a group, for those who look at the group as a whole. */
export interface GroupMember {
  readonly source: string
  readonly type: TimestampType
  readonly spec: AlignmentSpec
}

/** Refuses groups that say nothing, or two things at once. */
export function checkGroups(members: readonly GroupMember[]): void {
  for (const { source, type, spec } of members) {
    const others = members.filter(one => one.source !== source && one.spec.group === spec.group)
    const [first] = others
    if (!first)
      throw new MillraceError('LDB-1001', `the source '${source}' is alone in its group '${spec.group}'`, {
        fix: 'give align to other sources of the query as well, or leave it out',
      })
    for (const other of others) {
      if (other.type !== type)
        throw new MillraceError(
          'LDB-1001',
          `the times of group '${spec.group}' are ${type} and ${other.type}`,
          {
            fix: 'declare the time columns of its sources in one unit',
          },
        )
      if (other.spec.driftTicks !== spec.driftTicks || other.spec.policy !== spec.policy)
        throw new MillraceError('LDB-1001', `the sources of group '${spec.group}' do not agree about it`, {
          fix: `give '${source}' and '${other.source}' the same maxDrift and onDrift`,
        })
    }
  }
}
