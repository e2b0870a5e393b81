/** What an operator gives to the kernels of its pipeline. */
import type { KernelBuilder } from '../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../ir/kernel/node.ts'
import type { FixedRegion, Growable } from '../../ir/physical/program.ts'
import type { RowColumns } from './expr/index.ts'
import type { InputTimes } from './input-times.ts'
import type { Leave } from './lib/control.ts'
import type { TimeField } from './lib/group-windows.ts'
import type { Output, Row, RowScope } from './scope.ts'

/** An operator that takes a row and hands it on, or not, at once. */
export interface Stage {
  push(cx: RowScope, row: Row, next: (row: Row) => void): void
  /** Regions of one row that it needs. */
  readonly mems?: readonly Mem[]
}

/**
 * Writes the code that takes an emitted row on, whose columns it asks for; it may leave, and is then called with the same
 * row again. Where a value has a fault, the operator named refuses the row. A row that `follows` the one before at once
 * always finds room, where no operator comes behind.
 */
export type EmitEach = (columns: (output: Output) => RowColumns, operator: string, follows?: boolean) => void

/**
 * Leaves the loop over rows at one that misses something in state; behind the loop `make` writes the code that makes
 * it, and the row is taken again. There must be room for all that the row needs by then.
 */
export type Miss = (make: () => void) => void

/** Where a row that is taken may write results at once: where there is room for one, there is for two. */
export interface EagerOutput {
  readonly room: Expr
  emit(columns: RowColumns): void
  /** The same behind the loop over rows, of values that no row brings. */
  emitBehind(columns: RowColumns): void
}

export interface Blocks {
  open(k: KernelBuilder): void
  close(k: KernelBuilder): void
}

/** An operator that keeps rows in state and emits them when the watermark passes a deadline. */
export interface StatefulStage {
  /** Moves the watermark of what is emitted, when all that is due has been. */
  passWatermark(k: KernelBuilder): void
  /** Can rows be dropped by a mask on their way here? */
  readonly masked: boolean
  /** Before the rows of a call, where it may still leave; and behind them, however they ended. */
  open(k: KernelBuilder, leave: Leave): void
  close(k: KernelBuilder): void
  /** Do results leave with the rows that change them? */
  readonly isEager: boolean
  push(cx: RowScope, row: Row, miss: Miss, output: EagerOutput | undefined): void
  /** May a row miss anything? */
  readonly misses: boolean
  /** Set where it is the faster for rows in blocks: code before a run of blocks and behind it. */
  readonly blocks: Blocks | undefined
  /** The time at which `advance` has work next, if anything waits at all. */
  readonly deadline: TimeField
  readonly waiting: Expr
  /** Has `advance` work to do now? Set where that does not depend on the watermark of the pipeline alone. */
  readonly isDue?: Expr
  /** The watermarks of its inputs, where it has an opinion of its own about them. */
  readonly times?: InputTimes | undefined
  /** May what is due wait until the call ends, where no other pipeline sees when it comes? */
  readonly canWait: boolean
  init(k: KernelBuilder): void
  /** Emits what is due at the watermark; `leave` saves how far the output has come. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void
  readonly regions: readonly FixedRegion[]
  readonly growables: readonly { readonly growable: Growable; grow(k: KernelBuilder): void }[]
}
