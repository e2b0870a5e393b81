/**
 * The loops over the rows of a call. A row that misses something leaves its loop, so that what it misses is made
 * outside; rows that never leave are taken in blocks, so that no sum waits for the one before it and the native
 * compiler takes all rows of a block at once.
 */
import { controlBlock } from '../../ir/abi.ts'
import { FLOAT_LANES } from '../../ir/expr/contributions.ts'
import { add, and, eq, ge, i32, type KernelBuilder, le, load, low } from '../../ir/kernel/build.ts'
import type { Expr, Local } from '../../ir/kernel/node.ts'
import type { Miss } from './stage.ts'

/** Rows of a block: one for each lane of a sum. */
export const BLOCK_ROWS = FLOAT_LANES

/** Size of the code of a row of a block: so little that eight of it are not much. */
export const BLOCK_ROW_SIZE_MAX = 256

/** For rows that miss nothing. */
export const noMiss: Miss = () => {
  throw new Error('a row misses what should be there')
}

/** `stop` is read at every turn: a row may bring it forward. */
export function eachRow(k: KernelBuilder, i: Local, stop: Expr, row: (miss: Miss) => void): void {
  runOfRows(k, i, stop, row)
}

/** Yields what is to be made for a row that left the loop; `onMiss` is told the number of that. */
function runOfRows(
  k: KernelBuilder,
  i: Local,
  stop: Expr,
  row: (miss: Miss) => void,
  onMiss: (number: number) => void = () => {},
): readonly (() => void)[] {
  const missing: (() => void)[] = []
  k.loop('each_row', label => {
    k.breakIf(ge(i, stop), label)
    row(make => {
      onMiss(missing.length)
      missing.push(make)
      k.break(label)
    })
    k.set(i, add(i, i32(1)))
  })
  return missing
}

/**
 * A row that misses something ends a run of rows; it is made, and the row is the first of the next run, if there is one.
 * `stop` is read at every turn.
 */
export function eachRowMade(k: KernelBuilder, i: Local, stop: Local, row: (miss: Miss) => void): void {
  k.loop('each_run', label => {
    const missed = k.let('missed', i32(NOTHING))
    const missing = runOfRows(k, i, stop, row, number => k.set(missed, i32(number)))
    k.breakIf(eq(missed, i32(NOTHING)), label)
    k.phase('apply')
    const [first, ...others] = missing
    if (others.length === 0) first?.()
    else for (const [number, make] of missing.entries()) k.if(eq(missed, i32(number)), make)
  })
}

/** In place of the number of what a row misses. */
const NOTHING = -1

/** The code of the rows of a block, and what stands before and behind a run of blocks. */
export interface BlockCode {
  open(): void
  rows(): void
  close(): void
}

/** Blocks begin at rows whose number is a multiple of their size, whatever the batches are; other rows come one by one. */
export function eachRowInBlocks(
  k: KernelBuilder,
  i: Local,
  stop: Local,
  { row, block }: { row: () => void; block: () => BlockCode },
): void {
  const first = low(load(controlBlock, 'first_row'))
  const isWhole = (): Expr => le(add(i, i32(BLOCK_ROWS)), stop)
  k.loop('each_row', label => {
    k.breakIf(ge(i, stop), label)
    const isFirst = eq(and(add(first, i), i32(BLOCK_ROWS - 1)), i32(0))
    k.if(and(isFirst, isWhole()), () => {
      const { open, rows, close } = block()
      open()
      k.loop('each_block', blocks => {
        rows()
        k.set(i, add(i, i32(BLOCK_ROWS)))
        k.if(
          isWhole(),
          () => {},
          () => k.break(blocks),
        )
      })
      close()
      k.continue(label)
    })
    row()
    k.set(i, add(i, i32(1)))
  })
}
