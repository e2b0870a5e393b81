/** When an aggregation hands out its results, and how long it waits for rows that are late. */
import { MillraceError } from '../errors.ts'
import type { Column } from '../schema.ts'

/**
 * `close`: once, when the watermark passes the end of the window and the lateness behind it. `final`: the same, and late
 * rows are counted and nothing else. `update`: the new result after every row. `changelog`: the same as changes: what was
 * handed out before is taken back.
 */
export type EmitStrategy = 'close' | 'final' | 'update' | 'changelog'

/** `distinct`: a group when it appears; over changes also when it is gone. It needs no aggregates, and no result changes. */
export type AnyEmitStrategy = EmitStrategy | 'distinct'

export interface Emit {
  readonly strategy: AnyEmitStrategy
  /** Ticks behind the end of a window in which rows of it are still taken. */
  readonly latenessTicks: bigint
}

export const ON_CLOSE: Emit = { strategy: 'close', latenessTicks: 0n }

/** Do results leave with the rows that change them, and not with the watermark? */
export const isEager = ({ strategy }: Emit): boolean => !ON_WATERMARK.has(strategy)
const ON_WATERMARK: ReadonlySet<AnyEmitStrategy> = new Set(['close', 'final'])

/** Are results handed out as changes? */
export const emitsChanges = ({ strategy }: Emit, overChanges: boolean): boolean =>
  strategy === 'changelog' || (strategy === 'distinct' && overChanges)

/** What a row of a changelog says: a code of `changes`. */
export const CHANGE = '$op'
export const changes = { insert: 0, delete: 1, updateBefore: 2, updateAfter: 3 } as const
export const changeColumn: Column = { name: CHANGE, type: 'int8', nullable: false }

export function checkEmit({ latenessTicks }: Emit, hasWindow: boolean): void {
  if (latenessTicks < 0n) throw new MillraceError('LDB-0001', 'the lateness must not be negative')
  if (latenessTicks > 0n && !hasWindow) {
    throw new MillraceError('LDB-0001', 'a lateness without windows: no row is late for them', {
      fix: 'assign the rows to windows, or leave the lateness out',
    })
  }
}

/** Nothing where nothing was asked for. */
export function printEmit({ strategy, latenessTicks }: Emit): string {
  const lateness = latenessTicks === 0n ? '' : ` lateness ${latenessTicks}`
  return `${strategy === 'close' ? '' : ` emit ${strategy}`}${lateness}`
}
