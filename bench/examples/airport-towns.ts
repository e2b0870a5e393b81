/** Airport towns: where flights go to, looked up in a table of airports; the rows are given when the query is opened. */
import { t, table } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

export const airports = table(
  'airports',
  { code: t.utf8, town: t.utf8, latitude: t.float64 },
  { key: ['code'] },
)

/** Late flights and the towns they come to, where those are known; in any order. */
export const airportTowns = flights
  .where(f => f.delay.gt(60))
  .lookup(airports, { destination: 'code' }, { type: 'left', ordered: false, ttl: '1h' })
  .select(f => ({ date: f.date, origin: f.origin, town: f.town, delay: f.delay }))
