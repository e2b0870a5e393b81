/**
 * Work that goes from source to source, one bounded piece after the other, each with all that follows from it: when the clock
 * shows another time, and when a source has ended.
 */
import type { WallClock } from '../time/clock.ts'
import type { Entrance } from './entrance.ts'
import type { Pipeline } from './pipeline.ts'

/** What a plan does in its rounds. */
export interface RoundWork {
  readonly clock: WallClock
  readonly pipelines: readonly Pipeline[]
  readonly entrances: readonly Entrance[]
  /** Emits what a source makes due by its watermark and the time. */
  readonly advance: (entrance: Entrance) => void
  readonly isPaused: (source: number) => boolean
  /** Leaves a source out of the watermark of what it comes together with. */
  readonly leaveOut: (entrance: Entrance) => void
  /** Looks who is too far ahead. */
  readonly align: () => void
}

export class Rounds {
  readonly #work: RoundWork
  readonly #ofClock: readonly (() => void)[]
  readonly #ofEnd: readonly (() => void)[]
  /** The round under way, and its next piece. */
  #pieces: readonly (() => void)[] = []
  #next = 0
  /** The latest time that the clock has shown. */
  #now = 0

  constructor(work: RoundWork) {
    this.#work = work
    const { entrances, advance, align } = work
    this.#ofClock = [
      ...entrances.map(one => () => {
        this.#followClock(one)
        advance(one)
      }),
      ...entrances.map((one, source) => () => this.#findIdle(one, source)),
      align,
    ]
    this.#ofEnd = entrances.map(one => () => this.#leaveOutAgain(one))
  }

  /**
   * The clock may show another time: all know it before any acts on it. One source after the other is told, for what follows
   * them takes over the watermark of one at a time; all are told before any is left out, and all that are to be left out are
   * before anybody is found too far ahead.
   */
  tick(): void {
    const { clock, pipelines } = this.#work
    this.#now = Math.max(this.#now, Math.floor(clock.now()))
    for (const { time } of pipelines) time.setNumber('now', this.#now)
    this.#begin(this.#ofClock)
  }

  /** A source has ended: where all others that it came together with are idle, so is now what they come to. */
  ended(): void {
    this.#begin(this.#ofEnd)
  }

  #begin(pieces: readonly (() => void)[]): void {
    this.#pieces = pieces
    this.#next = 0
  }

  get isUnderWay(): boolean {
    return this.#next < this.#pieces.length
  }

  /** Does the next piece. */
  step(): void {
    this.#pieces[this.#next++]()
  }

  abandon(): void {
    this.#next = this.#pieces.length
  }

  #followClock({ pipeline: { program, time } }: Entrance): void {
    if (program.input.kind !== 'source' || !program.input.follows) return
    const { ticksPerSecond, delayTicks } = program.input.follows
    const mark = (BigInt(this.#now) * ticksPerSecond) / 1000n - delayTicks
    if (mark > time.getLong('wm')) time.setLong('wm', mark)
  }

  /** One that is not read is not silent. */
  #findIdle(entrance: Entrance, source: number): void {
    if (this.#work.isPaused(source)) entrance.stayAwake(this.#now)
    if (entrance.hasFallenSilent(this.#now)) this.#work.leaveOut(entrance)
  }

  #leaveOutAgain(entrance: Entrance): void {
    if (entrance.isIdle) this.#work.leaveOut(entrance)
  }
}
