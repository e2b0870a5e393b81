/** Exact amounts, and texts made of times and texts. */
import { lit, t } from '../../compiler/index.ts'
import { flights } from './late-flights.ts'

/** What a minute of delay costs an airline, in dollars. */
const perMinute = lit(t.decimal(5, 2), '101.18')

/** Per day and airport: what late minutes cost, to the cent. Airports of code A to M, by a regular expression. */
export const delayCosts = flights
  .where(f => f.origin.regexpMatches('^[A-M][A-Z]{2}$').and(f.delay.gt(0)))
  .select(f => ({
    day: f.date.dateFormat('yyyy-MM-dd'),
    origin: f.origin.replace('LAX', 'Los Angeles'),
    cost: f.delay.cast(t.decimal(6)).mul(perMinute),
  }))
  .groupBy('day', 'origin')
  .agg((f, a) => ({ flights: a.count(), cost: a.sum(f.cost), dearest: a.max(f.cost) }))
