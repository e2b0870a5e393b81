/** Plain arrow functions: a filter with a parameter, and a projection. */
import { flights } from './late-flights.ts'

/** Late flights over a distance, as text. JavaScript alone can say what toLowerCase means: the plan stays there. */
export const longHauls = flights
  .filter((f, p) => f.distance !== null && f.distance > p.miles && (f.delay ?? 0n) > 15n, { miles: 2000n })
  .map(f => ({ route: `${f.origin}-${f.destination}`.toLowerCase(), late: f.delay ?? 0n }))
