/**
 * The contract between compiled kernels and the runtime: statuses, the control block, how batches lie in memory.
 * A change here changes the cache key of every compiled kernel.
 */
import type { Mem } from './kernel/node.ts'
import { rowLayout } from './layout.ts'

/** Part of every cache key. */
export const ABI_VERSION = 1

/**
 * What a kernel returns. `due`: the running watermark passed the earliest deadline, run `advance` and call again.
 * `grow`: region `need_region` must hold `need` rows (or bytes) before the row at the cursor can be taken.
 * `full`: an output region is full, drain it and call again. `yield`: the budget is used up, call again.
 * `trap`: a broken invariant or a limit, see `trap` in the control block.
 */
export const Status = { ok: 0, due: 1, grow: 2, full: 3, yield: 4, trap: 5 } as const
export type Status = (typeof Status)[keyof typeof Status]

/** Why a kernel trapped; the runtime turns it into an LDB code. */
export const Trap = { valueTooLarge: 1, tooManyPartitions: 2, tooManyRows: 3 } as const

/** Why a row went to the error output; one bit each, of which one is set: the first fault in order of evaluation. */
export const rowErrors = [
  { bit: 1, code: 'LDB-9002' },
  { bit: 2, code: 'LDB-9003' },
  { bit: 4, code: 'LDB-9004' },
  { bit: 8, code: 'LDB-2005' },
  { bit: 16, code: 'LDB-2007' },
  { bit: 32, code: 'LDB-9005' },
  { bit: 64, code: 'LDB-9006' },
  { bit: 128, code: 'LDB-9007' },
] as const
export type RowErrorCode = (typeof rowErrors)[number]['code']

/** One row. In: written by the runtime. Out: written by the kernel. */
export const controlBlock: Mem = rowLayout('ctl', 'control', {
  /** In: rows of the current batch; most rows to take before `yield`. */
  rows: 'i32',
  budget: 'i32',
  /** In and out: first row that is not taken yet; position inside work that yields. */
  cursor: 'i32',
  /** Out: what `grow` asks for, in units and in bytes of text. In: the most units that this state may have. */
  need_region: 'i32',
  need: 'i32',
  need_bytes: 'i32',
  limit: 'i32',
  trap: 'i32',
  /** In: rows that each output region holds. In and out: rows in use. */
  out_room: 'i32',
  out_rows: 'i32',
  late_room: 'i32',
  late_rows: 'i32',
  error_room: 'i32',
  error_rows: 'i32',
  /** Bytes of the scratch area of the bytes region: start, size, in use. */
  scratch_base: 'i32',
  scratch_room: 'i32',
  scratch_used: 'i32',
  /** Bytes region: where the constants of the plan start; where the texts in state start, bytes of one extent. */
  const_base: 'i32',
  heap_base: 'i32',
  heap_limit: 'i32',
  /** In: absolute number of the first row of the batch. */
  first_row: 'i64',
  /** A word that loops carry an i64 in: a local would be boxed in JavaScript. */
  carry: 'i64',
  /** Out: rows not taken, by reason. */
  late_dropped: 'i64',
  null_time_dropped: 'i64',
  error_dropped: 'i64',
  /** Out: rows further ahead of the clock than their source allows, whatever became of them. */
  ahead: 'i64',
})

/** A compiled kernel: no arguments, all else lies in memory. Never throws, never allocates. */
export type KernelFunction = () => Status

/** The compiled kernels of one plan instance by name. */
export type Kernels = ReadonlyMap<string, KernelFunction>

/** Which engine runs the kernels. */
export type Tier = 'interp' | 'js' | 'native'

/** Where the regions of one plan instance lie: all in one buffer that never moves, grows or detaches. */
export interface Placement {
  readonly buffer: ArrayBufferLike
  /** Byte range of each region by name; offsets are multiples of 64. */
  readonly regions: ReadonlyMap<string, { readonly offset: number; readonly bytes: number }>
}
