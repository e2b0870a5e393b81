/**
 * The accumulators that aggregates are made of. An aggregate may need several (avg: a sum and a count), and
 * several aggregates may share one. Each says what fields it keeps for a group, what a row does to them, and when
 * a row must be refused; `prepare` only reads, what it returns is done when nothing can stop the row any more.
 */
import type { Aggregate } from '../../../ir/expr/aggregates.ts'
import { and, bool, isConst, type KernelBuilder, load, not } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { FixedRegion, Growable } from '../../../ir/physical/program.ts'
import type { DataType } from '../../../ir/types.ts'
import type { Leave } from '../lib/control.ts'
import type { Interner, Wanted } from '../lib/interner.ts'
import type { RowScope } from '../scope.ts'
import type { Blocks, StatefulStage } from '../stage.ts'
import { anyNull, type Fault, isNever, type Value } from '../value.ts'

/** The row under way, as accumulators see it. */
export interface Contribution {
  readonly cx: RowScope
  readonly args: readonly Value[]
  /** Is the row there at all? Constant true but for rows that were dropped by a mask. */
  readonly mask: Expr
  /** Event time, or the arrival number; an i64 that is cheap to repeat. */
  readonly time: Expr
  /** The entry of the group. */
  readonly entry: Expr
  /** Is the row taken back? Constant false but over changes. */
  readonly removes: Expr
}

export interface Prepared {
  readonly faults: readonly Fault[]
  readonly texts: readonly Wanted[]
  /** Returns `grow` where state of its own has no room for what the row brings. */
  reserve?(): void
  /** Updates the fields of the entry. */
  apply(): void
}

export interface Accumulator {
  readonly fields: FieldSpecs
  init(k: KernelBuilder, entry: Expr): void
  /**
   * Takes in what another entry holds, whose rows are later in time. It refuses nothing: a sum that leaves its range
   * is a fault of the value that is read.
   */
  combine(k: KernelBuilder, into: Expr, from: Expr): void
  /** Set where that may take long: `step` takes in a part, for which `reserve` has made room, `combine` follows the last. */
  readonly gradual?: {
    /** The entry that takes it in is -1 where it is new. */
    reserve(k: KernelBuilder, leave: Leave, into: Expr, from: Expr): void
    /** Are all parts of the other entry taken in by now? */
    step(k: KernelBuilder, into: Expr, from: Expr): Expr
  }
  /** Gives back what a group has in state of its own. */
  forget?(k: KernelBuilder, entry: Expr): void
  /** How many rows cost about as much as `combine`, where that is more than one. */
  readonly combineRows?: number
  /** Refuses no row where it is the first of its group. */
  prepare(contribution: Contribution): Prepared
  /** The texts that a new group keeps of its first row. */
  wants?(cx: RowScope, args: readonly Value[]): readonly Wanted[]
  /** Returns `grow` where state of its own has no room for the first row of a new group. */
  reserve?(cx: RowScope, args: readonly Value[]): void
  /** What it holds for a group, as a call asks for it; null where no row has contributed to what must have a value. */
  read(k: KernelBuilder, entry: Expr, call: Aggregate): Value
  /** Regions of its own, for all groups together. */
  readonly regions?: readonly FixedRegion[]
  /** State of its own that grows, and what is written to it before the first row. */
  readonly growables?: StatefulStage['growables']
  begin?(k: KernelBuilder): void
  /** Regions of its own that have so many rows for each entry: the first of them is that of entry times so many. */
  readonly parts?: Growable['parts']
  /** Can it take rows by their mask? */
  readonly masked?: boolean
  /** Code before the rows of a call and behind them, for what is kept in locals meanwhile. */
  open?(k: KernelBuilder): void
  close?(k: KernelBuilder): void
  /** Set where it is the faster for rows in blocks. */
  readonly blocks?: Blocks
}

export type GroupFacts = Pick<GroupStore, 'isUngrouped' | 'combines' | 'retracts' | 'newId'>

/** Where the accumulators of a group keep their fields. */
export class GroupStore {
  readonly texts: Interner | undefined
  /** All rows are one group. */
  readonly isUngrouped: boolean
  /** Are the groups parts of larger ones, which they are combined to? */
  readonly combines: boolean
  /** Are rows taken back? */
  readonly retracts: boolean
  /** The id of another growable state of the pipeline. */
  readonly newId: () => number
  #entries: Mem | undefined

  constructor(texts: Interner | undefined, { isUngrouped, combines, retracts, newId }: GroupFacts) {
    this.texts = texts
    this.isUngrouped = isUngrouped
    this.combines = combines
    this.retracts = retracts
    this.newId = newId
  }

  /** Known once all accumulators have said what fields they need. */
  place(entries: Mem): void {
    this.#entries = entries
  }

  get entries(): Mem {
    if (!this.#entries) throw new Error('the entries of groups have no layout yet')
    return this.#entries
  }

  load(field: string, entry: Expr): Expr {
    return load(this.entries, field, entry)
  }
}

/** Makes an accumulator of arguments of some types, whose fields have names that start with `name`. */
export type AccumulatorFactory = (
  store: GroupStore,
  name: string,
  argTypes: readonly DataType[],
) => Accumulator

/** Are all arguments not null? */
const areGiven = (args: readonly Value[]): Expr => {
  const isMissing = anyNull(args)
  return isNever(isMissing) ? bool(true) : not(isMissing)
}

/** Does the row count: is it there, and none of its arguments null? */
export function contributes({ args, mask }: Pick<Contribution, 'args' | 'mask'>): Expr {
  const given = areGiven(args)
  return isConst(mask, true) ? given : isConst(given, true) ? mask : and(mask, given)
}

export { when } from '../lib/control.ts'

/** An argument by its number. */
export function argumentOf(args: readonly Value[], number = 0): Value {
  const arg = args.at(number)
  if (!arg) throw new Error('an accumulator without its argument')
  return arg
}
