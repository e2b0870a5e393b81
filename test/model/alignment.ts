/** Groups of sources in the model: who is how far ahead is worked out anew at every question. */
import type { AlignmentSpec } from '../../ir/logical/alignment.ts'
import { order } from './aggregation.ts'
import { MAX_TIME, MIN_TIME } from './windows.ts'

export interface ModelSource {
  readonly alignment: AlignmentSpec | undefined
  readonly isIdle: boolean
  /** Its watermark; the least of all times before the first. */
  readonly time: bigint
}

/** The latest watermark that a source may have: others without one hold nothing back, as under `warn` and `drop`. */
export function driftMax(own: ModelSource, all: readonly ModelSource[]): bigint {
  const { alignment } = own
  if (!alignment) return MAX_TIME
  const [least] = all
    .filter(one => one !== own && one.alignment?.group === alignment.group)
    .filter(one => !one.isIdle && one.time > MIN_TIME)
    .map(({ time }) => time)
    .toSorted(order)
  return least === undefined ? MAX_TIME : least + alignment.driftTicks
}

/** Counts how often a source that is told of gets too far ahead. */
export class Warnings {
  count = 0
  readonly #all: readonly ModelSource[]
  #exceeding: ReadonlySet<ModelSource> = new Set()

  constructor(all: readonly ModelSource[]) {
    this.#all = all
  }

  look(): void {
    const exceeding = this.#all.filter(one => one.time > driftMax(one, this.#all))
    const isNew = (one: ModelSource): boolean => !this.#exceeding.has(one) && one.alignment?.policy === 'warn'
    this.count += exceeding.filter(isNew).length
    this.#exceeding = new Set(exceeding)
  }
}
