/** The last flights of each route: windows of rows, which need no clock. */
import { countWindow } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** After every 20 flights of a route: how the last 100 of them did, or as many as there are yet. */
export const recentFlights = flights
  .window(countWindow(100, { slide: 20 }))
  .groupBy('origin', 'destination')
  .agg((f, a) => ({ flights: a.count(), averageDelay: a.avg(f.delay), last: a.last(f.date) }))
  .where(f => f.averageDelay.gt(30))
