/** Late flights by airport and hour: the query of the demo, and the example of the README. */
import { source, t, tumble } from '../../compiler/index.ts'

export const flightColumns = {
  date: t.timestamp('us').orNull,
  delay: t.int64.orNull,
  distance: t.int64.orNull,
  origin: t.utf8.orNull,
  destination: t.utf8.orNull,
}

export const flights = source('flights', flightColumns, { time: 'date', outOfOrderness: '0s' })

/** Minutes behind schedule from which a flight counts as late. */
export const LATE_MINUTES = 15

/** Per origin and hour: flights, the late ones, their average, worst and total delay, their share of the distance. */
export const lateFlights = flights
  .window(tumble('date', '1h'))
  .groupBy('origin')
  .agg((f, a) => {
    const late = { where: f.delay.gt(LATE_MINUTES) }
    const distance = a.sum(f.distance).cast(t.float64)
    return {
      flights: a.count(),
      late: a.count(late),
      averageDelay: a.avg(f.delay, late),
      worstDelay: a.max(f.delay, late),
      totalDelay: a.sum(f.delay, late),
      lateShare: a.sum(f.distance, late).cast(t.float64).div(distance),
    }
  })
  .where(f => f.late.gt(0))
