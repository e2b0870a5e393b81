/** partition: the parts of a source that each have a watermark of their own, which the one of the source comes from. */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { findColumn, type Schema } from '../schema.ts'

/**
 * The watermark of the source is the least of those of its partitions, less the idle ones; where all are idle it is the
 * largest. It never goes back: rows of a partition that comes later, or again, may be late.
 */
export interface PartitionSpec {
  /** Rows with the same value there are of one partition; null is a value. */
  readonly column: string
  /** How many must have appeared before the watermark moves. */
  readonly expected?: number
  /** Milliseconds of the clock after which a partition that gets no rows is idle. */
  readonly idleMs?: bigint
  /** The most partitions that are known at a time. */
  readonly max: number
  /** When one more appears: the query is at a limit, or forgets the partition that has been idle for longest. */
  readonly whenFull: 'fail' | 'forget'
  /** What closes a window to a row: the watermark of the source alone, or that of its partition as well. */
  readonly lateBy: 'source' | 'partition'
}

export const PARTITIONS_MAX = 1 << 20

export function checkPartition(schema: Schema, spec: PartitionSpec, moves: 'row' | 'batch'): void {
  const { column, expected, idleMs, max, whenFull, lateBy } = spec
  if (!findColumn(schema, column))
    throw new MillraceError('LDB-1100', `no column '${column}' to be the partition of a row`)
  checkCount('the most partitions', max, PARTITIONS_MAX)
  if (expected !== undefined) checkCount('the number of expected partitions', expected, max)
  checkIdle('a partition', idleMs)
  if (whenFull === 'forget' && idleMs === undefined)
    throw new MillraceError('LDB-0002', 'only idle partitions can be forgotten', { fix: 'say idleAfter' })
  if (whenFull === 'forget' && expected !== undefined)
    throw new MillraceError('LDB-1001', 'partitions that can be forgotten cannot be waited for')
  if (lateBy === 'partition' && moves === 'batch')
    throw new MillraceError('LDB-1001', 'a watermark of a partition moves with each row', {
      fix: 'leave out watermarkMoves or lateBy',
    })
}

export function checkIdle(what: string, idleMs: bigint | undefined): void {
  if (idleMs !== undefined && idleMs < 1n)
    throw new MillraceError('LDB-0001', `${what} is idle after a millisecond at the earliest`)
}

function checkCount(what: string, count: number, most: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most)
    throw new MillraceError('LDB-0001', `${what} is ${count}, not a whole number from 1 to ${most}`)
}

export function printPartition({ column, expected, idleMs, max, whenFull, lateBy }: PartitionSpec): string {
  const facts = [
    ...(expected === undefined ? [] : [`expects ${expected}`]),
    ...(idleMs === undefined ? [] : [`idle after ${idleMs} ms`]),
    `at most ${max}`,
    ...(whenFull === 'forget' ? ['forgets'] : []),
    ...(lateBy === 'partition' ? ['late by partition'] : []),
  ]
  return ` of each ${printName(column)} (${facts.join(', ')})`
}
