/**
 * Two feeds of flights: each flight of the one with the last one that left from the same airport by the other, and how that was
 * delayed.
 */
import { source } from '../../compiler/index.ts'
import { flightColumns } from './late-flights.ts'

const [east, west] = ['flights_east', 'flights_west'].map(name =>
  source(name, flightColumns, { time: 'date', outOfOrderness: '1h', idleAfter: '30s' }),
)

/** Per flight of the east: its delay, and that of the flight before it, up to six hours ago. */
export const lastSeen = east
  .asofJoin(west, (flight, before) => flight.origin.eq(before.origin), { type: 'left', tolerance: '6h' })
  .select(c => ({
    date: c.date,
    origin: c.origin,
    delay: c.delay,
    before: c.right_date,
    delayBefore: c.right_delay,
  }))
