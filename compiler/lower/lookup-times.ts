/** The watermarks of a lookup: that of its rows is what counts, answers have none. */
import { type KernelBuilder, load } from '../../ir/kernel/build.ts'
import { inputWatermark } from '../../ir/physical/program.ts'
import { InputTimes } from './input-times.ts'

/** The input that rows come from, and that of answers. */
export const ROWS = 0
const INPUTS = 2

export class LookupTimes extends InputTimes {
  constructor() {
    super(INPUTS)
  }

  override meet(k: KernelBuilder, onMove: () => void): void {
    this.take(k, load(this.mem, inputWatermark(ROWS)), onMove)
  }
}
