/**
 * Counts for explain analyze, made by the kernels themselves: how many rows came how far through the operators of
 * their pipeline, and how many were refused there. A row is counted once nothing can stop it any more: one that had
 * to leave, for room or by its budget, is taken again and counts then. Plans that run have none of this.
 */
import { rowErrors } from '../../ir/abi.ts'
import { add, eq, i32, i64, type KernelBuilder, load, toInt } from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Local, Mem } from '../../ir/kernel/node.ts'
import { columnLayout } from '../../ir/layout.ts'
import type { FixedRegion } from '../../ir/physical/program.ts'
import type { PipelineSpec } from '../plan/split-pipelines.ts'

/** The field of all rows, beside those of the faults. */
export const ROWS = 'rows'
export const faultField = (bit: number): string => `fault_${bit}`

/**
 * Row `n`: rows that the first `n` operators handed on and the next one did not, and a field for each fault that may
 * be why. The first operator is the source, or the pipeline that is read.
 */
export function countsRegion({ head, stateful, tail }: PipelineSpec): FixedRegion {
  const faults = rowErrors.map(({ bit }): [string, FieldType] => [faultField(bit), 'i64'])
  const rows = 1 + head.length + (stateful ? 1 : 0) + tail.length + 1
  const fields = { [ROWS]: 'i64' as const, ...Object.fromEntries(faults) }
  return { mem: columnLayout('row_counts', 'control', fields, rows), rows }
}

/** The way of one row. */
export class RowCount {
  readonly #k: KernelBuilder
  readonly #mem: Mem
  /** Operators that have handed the row on. */
  readonly #passed: Local

  /** `passed`: operators that had it before this code; it is written before the block of the row. */
  constructor(k: KernelBuilder, mem: Mem, passed: number) {
    this.#k = k
    this.#mem = mem
    this.#passed = k.let('passed', i32(passed))
  }

  /** One more operator has handed the row on, unless the mask says that it did not. */
  pass(mask: Expr): void {
    this.#k.set(this.#passed, add(this.#passed, toInt(mask)))
  }

  /** The next operator refuses the row, which nothing can stop any more; of `bits` one is set. */
  refuse(bits: Expr): void {
    const set = this.#k.let('refused', bits)
    for (const { bit } of rowErrors) this.#k.if(eq(set, i32(bit)), () => this.#add(faultField(bit)))
  }

  /** Nothing can stop the row any more. */
  settle(): void {
    this.#add(ROWS)
  }

  #add(field: string): void {
    const sum = add(load(this.#mem, field, this.#passed), i64(1n))
    this.#k.store(this.#mem, field, this.#passed, sum)
  }
}
