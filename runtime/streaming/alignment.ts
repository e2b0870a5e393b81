/**
 * Sources of a query that do not run ahead of each other. Watermarks are compared between batches: while one is taken, all
 * other sources stand still. The one that is the furthest behind is never too far ahead, so something can always be read.
 */
import type { Alignment } from '../../ir/physical/program.ts'
import { MAX_TIME } from '../../ir/times.ts'

/** A source as its group sees it. */
export interface AlignedSource {
  readonly name: string
  readonly alignment: Alignment | undefined
  readonly watermark: bigint
  readonly hasWatermark: boolean
  readonly isIdle: boolean
  readonly hasEnded: boolean
}

/** How far ahead of its group a source is, and how often it was too far. */
export interface AlignmentState {
  /** In ticks; less than nothing where it is behind, undefined where nobody counts or somebody has no watermark yet. */
  readonly drift: bigint | undefined
  /** Since when it has been too far ahead, in milliseconds since 1970; undefined where it is not. */
  readonly exceedsSinceMs: number | undefined
  readonly timesExceeded: number
}

/** A source in its group. */
class Member {
  readonly own: AlignedSource
  readonly rule: Alignment
  readonly #others: readonly AlignedSource[]
  exceedsSinceMs: number | undefined
  timesExceeded = 0

  constructor(own: AlignedSource, rule: Alignment, others: readonly AlignedSource[]) {
    this.own = own
    this.rule = rule
    this.#others = others
  }

  /** The others that hold it back. One that has no watermark yet holds back where that costs no rows, and nothing is said. */
  get #holding(): readonly AlignedSource[] {
    const isPatient = this.rule.policy === 'pause'
    return this.#others.filter(one => !one.isIdle && !one.hasEnded && (isPatient || one.hasWatermark))
  }

  /** The least of theirs; undefined where there are none. */
  get #least(): bigint | undefined {
    let least: bigint | undefined
    for (const { watermark } of this.#holding) if (least === undefined || watermark < least) least = watermark
    return least
  }

  /** The latest watermark that it may have. */
  get #max(): bigint {
    const least = this.#least
    return least === undefined ? MAX_TIME : upTo(least + this.rule.driftTicks)
  }

  /** The latest time that a row of it may have. */
  get rowMax(): bigint {
    return upTo(this.#max + this.rule.delayTicks)
  }

  get exceeds(): boolean {
    const { hasEnded, hasWatermark, watermark } = this.own
    return hasWatermark && !hasEnded && watermark > this.#max
  }

  get drift(): bigint | undefined {
    const least = this.#least
    const isKnown = !this.own.hasEnded && [this.own, ...this.#holding].every(one => one.hasWatermark)
    return least === undefined || !isKnown ? undefined : this.own.watermark - least
  }

  /** Has it got too far ahead since it was last looked at? */
  look(nowMs: number): boolean {
    const { exceeds } = this
    const isNew = exceeds && this.exceedsSinceMs === undefined
    if (isNew) this.timesExceeded++
    if (isNew || !exceeds) this.exceedsSinceMs = exceeds ? nowMs : undefined
    return isNew
  }
}

const upTo = (time: bigint): bigint => (time > MAX_TIME ? MAX_TIME : time)

/** All groups of a query. */
export class Alignments {
  readonly #members: readonly (Member | undefined)[]
  readonly #warn: (source: string, group: string) => void

  /** `warn` is told each time that a source gets too far ahead and goes on. */
  constructor(sources: readonly AlignedSource[], warn: (source: string, group: string) => void) {
    this.#warn = warn
    this.#members = sources.map(one => {
      const rule = one.alignment
      const others = sources.filter(other => other !== one && other.alignment?.group === rule?.group)
      return rule && new Member(one, rule, others)
    })
  }

  /** Is a source not to be read until the others have caught up? */
  isPaused(source: number): boolean {
    const member = this.#members[source]
    return member?.rule.policy === 'pause' && member.exceeds
  }

  /** The latest time that a row of a source may have, before it is dropped. */
  rowMax(source: number): bigint {
    return this.#members[source]?.rowMax ?? MAX_TIME
  }

  /** Looks whether sources are too far ahead, or no more. */
  look(nowMs: () => number): void {
    for (const member of this.#members) {
      if (member?.look(nowMs()) && member.rule.policy === 'warn')
        this.#warn(member.own.name, member.rule.group)
    }
  }

  stateOf(source: number): AlignmentState | undefined {
    const member = this.#members[source]
    if (!member) return undefined
    const { drift, exceedsSinceMs, timesExceeded } = member
    return { drift, exceedsSinceMs, timesExceeded }
  }
}
