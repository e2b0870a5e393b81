/** How many random cases a property gets: fewer in the quick run, more where someone asks for it. */

export const isQuick = process.env.MILLRACE_TEST === 'quick'

/** Factor from the environment: MILLRACE_TEST=quick, or MILLRACE_RUNS=10 for ten times as many. */
const factor = isQuick ? 0.1 : Number(process.env.MILLRACE_RUNS ?? 1)

const CASES_MIN = 3

export const runs = (count: number): number => Math.max(CASES_MIN, Math.round(count * factor))

/** The same cases again: MILLRACE_SEED=1605041220. */
const seed = process.env.MILLRACE_SEED
export const sameSeed: { readonly seed?: number } = seed === undefined ? {} : { seed: Number(seed) }
