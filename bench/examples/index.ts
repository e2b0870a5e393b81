/** The examples by name: `npm run explain -- late-flights`. */
import type { Columns, Stream } from '../../compiler/index.ts'
import { busyRoutes } from './busy-routes.ts'
import { lateFlights } from './late-flights.ts'
import { longHauls } from './long-hauls.ts'

export const examples: Readonly<Record<string, Stream<Columns>>> = {
  'late-flights': lateFlights as unknown as Stream<Columns>,
  'busy-routes': busyRoutes as unknown as Stream<Columns>,
  'long-hauls': longHauls as unknown as Stream<Columns>,
}
