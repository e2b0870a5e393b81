/** The examples by name: `npm run explain -- late-flights`. */
import type { Columns, Stream } from '../../compiler/index.ts'
import { airportTowns } from './airport-towns.ts'
import { busyRoutes } from './busy-routes.ts'
import { connections } from './connections.ts'
import { dayLeaders } from './day-leaders.ts'
import { delayClasses } from './delay-classes.ts'
import { delayCosts } from './delay-costs.ts'
import { delaySpread } from './delay-spread.ts'
import { departureBursts } from './departure-bursts.ts'
import { earlyDelays } from './early-delays.ts'
import { firstFlights } from './first-flights.ts'
import { lastSeen } from './last-seen.ts'
import { lateFlights } from './late-flights.ts'
import { longHauls } from './long-hauls.ts'
import { recentFlights } from './recent-flights.ts'
import { rollingDelays } from './rolling-delays.ts'
import { runningTotals } from './running-totals.ts'
import { settledTotals } from './settled-totals.ts'
import { twoFeeds } from './two-feeds.ts'
import { usualDelays } from './usual-delays.ts'
import { weightedDelays } from './weighted-delays.ts'
import { worstFlights } from './worst-flights.ts'

export const examples: Readonly<Record<string, Stream<Columns>>> = {
  'late-flights': lateFlights as unknown as Stream<Columns>,
  'busy-routes': busyRoutes as unknown as Stream<Columns>,
  'long-hauls': longHauls as unknown as Stream<Columns>,
  'rolling-delays': rollingDelays as unknown as Stream<Columns>,
  'departure-bursts': departureBursts as unknown as Stream<Columns>,
  'delay-classes': delayClasses as unknown as Stream<Columns>,
  'delay-costs': delayCosts as unknown as Stream<Columns>,
  'delay-spread': delaySpread as unknown as Stream<Columns>,
  'running-totals': runningTotals as unknown as Stream<Columns>,
  'settled-totals': settledTotals as unknown as Stream<Columns>,
  'day-leaders': dayLeaders as unknown as Stream<Columns>,
  'recent-flights': recentFlights as unknown as Stream<Columns>,
  'first-flights': firstFlights as unknown as Stream<Columns>,
  'early-delays': earlyDelays as unknown as Stream<Columns>,
  'last-seen': lastSeen as unknown as Stream<Columns>,
  'two-feeds': twoFeeds as unknown as Stream<Columns>,
  'usual-delays': usualDelays as unknown as Stream<Columns>,
  'weighted-delays': weightedDelays as unknown as Stream<Columns>,
  'airport-towns': airportTowns as unknown as Stream<Columns>,
  connections: connections as unknown as Stream<Columns>,
  'worst-flights': worstFlights as unknown as Stream<Columns>,
}
