/** The first flight of each route within six hours: a stream without its duplicates. */
import { flights } from './late-flights.ts'

export const firstFlights = flights
  .deduplicate(['origin', 'destination'], '6h')
  .select(f => ({ date: f.date, origin: f.origin, destination: f.destination }))
