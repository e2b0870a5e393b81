/** A league table of the airports, which moves with every flight: changes of totals become changes of ranks. */
import { runningTotals } from './running-totals.ts'

/** Per day the three airports with the most minutes behind schedule so far, in their places. */
export const dayLeaders = runningTotals.rank({
  partitionBy: ['day'],
  orderBy: [{ column: 'minutes', descending: true, nulls: 'last' }],
  limit: 3,
  as: 'place',
})
