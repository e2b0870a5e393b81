/** Bursts of departures: sessions, which grow as long as flights leave less than five minutes apart. */
import { session } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin: bursts of ten flights and more. */
export const departureBursts = flights
  .window(session('date', '5m'))
  .groupBy('origin')
  .agg((f, a) => ({ flights: a.count(), worstDelay: a.max(f.delay), last: a.last(f.destination) }))
  .where(f => f.flights.ge(10))
