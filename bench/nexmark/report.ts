/** The figures of a query on a tier: JSON lines for machines, a table for people. */
import { left, newTable, right } from '../lib/table.ts'

export interface NexmarkLine {
  readonly bench: 'nexmark'
  readonly case: string
  readonly tier: string
  /** Median of the rounds. */
  readonly eventsPerSecond: number
  /** Rows of the answer that DuckDB has not, and the other way round. */
  readonly mismatches: number
}

export function report(json: boolean, about: string, lines: readonly NexmarkLine[]): void {
  if (json) for (const line of lines) console.log(JSON.stringify(line))
  else console.log(`nexmark: ${lines[0].case}, ${about}\n${tableOf(lines)}\n`)
}

function tableOf(lines: readonly NexmarkLine[]): string {
  const table = newTable([left('tier'), right('M events/s'), right('mismatches')])
  for (const { tier, eventsPerSecond, mismatches } of lines) {
    table.push([tier, (eventsPerSecond / 1e6).toFixed(2), String(mismatches)])
  }
  return table.toString()
}
