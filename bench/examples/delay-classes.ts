/** Changes of changes: how many airports have how long a mean delay right now, and always right. */
import { tumble } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per day: airports by the tens of minutes that their flights are late on average so far. */
export const delayClasses = flights
  .window(tumble('date', '1d'))
  .groupBy('origin')
  .agg((f, a) => ({ mean: a.avg(f.delay) }), { emit: 'changelog' })
  .select(f => ({ day: f.window_start, tens: f.mean.div(10).floor() }))
  .groupBy('day', 'tens')
  .agg((_, a) => ({ airports: a.count() }), { emit: 'changelog' })
