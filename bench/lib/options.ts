/** What may be asked for on the command line of a bench. */
import { InvalidArgumentError } from 'commander'
import { cpuClock, wallClock } from './clock.ts'
import { defaultRounds, type RoundOptions } from './rounds.ts'

export interface BenchOptions {
  readonly json: boolean
  /** Only the cases whose name holds this text. */
  readonly case?: string
  /** Only batches of so many rows. */
  readonly batch?: number
  readonly rounds: number
  /** Is the time of the processor counted, and not that on the wall? */
  readonly cpu: boolean
}

/** An argument that is a whole number from 1 on. */
export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on')
  return value
}

/** How rounds are to be timed. */
export const roundsOf = ({ rounds, cpu }: BenchOptions, onRound: () => void): RoundOptions => ({
  ...defaultRounds,
  rounds,
  onRound,
  clock: cpu ? cpuClock : wallClock,
})

export const wantsCase = (options: BenchOptions, name: string): boolean =>
  options.case === undefined || name.includes(options.case)
