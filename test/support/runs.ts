/** How many random cases a property gets: fewer in the quick run, more where someone asks for it. */

/** Factor from the environment: MILLRACE_TEST=quick, or MILLRACE_RUNS=10 for ten times as many. */
const factor = process.env.MILLRACE_TEST === 'quick' ? 0.1 : Number(process.env.MILLRACE_RUNS ?? 1)

export const runs = (count: number): number => Math.max(5, Math.round(count * factor))
