/** The bare kernel: all rows lie in the arena, and it is called for one batch of them after another. */
import type { Columns, Stream, Tier } from '../../compiler/index.ts'
import { viewField } from '../../runtime/io/arrow/memory.ts'
import { batchesOf } from './arrow-batches.ts'
import type { Data } from './data.ts'
import { ARENA_BYTES, KernelInstance } from './kernel-instance.ts'
import type { Subject } from './subject.ts'
import { shiftTimes, type TimeShift } from './time-shift.ts'

export interface ResidentOptions {
  readonly stream: Stream<Columns>
  readonly tier: Tier
  readonly data: Data
  readonly batchRows: number
  readonly time: TimeShift | undefined
}

export async function residentKernel(options: ResidentOptions): Promise<Subject> {
  const { stream, tier, data, batchRows, time } = options
  const { rows } = data
  const [batch] = batchesOf(data, rows)
  const limits = { batchRows: rows, outputRows: batchRows, memoryBytes: ARENA_BYTES }
  const kernel = await KernelInstance.open({ stream, tier, limits, batch })
  const times = time && timesInArena(kernel, time, rows)
  const pass = (): void => {
    kernel.rowsOut = 0
    for (let from = 0; from < rows; from += batchRows) kernel.run(from, from + batchRows)
  }
  return {
    name: tier,
    rows,
    pass,
    answer: async () => kernel.answer(pass),
    rewind() {
      if (time && times) shiftTimes(times, time)
    },
    get emitted() {
      return kernel.rowsOut
    },
  }
}

/** The event times of the rows that lie in the arena. */
export function timesInArena(
  { input, memory }: KernelInstance,
  time: TimeShift,
  rows: number,
): BigInt64Array {
  const slot = input.find(({ column }) => column.name === time.column)?.slot
  if (slot === undefined) throw new Error(`the kernel does not read ${time.column}`)
  return viewField(memory, 'in', slot, 'i64', rows)
}
