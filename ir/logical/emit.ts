/** When an aggregation hands out its results, and how long it waits for rows that are late. */
import { MillraceError } from '../errors.ts'
import type { Column } from '../schema.ts'

/**
 * `close`: once, when the watermark passes the end of the window and the lateness behind it. `final`: the same, and late
 * rows are counted and nothing else. `watermark`: when the watermark passes the end, and again with each row that comes
 * within the lateness behind it. `update`: the new result after every row. `changelog`: the same as changes: what was
 * handed out before is taken back.
 */
export type EmitStrategy = 'close' | 'final' | 'watermark' | 'update' | 'changelog'

const emitStrategies: readonly EmitStrategy[] = ['close', 'final', 'watermark', 'update', 'changelog']

/** `distinct`: a group when it appears; over changes also when it is gone. It needs no aggregates, and no result changes. */
export type AnyEmitStrategy = EmitStrategy | 'distinct'

export interface Emit {
  readonly strategy: AnyEmitStrategy
  /** Ticks behind the end of a window in which rows of it are still taken. */
  readonly latenessTicks: bigint
  /** Results of groups that are not complete yet. */
  readonly early?: Early | undefined
  /** Results are changes, where the strategy does not say so itself: they take back what they replace. */
  readonly changes?: boolean | undefined
}

/** A result of each group that has changed, whenever a clock passes a multiple of a period. */
export interface Early {
  /** The watermark, or the clock on the wall. */
  readonly clock: 'event' | 'processing'
  /** Ticks of event time, or milliseconds. */
  readonly every: bigint
}

export const ON_CLOSE: Emit = { strategy: 'close', latenessTicks: 0n }

/** Do results leave with the rows that change them, and not with the watermark? */
export const isEager = ({ strategy }: Emit): boolean => !ON_WATERMARK.has(strategy)
const ON_WATERMARK: ReadonlySet<AnyEmitStrategy> = new Set(['close', 'final', 'watermark'])

/** Are results handed out as changes? */
export const emitsChanges = (emit: Emit, overChanges: boolean): boolean =>
  saysChanges(emit) || (emit.strategy === 'distinct' && overChanges)

/** Do rows that come behind the end of their window correct its results? */
export const corrects = ({ strategy, latenessTicks }: Emit): boolean =>
  strategy === 'watermark' && latenessTicks > 0n

/** May a group give results that later ones replace, other than with each of its rows? */
export const isRefined = (emit: Emit): boolean => corrects(emit) || emit.early !== undefined

/** Are results changes? */
export const saysChanges = ({ strategy, changes: asked = false }: Emit): boolean =>
  strategy === 'changelog' || asked

/** Is a result taken back when another replaces it, long after it was handed out? */
export const takesBack = (emit: Emit): boolean => saysChanges(emit) && isRefined(emit)

/** What a row of a changelog says: a code of `changes`. */
export const CHANGE = '$op'
export const changes = { insert: 0, delete: 1, updateBefore: 2, updateAfter: 3 } as const
export const changeColumn: Column = { name: CHANGE, type: 'int8', nullable: false }

/** What a strategy has to know of the aggregation that it is for. */
export interface EmitScope {
  readonly hasWindow: boolean
  readonly hasSessions: boolean
  readonly hasTime: boolean
}

export function checkEmit(emit: Emit, { hasWindow, hasSessions, hasTime }: EmitScope): void {
  const { strategy, latenessTicks, early } = emit
  if (strategy !== 'distinct' && !emitStrategies.includes(strategy)) {
    throw new MillraceError('LDB-0001', `emit is '${strategy}'`, { fix: `use ${emitStrategies.join(', ')}` })
  }
  if (latenessTicks < 0n) throw new MillraceError('LDB-0001', 'the lateness must not be negative')
  if (latenessTicks > 0n && !hasWindow) {
    throw new MillraceError('LDB-0001', 'a lateness without windows: no row is late for them', {
      fix: 'assign the rows to windows, or leave the lateness out',
    })
  }
  if (isEager(emit) && (early || emit.changes)) {
    throw new MillraceError('LDB-0001', `'${strategy}' with ${early ? 'early results' : 'changes'}`, {
      fix: early ? 'leave `early` out: each row gives a result' : "use 'changelog'",
    })
  }
  if (early) checkEarly(early, hasTime)
  if (hasSessions && strategy === 'distinct') {
    throw new MillraceError('LDB-1001', 'the distinct rows of sessions, which may be joined', {
      fix: 'use other windows',
    })
  }
}

function checkEarly({ clock, every }: Early, hasTime: boolean): void {
  if (every <= 0n) throw new MillraceError('LDB-0001', 'the period of early results must be positive')
  if (clock === 'event' && !hasTime) {
    throw new MillraceError('LDB-2001', 'early results by event time, of which the stream has none', {
      fix: "declare event time in the source, or use the clock 'processing'",
    })
  }
}

/** Nothing where nothing was asked for. */
export function printEmit({ strategy, latenessTicks, early, changes: asked }: Emit): string {
  const lateness = latenessTicks === 0n ? '' : ` lateness ${latenessTicks}`
  const often = early ? ` early ${early.clock} ${early.every}` : ''
  return `${strategy === 'close' ? '' : ` emit ${strategy}`}${lateness}${often}${asked ? ' changes' : ''}`
}
