/** Lists of values: what an hour was made of, beside its numbers. */
import { tumble } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin and hour: the longest delays, where the first flights went, and all destinations as one text. */
export const worstFlights = flights
  .window(tumble('date', '1h'))
  .groupBy('origin')
  .agg((f, a) => ({
    flights: a.count(),
    worst: a.topK(f.delay, 3),
    firstTo: a.arrayAgg(f.destination, { limit: 5 }),
    late: a.stringAgg(f.destination, ', ', { where: f.delay.gt(60), limit: 100 }),
  }))
  .where(f => f.late.isNotNull())
