/** How properties are searched: so many random cases, shrinking that ends, and the error of the smallest case found. */
import { runs } from './runs.ts'

/** The smallest failing case found by then is good enough. */
const SEARCH_LIMIT_MS = 20_000

export const search = (count: number) =>
  ({
    numRuns: runs(count),
    interruptAfterTimeLimit: SEARCH_LIMIT_MS,
    includeErrorInReport: true,
  }) as const
