/** The range of event times, as a plan and what runs it see it. */

/**
 * No time yet. Not the least i64: what V8 compiles for a comparison stays slow for good once it has seen that one.
 */
export const MIN_TIME = 1n - (1n << 63n)

/** The end of time: where the watermark of a source is that has ended. */
export const MAX_TIME = (1n << 63n) - 1n

/** The greatest of some numbers. */
export function greatest(first: bigint, ...others: readonly bigint[]): bigint {
  let most = first
  for (const one of others) if (one > most) most = one
  return most
}
