/** How delays are spread: exact medians and quantiles, and what occurs most often, over windows that overlap. */
import { hop } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** Per origin, every hour: delays of the last three, where flights went, and where most of them did. */
export const delaySpread = flights
  .window(hop('date', '3h', '1h'))
  .groupBy('origin')
  .agg((f, a) => ({
    median: a.median(f.delay),
    ninetieth: a.quantile(f.delay, 0.9),
    usual: a.mode(f.delay),
    destinations: a.countDistinct(f.destination),
    favourite: a.mode(f.destination),
  }))
