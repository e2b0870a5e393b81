/** Totals that are right after every flight: a changelog, which takes back what it said before. */
import { tumble } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin and day: flights and minutes behind schedule so far. */
export const runningTotals = flights
  .window(tumble('date', '1d'))
  .groupBy('origin')
  .agg((f, a) => ({ flights: a.count(), minutes: a.sum(f.delay) }), { emit: 'changelog', lateness: '1h' })
  .select(f => ({ day: f.window_start, origin: f.origin, flights: f.flights, minutes: f.minutes }))
