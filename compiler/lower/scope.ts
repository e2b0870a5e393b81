/** What the code of one kernel is written against: its builder, its constants, and where it may leave. */

import { controlBlock, Status, Trap } from '../../ir/abi.ts'
import type { KernelBuilder } from '../../ir/kernel/build.ts'
import { add, eq, gt, i32, load, sub } from '../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../ir/kernel/node.ts'
import type { RowColumns } from './expr/index.ts'
import { BYTES_SLACK, type ByteRange } from './lib/bytes.ts'
import { type Leave, trap } from './lib/control.ts'
import type { Pane } from './lib/group-windows.ts'
import type { Fault } from './value.ts'

/** The texts and tables that the kernels of a plan refer to, one after the other in the bytes region. */
export class ConstantPool {
  readonly #offsets = new Map<string, number>()
  readonly #parts: Uint8Array[] = []
  #size = 0

  /** Offset of some bytes from `const_base`; equal bytes share their place. */
  add(bytes: Uint8Array, align = 1): number {
    const key = Buffer.from(bytes).toString('latin1')
    const known = this.#offsets.get(key)
    if (known !== undefined && known % align === 0) return known
    const offset = Math.ceil(this.#size / align) * align
    this.#parts.push(new Uint8Array(offset - this.#size), bytes)
    this.#size = offset + bytes.length
    this.#offsets.set(key, offset)
    return offset
  }

  /** Where some bytes lie in the bytes region. */
  range(bytes: Uint8Array): ByteRange {
    return { offset: add(load(controlBlock, 'const_base'), i32(this.add(bytes))), length: i32(bytes.length) }
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat([...this.#parts, new Uint8Array(BYTES_SLACK)]))
  }
}

/** Facts of the plan that all of its kernels share. */
export interface PlanScope {
  readonly constants: ConstantPool
  /** One row of parameter values, and the field of each parameter. */
  readonly params: { readonly mem: Mem; readonly fields: ReadonlyMap<string, string> }
  /** A fault makes the operation null instead of rejecting the row. */
  readonly lenient: boolean
}

/** Computed texts of the row under way; they stay when the row is emitted and are forgotten otherwise. */
export class Scratch {
  readonly #k: KernelBuilder
  readonly #leave: Leave
  readonly #used: Local
  #touched = false

  constructor(k: KernelBuilder, leave: Leave) {
    this.#k = k
    this.#leave = leave
    this.#used = k.let('scratch', load(controlBlock, 'scratch_used'))
  }

  /** The offset of `length` new bytes, for which there is room or the kernel leaves. */
  allocate(length: Expr): Local {
    this.reserve(length)
    return this.take(length)
  }

  /** Room for so many bytes. Leaves `full` where results in wait hold it, else traps. */
  reserve(length: Expr): void {
    const k = this.#k
    k.if(gt(length, sub(load(controlBlock, 'scratch_room'), this.#used)), () => {
      k.if(eq(load(controlBlock, 'scratch_used'), i32(0)), () => trap(k, Trap.valueTooLarge, this.#leave))
      this.#leave(Status.full)
    })
  }

  /** The offset of `length` new bytes that there is room for. */
  take(length: Expr): Local {
    const k = this.#k
    this.#touched = true
    const offset = k.let('fresh', add(load(controlBlock, 'scratch_base'), this.#used))
    k.set(this.#used, add(this.#used, length))
    return offset
  }

  /** Gives back what was allocated beyond `end`, an offset inside the last allocation. */
  trim(end: Expr): void {
    this.#k.set(this.#used, sub(end, load(controlBlock, 'scratch_base')))
  }

  /** Keeps the texts of this row: the row is emitted. */
  commit(): void {
    if (this.#touched) this.#k.put(controlBlock, 'scratch_used', this.#used)
  }
}

/** What values are written with that are larger than a word. */
export type Output = Pick<RowScope, 'plan' | 'scratch'>

/** What the code of an expression is written against. */
export interface ExprScope {
  readonly k: KernelBuilder
  readonly plan: PlanScope
  /** Room for the texts that it makes. */
  readonly scratch: Pick<Scratch, 'allocate' | 'trim'>
}

/** What the code for one row is written against. */
export interface RowScope extends ExprScope {
  readonly scratch: Scratch
  readonly leave: Leave
  /** The number of the input of its pipeline that the row comes from. */
  readonly input: number
  /** Number of the row since the query began, an i64. */
  readonly arrival: Expr
  /** The columns of the input at a row that is so many rows ahead, or the last one of the batch. */
  readonly ahead: ((rows: number) => RowColumns) | undefined
  /** Its place in a block of rows that never leave, which is also the lane of its sums. */
  readonly lane: number | undefined
  /** May rows be dropped by a mask instead of a branch? Where all that follows is cheap, that is faster. */
  readonly masked: boolean
  /** Does a time no longer wait for this row: has the watermark that the row is held against come to it? */
  hasPassed(time: Expr): Expr
  /** Sends the row to the error output under a condition, and ends the work on it. */
  reject(faults: readonly Fault[], mask: Expr, operator: string): void
  /** Counts the row as late, sends it to the late output if it is to be told, and ends the work on it. */
  late(isTold: boolean): void
  /** Ends the work on the row. */
  drop(): void
  /** Makes the row the last of its call where it has made something due: that fires before the next one. */
  stopIfDue(): void
  /** The row comes again with the next call, behind what is done before it. */
  endCall(): void
  /** Leaves where something is due: it fires before the row goes on. */
  leaveIfDue(): void
  /** The same for a part of the row, which ends with the block of that label. */
  part(label: string): RowScope
  /** The row took as much as so many more. */
  spend(rows: number | Expr): void
}

/** What the code is written against that takes a row into what is kept, wherever the row comes from. */
export type RowWork = Pick<RowScope, 'k' | 'plan' | 'scratch' | 'arrival' | 'lane'>

/** A row on its way through the operators: its columns, and whether it is still there. */
export interface Row {
  readonly columns: RowColumns
  /** Constant true wherever rows are dropped by branches. */
  readonly mask: Expr
  /** The pane that it fell into, where it belongs to windows. */
  readonly pane?: Pane
}
