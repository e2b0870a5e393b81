/** Delays of a day while it lasts: what has changed every six hours, the result at its end, corrections for a day. */
import { tumble } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin and day, as changes: flights, minutes behind schedule, and the worst of them so far. */
export const earlyDelays = flights
  .window(tumble('date', '1d'))
  .groupBy('origin')
  .agg((f, a) => ({ flights: a.count(), minutes: a.sum(f.delay), worst: a.max(f.delay) }), {
    emit: 'watermark',
    lateness: '1d',
    early: '6h',
    changes: true,
  })
