/**
 * The watermarks of both sides of a join. A side that is idle is as far as the others are, so that it holds back nobody. What
 * is past of a side are its rows that no partner can come for any more.
 */
import {
  and,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  or,
  select,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, FieldType } from '../../ir/kernel/node.ts'
import { inputIdle, inputWatermark } from '../../ir/physical/program.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from './event-time.ts'
import { InputTimes } from './input-times.ts'

/** How far a partner of the right side may be behind a row of the left one. */
export interface Reach {
  readonly lower: bigint
  readonly upper: bigint
}

const SIDES = [0, 1] as const
/** The time of a side, the last one whose rows are past, and the first one that results with its rows may have. */
const parts = ['time', 'past', 'kept'] as const
const field = (part: (typeof parts)[number], side: number): string => `${part}_${side}`

export class JoinTimes extends InputTimes {
  /** How far behind its own time a row of each side may find a partner. */
  readonly #reach: readonly bigint[]

  /** The sides that results wait for. */
  readonly #awaited: readonly number[]

  constructor({ lower, upper }: Reach, awaited: readonly number[] = SIDES) {
    const fields = SIDES.flatMap(side => parts.map((part): [string, FieldType] => [field(part, side), 'i64']))
    super(SIDES.length, Object.fromEntries(fields))
    this.#reach = [upper, -lower]
    this.#awaited = awaited
  }

  override init(k: KernelBuilder): void {
    super.init(k)
    for (const side of SIDES) for (const part of parts) k.put(this.mem, field(part, side), i64(MIN_TIME))
  }

  /** No row of a side is on time that comes before that. */
  timeOf(side: number): Expr {
    return load(this.mem, field('time', side))
  }

  /** No partner comes any more for rows of a side whose time is not behind that. */
  past(side: number): Expr {
    return load(this.mem, field('past', side))
  }

  /** Mostly nobody is idle: then a side is as far as its watermark. */
  override raise(k: KernelBuilder, input: number, to: Expr, onMove: () => void): void {
    const raised = k.let('raised', to)
    k.if(gt(raised, load(this.mem, inputWatermark(input))), () => {
      k.put(this.mem, inputWatermark(input), raised)
      const [left, right] = SIDES.map(side => load(this.mem, inputIdle(side)))
      k.if(
        eq(or(left, right), i32(0)),
        () => {
          this.#goOn(k, input, raised)
          onMove()
        },
        () => this.meet(k, onMove),
      )
    })
  }

  protected override take(k: KernelBuilder, met: Expr, onMove: () => void): void {
    for (const side of SIDES) {
      const own = k.let('own', load(this.mem, inputWatermark(side)))
      this.#goOn(k, side, k.let('to', select(and(this.isOut(side, own), gt(met, own)), met, own)))
    }
    onMove()
  }

  /** Results are behind the time of the sides that they wait for, and of what those keep. */
  #goOn(k: KernelBuilder, side: number, to: Expr): void {
    const reach = this.#reach[1 - side]
    k.if(gt(to, this.timeOf(side)), () => {
      k.put(this.mem, field('time', side), to)
      this.#putLess(k, field('past', 1 - side), to, reach + 1n)
      this.#putLess(k, field('kept', side), to, reach > 0n ? reach : 0n)
      const [first, second] = this.#awaited.map(one => k.let('kept', load(this.mem, field('kept', one))))
      const raiseTo = (kept: Expr) => (): void => this.#raiseTo(k, kept)
      if (second) k.if(lt(first, second), raiseTo(first), raiseTo(second))
      else this.#raiseTo(k, first)
    })
  }

  #raiseTo(k: KernelBuilder, time: Expr): void {
    k.if(gt(time, load(timeRegion, 'wm')), () => k.put(timeRegion, 'wm', time))
  }

  /** A time less so many ticks; the end of time stays, and what would come before all times is the first of them. */
  #putLess(k: KernelBuilder, name: string, time: Expr, ticks: bigint): void {
    const put = (value: Expr): void => k.put(this.mem, name, value)
    put(sub(time, i64(ticks)))
    if (ticks > 0n) k.if(lt(time, i64(MIN_TIME + ticks)), () => put(i64(MIN_TIME)))
    if (ticks < 0n) k.if(gt(time, i64(MAX_TIME + ticks)), () => put(i64(MAX_TIME)))
    if (ticks > 0n) k.if(eq(time, i64(MAX_TIME)), () => put(i64(MAX_TIME)))
  }
}
