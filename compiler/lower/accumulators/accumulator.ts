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
import type { Output, PlanScope, RowWork } from '../scope.ts'
import type { Blocks } from '../stage.ts'
import { anyNull, type Fault, isNever, type Value } from '../value.ts'

/** The row under way, as accumulators see it. */
export interface Contribution {
  readonly cx: RowWork
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
  /** Leaves where its own state has no room for the row. */
  reserve?(leave: Leave): void
  /** Bytes that the row may add to the result. */
  readonly addedBytes?: Expr
  /** Updates the fields of the entry. */
  apply(): void
}

/** State of an accumulator that grows with the rows, not with the groups. */
export interface OwnState {
  readonly growable: Growable
  grow(k: KernelBuilder): void
  /** Before the first row. */
  init?(k: KernelBuilder): void
}

export interface Accumulator {
  readonly fields: FieldSpecs
  init(k: KernelBuilder, entry: Expr): void
  /**
   * Takes in what another entry holds, whose rows are later in time. It refuses nothing: a sum that leaves its range
   * is a fault of the value that is read.
   */
  combine(k: KernelBuilder, into: Expr, from: Expr): void
  /** What would be a fault of the value then. */
  combineFaults?(k: KernelBuilder, into: Expr, from: Expr): readonly Fault[]
  /** Set where that may take long: takes in a part; are all taken in by now? `combine` follows the last. */
  step?(k: KernelBuilder, into: Expr, from: Expr): Expr
  /** How many rows cost about as much as `combine`, where that is more than one. */
  readonly combineRows?: number
  /** State of its own; its head is one of `regions`. */
  readonly state?: OwnState
  /** Room in that for the first row of a new group: leaves where there is none. */
  reserveFirst?(cx: RowWork, args: readonly Value[]): void
  /** Room in that for what `step` takes in, or `combine` where there are no steps; the entry that takes it is -1 where new. */
  reserveCombine?(k: KernelBuilder, leave: Leave, into: Expr, from: Expr): void
  /** Gives back what it holds for an entry that is forgotten. */
  forget?(k: KernelBuilder, entry: Expr): void
  /** How many values of an entry `read` and `combine` look at one by one. */
  rows?(entry: Expr): Expr
  /** Bytes that `read` writes for an entry: there is room for them. */
  bytes?(k: KernelBuilder, entry: Expr): Expr
  /** Refuses no row where it is the first of its group, but for the faults of `first`. */
  prepare(contribution: Contribution): Prepared
  /** The texts that a new group keeps of its first row. */
  wants?(cx: RowWork, args: readonly Value[]): readonly Wanted[]
  /** The same in place of it, where the first row of a group may be refused: then no group is made. */
  first?(cx: RowWork, args: readonly Value[]): Pick<Prepared, 'faults' | 'texts'>
  /** What it holds for a group, as a call asks for it; null where no row has contributed to what must have a value. */
  read(k: KernelBuilder, entry: Expr, call: Aggregate, output?: Output): Value
  /** Regions of its own that do not grow. */
  readonly regions?: readonly FixedRegion[]
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

export type GroupFacts = Pick<
  GroupStore,
  'isUngrouped' | 'combines' | 'retracts' | 'needsResults' | 'plan'
> & {
  readonly isFrame?: boolean
}

/** Ids of the growable states of a pipeline, without gaps. */
export class StateIds {
  #next: number

  constructor(first: number) {
    this.#next = first
  }

  next(): number {
    return this.#next++
  }
}

/** Where the accumulators of a group keep their fields. */
export class GroupStore {
  readonly texts: Interner | undefined
  /** All rows are one group. */
  readonly isUngrouped: boolean
  /** Are the groups parts of larger ones, which they are combined to? */
  readonly combines: boolean
  /** Are rows taken back? */
  readonly retracts: boolean
  /** Must a group have a result behind each of its rows? */
  readonly needsResults: boolean
  /** May a sum be out of its range between two that are not, because rows leave it, or because rows are taken that give none? */
  readonly isFrame: boolean
  readonly plan: PlanScope
  #entries: Mem | undefined
  readonly #ids: StateIds

  constructor(texts: Interner | undefined, facts: GroupFacts, ids: StateIds) {
    this.#ids = ids
    this.texts = texts
    this.isUngrouped = facts.isUngrouped
    this.combines = facts.combines
    this.retracts = facts.retracts
    this.needsResults = facts.needsResults
    this.isFrame = facts.isFrame ?? false
    this.plan = facts.plan
  }

  /** Known once all accumulators have said what fields they need. */
  place(entries: Mem): void {
    this.#entries = entries
  }

  get entries(): Mem {
    if (!this.#entries) throw new Error('the entries of groups have no layout yet')
    return this.#entries
  }

  /** The id of a state of its own. */
  newState(): number {
    return this.#ids.next()
  }

  /** The same for entries of another region. */
  of(entries: Mem): GroupStore {
    const store = new GroupStore(this.texts, this, this.#ids)
    store.place(entries)
    return store
  }

  load(field: string, entry: Expr): Expr {
    return load(this.entries, field, entry)
  }
}

/** Makes an accumulator of arguments of some types, whose fields have names that start with `name`, for a call. */
export type AccumulatorFactory = (
  store: GroupStore,
  name: string,
  argTypes: readonly DataType[],
  call: Aggregate,
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

/** Where a value that is read is written. */
export function outputOf(output: Output | undefined): Output {
  if (!output) throw new Error('a value is read that has to be written somewhere')
  return output
}

/** An argument by its number. */
export function argumentOf(args: readonly Value[], number = 0): Value {
  const arg = args.at(number)
  if (!arg) throw new Error('an accumulator without its argument')
  return arg
}
