/**
 * What each operator adds to the time of a plan, from the times of the plan up to each operator. Kernels fuse their
 * operators and hold no clock, so that the difference is all there is to go by: an estimate.
 */

/**
 * `upTo`: milliseconds of the plan up to each operator, the last of them of the whole plan; undefined where it was
 * not taken. What is added is never negative, and comes to the whole where all was taken: a part that took longer
 * than the whole, because it had to write what the whole does not, counts as the whole.
 */
export function addedTimes(upTo: readonly (number | undefined)[]): readonly (number | undefined)[] {
  const whole = upTo.at(-1)
  let reached = 0
  return upTo.map((ms, i) => {
    if (ms === undefined || whole === undefined) return undefined
    const before = reached
    reached = Math.max(reached, Math.min(ms, whole))
    const isTold = i === 0 || upTo[i - 1] !== undefined
    return isTold ? reached - before : undefined
  })
}
