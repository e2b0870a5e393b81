/** Running totals that speak once a day: what they say and take back in between vanishes. */
import { runningTotals } from './running-totals.ts'

/** Per day that the watermark passes: the totals that are new, and those of before that they replace. */
export const settledTotals = runningTotals.consolidate()
