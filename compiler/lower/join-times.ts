/**
 * The watermarks of both sides of a join. A side that is idle is as far as the others are, so that it holds back nobody. What
 * is past of a side are its rows that no partner can come for any more.
 */
import { and, eq, gt, i64, type KernelBuilder, load, lt, op, or, select, sub } from '../../ir/kernel/build.ts'
import type { Expr } from '../../ir/kernel/node.ts'
import { inputWatermark } from '../../ir/physical/program.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from './event-time.ts'
import { InputTimes } from './input-times.ts'
import type { TimeField } from './lib/group-windows.ts'

/** How far a partner of the right side may be behind a row of the left one. */
export interface Reach {
  readonly lower: bigint
  readonly upper: bigint
}

const timeField = (side: number): string => `time_${side}`
const pastField = (side: number): string => `past_${side}`
const SIDES = [0, 1] as const

export class JoinTimes extends InputTimes {
  /** How far behind its own time a row of each side may find a partner. */
  readonly #reach: readonly bigint[]
  /** The sides that results wait for. */
  readonly #awaited: readonly number[]

  constructor({ lower, upper }: Reach, awaited: readonly number[] = SIDES) {
    super(
      2,
      Object.fromEntries(
        SIDES.flatMap(side => [
          [timeField(side), 'i64'],
          [pastField(side), 'i64'],
        ]),
      ),
    )
    this.#reach = [upper, -lower]
    this.#awaited = awaited
  }

  override init(k: KernelBuilder): void {
    super.init(k)
    for (const side of SIDES) {
      k.put(this.mem, timeField(side), i64(MIN_TIME))
      k.put(this.mem, pastField(side), i64(MIN_TIME))
    }
  }

  /** No row of a side is on time that comes before that. */
  timeOf(side: number): Expr {
    return load(this.mem, timeField(side))
  }

  /** No partner comes any more for rows of a side whose time is not behind that. */
  past(side: number): TimeField {
    return { mem: this.mem, field: pastField(side) }
  }

  /** Results are behind the time of the sides that they wait for, and of what those keep. */
  protected override take(k: KernelBuilder, met: Expr, onMove: () => void): void {
    for (const side of SIDES) {
      const own = k.let('own', load(this.mem, inputWatermark(side)))
      const to = k.let('to', select(and(this.isOut(side, own), gt(met, own)), met, own))
      k.if(gt(to, this.timeOf(side)), () => {
        k.put(this.mem, timeField(side), to)
        const passed = lessThan(k, to, this.#reach[1 - side] + 1n)
        k.put(this.mem, pastField(1 - side), passed)
      })
    }
    const bounds = this.#awaited.map(side => {
      const behind = this.#reach[1 - side]
      return k.let('kept_from', lessThan(k, this.timeOf(side), behind > 0n ? behind : 0n))
    })
    const least = k.let(
      'least_kept',
      bounds.reduce<Expr>((a, b) => select(lt(a, b), a, b), i64(MAX_TIME)),
    )
    k.if(gt(least, load(timeRegion, 'wm')), () => k.put(timeRegion, 'wm', least))
    onMove()
  }
}

/** A time less so many ticks; the end of time stays, and what would come before all times is the first of them. */
export function lessThan(k: KernelBuilder, time: Expr, ticks: bigint): Expr {
  const less = k.let('less', sub(time, i64(ticks)))
  const wraps = op('subo.i64', time, i64(ticks))
  if (ticks < 0n) return select(or(wraps, eq(time, i64(MAX_TIME))), i64(MAX_TIME), less)
  const first = select(or(wraps, lt(less, i64(MIN_TIME))), i64(MIN_TIME), less)
  return select(eq(time, i64(MAX_TIME)), i64(MAX_TIME), first)
}
