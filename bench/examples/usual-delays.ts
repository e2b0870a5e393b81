/** Each flight with those before it from the same airport, in the order of departure. */
import { flights } from './late-flights.ts'

/** What the flight before it was late, what flights of the last hour were, and how many there have been. */
export const usualDelays = flights.over({ partitionBy: ['origin'], orderBy: 'date' }, (f, over) => ({
  before: over.lag(f.delay),
  usual: over.avg(f.delay, { range: '1h' }),
  soFar: over.count(),
}))
