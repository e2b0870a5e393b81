/** Durations of users as ticks of a time column: `'10s'` is 10,000,000 ticks of a timestamp in microseconds. */
import { MillraceError } from '../../../ir/errors.ts'
import { type TimestampType, ticksPerSecond, unitOf } from '../../../ir/types.ts'

const nanoseconds: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
}

/** Whole ticks of the column's unit; a duration that is none, or does not come out even, is LDB-2002. */
export function ticksOf(duration: string, type: TimestampType): bigint {
  const match = /^(-?\d+)(ns|us|ms|s|m|h|d)$/.exec(duration)
  if (!match) {
    throw new MillraceError('LDB-2002', `'${duration}' is not a duration`, {
      fix: "write a whole number and a unit: '250ms', '10s', '5m', '1h', '7d'",
    })
  }
  const total = BigInt(match[1]) * nanoseconds[match[2]]
  const perTick = nanoseconds.s / ticksPerSecond[unitOf(type)]
  if (total % perTick !== 0n) {
    throw new MillraceError('LDB-2002', `'${duration}' is no whole number of ticks of ${type}`)
  }
  return total / perTick
}
