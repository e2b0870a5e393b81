/**
 * The watermarks of several inputs, and the one that they come to: the least of those that are open and not idle. Where
 * all open ones are idle it is the greatest of theirs. One that has ended holds nothing back; when all have, time ends.
 */
import {
  and,
  any,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  ne,
  or,
  select,
} from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Mem } from '../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../ir/layout.ts'
import { inputIdle, inputWatermark } from '../../ir/physical/program.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from './event-time.ts'

export class InputTimes {
  readonly mem: Mem
  readonly #inputs: readonly number[]

  constructor(count: number, more: FieldSpecs = {}) {
    this.#inputs = Array.from({ length: count }, (_, n) => n)
    const fields = this.#inputs.flatMap((n): [string, FieldType][] => [
      [inputWatermark(n), 'i64'],
      [inputIdle(n), 'i32'],
    ])
    this.mem = rowLayout('input_times', 'state', { ...Object.fromEntries(fields), ...more })
  }

  init(k: KernelBuilder): void {
    for (const n of this.#inputs) k.put(this.mem, inputWatermark(n), i64(MIN_TIME))
  }

  /** An input promises that no row before that time is still to come from it. */
  raise(k: KernelBuilder, input: number, to: Expr, onMove: () => void): void {
    const field = inputWatermark(input)
    const raised = k.let('raised', to)
    k.if(gt(raised, load(this.mem, field)), () => {
      k.put(this.mem, field, raised)
      this.meet(k, onMove)
    })
  }

  /** Raises the watermark of the pipeline to what those of its inputs come to. */
  meet(k: KernelBuilder, onMove: () => void): void {
    const least = k.let('least', i64(MAX_TIME))
    const greatest = k.let('greatest', i64(MIN_TIME))
    for (const n of this.#inputs) {
      const time = k.let('time', load(this.mem, inputWatermark(n)))
      const isOut = k.let('is_out', this.isOut(n, time))
      k.set(least, select(or(isOut, gt(time, least)), least, time))
      k.set(greatest, select(and(isOut, gt(time, greatest)), time, greatest))
    }
    const outs = this.#inputs.map(n => this.isOut(n, load(this.mem, inputWatermark(n))))
    const met = k.let('met', select(and(eq(least, i64(MAX_TIME)), any(outs)), greatest, least))
    this.take(k, met, onMove)
  }

  /** What is done with the time that they come to. */
  protected take(k: KernelBuilder, met: Expr, onMove: () => void): void {
    k.if(lt(load(timeRegion, 'wm'), met), () => {
      k.put(timeRegion, 'wm', met)
      onMove()
    })
  }

  /** Is it idle, and may come back? */
  protected isOut(n: number, time: Expr): Expr {
    return and(ne(load(this.mem, inputIdle(n)), i32(0)), ne(time, i64(MAX_TIME)))
  }
}
