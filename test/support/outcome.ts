/** Runs a stream on rows, as a user does, and keeps what came out. */
import { type Columns, compile, type Limits, type Stream, type Tier } from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { smallLimits } from './engine.ts'

export interface Outcome {
  readonly found: readonly Readonly<Record<string, unknown>>[]
  /** Late rows that were handed out, and all of them. */
  readonly told: number
  readonly late: bigint
  /** The codes of rows and results that were refused. */
  readonly faults: readonly string[]
  /** What the push threw. */
  readonly error: unknown
}

export function outcome(
  stream: unknown,
  rows: readonly ModelRow[],
  { tier = 'js' as Tier, limits = {} as Partial<Limits> } = {},
): Outcome {
  const found: Record<string, unknown>[] = []
  const told: unknown[] = []
  const faults: string[] = []
  const query = compile(stream as Stream<Columns>, { limits: { ...smallLimits, ...limits } })
  const live = query.open(
    batch => {
      found.push(...Array.from(batch, row => ({ ...row.toJSON() })))
    },
    {
      tier,
      onLate: batch => told.push(...batch),
      onFaulty: refused => faults.push(...refused.faults.map(({ code }) => code)),
    },
  )
  let error: unknown
  try {
    live.push(rows as never)
  } catch (thrown) {
    error = thrown
  }
  live.end()
  return { found, told: told.length, late: live.counters.late, faults, error }
}

/** Each row as a line of its values. */
export const textsOf = (found: Outcome['found']): readonly string[] =>
  found.map(one => Object.values(one).join(' '))
