/** Ratios of two subjects that were timed in turn: the lines that a bench puts out. */
import { median, quantile } from './stats.ts'
import type { Subject } from './subject.ts'

/** One pair: how long the subject takes, as a share of what the yardstick takes. Below 1 the subject is faster. */
export interface Line {
  readonly bench: string
  readonly case: string
  /** Rows of a batch; 0 where there are none. */
  readonly batch: number
  readonly subject: string
  /** The engine that ran the subject, where its name does not say so. */
  readonly tier?: string
  readonly yardstick: string
  /** Median over the rounds of the ratio in a round, with its quartiles. */
  readonly ratio: number
  readonly ratioLow: number
  readonly ratioHigh: number
  readonly unit: string
  /** Medians, in `unit`. */
  readonly subjectTime: number
  readonly yardstickTime: number
  readonly rounds: number
}

/** Names of a subject and of its yardstick. Where both have a tier they are paired on the same one. */
export type Pair = readonly [subject: string, yardstick: string]

export type Place = Pick<Line, 'bench' | 'case' | 'batch'>

/** The lines of all pairs that were timed; `unit` says what their rows are. */
export function linesOf(
  place: Place,
  pairs: readonly Pair[],
  times: ReadonlyMap<Subject, readonly number[]>,
  unit = 'ns/row',
): readonly Line[] {
  const subjects = [...times.keys()]
  return pairs.flatMap(([name, against]) =>
    subjects
      .filter(subject => subject.name === name)
      .flatMap(subject => {
        const yardstick = subjects.find(
          one => one.name === against && (!one.tier || one.tier === subject.tier),
        )
        return yardstick ? [lineOf({ ...place, unit }, subject, yardstick, times)] : []
      }),
  )
}

function lineOf(
  place: Place & Pick<Line, 'unit'>,
  subject: Subject,
  yardstick: Subject,
  times: ReadonlyMap<Subject, readonly number[]>,
): Line {
  const [mine, theirs] = [times.get(subject) ?? [], times.get(yardstick) ?? []]
  return pairLine({ ...place, subject: subject.name, yardstick: yardstick.name }, mine, theirs, subject.tier)
}

type Names = Place & Pick<Line, 'subject' | 'yardstick' | 'unit'>

/** The line of two lists of times, taken in the same rounds. */
export function pairLine(
  names: Names,
  mine: readonly number[],
  theirs: readonly number[],
  tier?: string,
): Line {
  const ratios = mine.map((time, round) => time / theirs[round])
  const { bench, case: name, batch, subject, yardstick, unit } = names
  return {
    ...{ bench, case: name, batch, subject, ...(tier && { tier }), yardstick },
    ratio: rounded(median(ratios)),
    ratioLow: rounded(quantile(ratios, 0.25)),
    ratioHigh: rounded(quantile(ratios, 0.75)),
    unit,
    subjectTime: rounded(median(mine)),
    yardstickTime: rounded(median(theirs)),
    rounds: mine.length,
  }
}

/** Four digits say more than a shared machine knows. */
const rounded = (value: number): number => Number(value.toPrecision(4))
