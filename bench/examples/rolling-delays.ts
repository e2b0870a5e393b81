/** Delays of the last three hours, every half hour: windows that overlap share what they have in common. */
import { hop, t } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin: how many flights, their average delay and how far it spreads. */
export const rollingDelays = flights
  .window(hop('date', '3h', '30m'))
  .groupBy('origin')
  .agg((f, a) => ({
    flights: a.count(),
    delay: a.avg(f.delay),
    spread: a.stddevSamp(f.delay),
    ofDistance: a.corr(f.delay.cast(t.float64), f.distance.cast(t.float64)),
  }))
