/**
 * Two feeds of flights, each in its own order: what is counted together waits for the slower one, unless that has nothing, and
 * the faster one is not read too far ahead.
 */
import { source, tumble } from '../../compiler/index.ts'
import { flightColumns } from './late-flights.ts'

const [east, west] = ['flights_east', 'flights_west'].map(name =>
  source(name, flightColumns, {
    time: 'date',
    outOfOrderness: '1h',
    idleAfter: '30s',
    align: 'flights',
    maxDrift: '6h',
  }),
)

/** Per hour: flights of both, and the worst delay. */
export const twoFeeds = east
  .union(west)
  .window(tumble('date', '1h'))
  .agg((f, a) => ({ flights: a.count(), worstDelay: a.max(f.delay) }))
