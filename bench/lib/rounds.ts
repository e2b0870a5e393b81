/**
 * Times subjects in turn in one process, so that what disturbs one of them disturbs the others, too: rounds of a few
 * milliseconds each, another subject first in every round, a warm-up before.
 */
import { type Clock, wallClock } from './clock.ts'
import type { Subject } from './subject.ts'

export interface RoundOptions {
  readonly rounds: number
  /** A subject runs whole passes for so long in every round. */
  readonly roundMs: number
  readonly warmUpMs: number
  readonly clock: Clock
  /** Is called after each round. */
  readonly onRound?: () => void
}

export const defaultRounds: RoundOptions = { rounds: 21, roundMs: 4, warmUpMs: 150, clock: wallClock }
/** V8 optimises after so many calls at the latest; a pass makes one call or more. */
const WARM_UP_PASSES_MIN = 3

/** Nanoseconds a row of each subject in each round. */
export async function timeInTurn(
  subjects: readonly Subject[],
  options: RoundOptions,
): Promise<ReadonlyMap<Subject, readonly number[]>> {
  const passes = new Map<Subject, number>()
  for (const subject of subjects) {
    passes.set(subject, passesFor(await warmUp(subject, options), options.roundMs))
  }
  const times = new Map<Subject, number[]>(subjects.map(subject => [subject, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const subject = subjects[(round + turn) % subjects.length]
      times.get(subject)?.push(await timeRows(subject, passes.get(subject) ?? 1, options.clock))
    }
    options.onRound?.()
  }
  return times
}

/** Milliseconds of its last pass. */
async function warmUp(subject: Subject, { warmUpMs, clock }: RoundOptions): Promise<number> {
  let spent = 0
  for (let n = 0; ; n++) {
    const passMs = await timePass(subject, clock)
    spent += passMs
    if (spent >= warmUpMs && n + 1 >= WARM_UP_PASSES_MIN) return passMs
  }
}

const passesFor = (passMs: number, roundMs: number): number => Math.max(1, Math.round(roundMs / passMs))

async function timeRows(subject: Subject, passes: number, clock: Clock): Promise<number> {
  let spent = 0
  for (let n = 0; n < passes; n++) spent += await timePass(subject, clock)
  return (spent * 1e6) / (subject.rows * passes)
}

/** Only what answers with a promise is awaited. */
async function timePass(subject: Subject, clock: Clock): Promise<number> {
  subject.rewind?.()
  const start = clock()
  const pending = subject.pass()
  if (pending) await pending
  return clock() - start
}
