/** Routes of the day: an aggregation over an aggregation, which makes two pipelines. */
import { tumble } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per day: how many routes were flown, and how often the busiest of them. */
export const busyRoutes = flights
  .window(tumble('date', '1h'))
  .groupBy('origin', 'destination')
  .agg((_f, a) => ({ flights: a.count() }))
  .select(f => ({ hour: f.window_start, flights: f.flights }))
  .window(tumble('hour', '1d'))
  .agg((f, a) => ({ routes: a.count(), busiest: a.max(f.flights), flights: a.sum(f.flights) }))
