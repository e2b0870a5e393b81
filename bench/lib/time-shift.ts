/** Event time goes on from pass to pass: without that every row of the second pass would be late. */
import { type Data, valuesOf } from './data.ts'

export interface TimeShift {
  readonly column: string
  /** Whole windows, and more than the times of a pass span. */
  readonly ticks: bigint
}

export function shiftTimes(times: BigInt64Array, { ticks }: TimeShift): void {
  for (let i = 0; i < times.length; i++) times[i] += ticks
}

/** Shifts the time column of data that belongs to the caller alone. */
export function shiftData(data: Data, shift: TimeShift | undefined): void {
  if (shift) shiftTimes(valuesOf(data, shift.column, 'timestamp[ms]'), shift)
}
