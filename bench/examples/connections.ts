/** Connections: two feeds of flights joined by place and time. */
import { source, tumble } from '../../compiler/index.ts'
import { flightColumns } from './late-flights.ts'

const [east, west] = ['flights_east', 'flights_west'].map(name =>
  source(name, flightColumns, { time: 'date', outOfOrderness: '1h' }),
)

/** Per day and route: how many flights of one feed go on, two to four hours later, from where one of the other goes to. */
export const connections = east
  .join(west, (first, next) =>
    first.destination
      .eq(next.origin)
      .and(next.date.between(first.date.plus('2h'), first.date.plus('4h')))
      .and(next.destination.ne(first.origin)),
  )
  .window(tumble('date', '1d'))
  .groupBy('origin', 'right_destination')
  .agg((f, a) => ({ connections: a.count(), shortest: a.min(f.distance.add(f.right_distance)) }))
