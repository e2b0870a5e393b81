/** What the demo shows a person: the worst hours as a table, the speed of each tier as bars. */
import { left, newTable, right } from '../lib/table.ts'
import type { LateHour, Measured } from './measure.ts'

const TOP = 10

/** The airport-hours with the most late minutes; ties by origin and hour. */
export function worstHours(rows: readonly LateHour[]): readonly LateHour[] {
  const minutes = (row: LateHour): bigint => row.totalDelay ?? 0n
  const byText = (a: string | null, b: string | null): number =>
    (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0
  const order = (a: LateHour, b: LateHour): number =>
    Number(minutes(b) - minutes(a)) || byText(a.origin, b.origin) || Number(a.window_start - b.window_start)
  return rows.toSorted(order).slice(0, TOP)
}

export function worstHoursTable(rows: readonly LateHour[]): string {
  const figures = ['flights', 'late', 'of the miles', 'average', 'worst', 'late minutes']
  const table = newTable([right(''), left('airport'), left('hour'), ...figures.map(right)])
  worstHours(rows).forEach((row, i) => {
    table.push([
      i + 1,
      row.origin ?? '',
      hourOf(row.window_start),
      String(row.flights),
      String(row.late),
      `${((row.lateShare ?? 0) * 100).toFixed(0)} %`,
      `${(row.averageDelay ?? 0).toFixed(0)} min`,
      `${row.worstDelay} min`,
      String(row.totalDelay),
    ])
  })
  return table.toString()
}

const hourOf = (micros: bigint): string =>
  `${new Date(Number(micros / 1000n)).toISOString().slice(0, 13).replace('T', ' ')}h`

const BAR = 40

/** One line for each tier: its speed, and how it compares with the fastest. */
export function speedBars(measured: readonly Measured[]): string {
  const fastest = Math.max(...measured.map(one => one.eventsPerSecond))
  return measured
    .map(({ tier, rows, eventsPerSecond }) => {
      const bar = '█'.repeat(Math.max(1, Math.round((eventsPerSecond / fastest) * BAR)))
      const millions = (eventsPerSecond / 1e6).toFixed(eventsPerSecond < 1e6 ? 3 : 1)
      return `  ${names[tier].padEnd(22)} ${millions.padStart(7)} M events/s  ${bar}  (${rows.toLocaleString('en')} rows)`
    })
    .join('\n')
}

const names = { interp: 'interpreter', js: 'generated JavaScript', native: 'native code' } as const
