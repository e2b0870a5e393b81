/** The same question to DuckDB, over the same file: every group must agree, to the last bit. */
import { DuckDBInstance } from '@duckdb/node-api'
import { LATE_MINUTES } from '../examples/late-flights.ts'
import { flightsFile } from './flights.ts'
import type { LateHour } from './measure.ts'

const sql = (file: string): string => `
  select epoch_us(date_trunc('hour', date)) as window_start, origin,
    count(*) as flights,
    count(*) filter (where delay > ${LATE_MINUTES}) as late,
    avg(delay) filter (where delay > ${LATE_MINUTES}) as averageDelay,
    max(delay) filter (where delay > ${LATE_MINUTES}) as worstDelay,
    cast(sum(delay) filter (where delay > ${LATE_MINUTES}) as bigint) as totalDelay,
    cast(sum(distance) filter (where delay > ${LATE_MINUTES}) as double) / cast(sum(distance) as double) as lateShare
  from read_parquet('${file.replaceAll("'", "''")}')
  group by all having late > 0`

type Checked = Omit<LateHour, 'window_end'>
const fields = ['flights', 'late', 'averageDelay', 'worstDelay', 'totalDelay', 'lateShare'] as const

export interface Verdict {
  readonly groups: number
  readonly mismatches: readonly string[]
}

const keyOf = (row: Checked): string => `${row.window_start} ${row.origin}`

export async function compareWithDuckDb(rows: readonly LateHour[]): Promise<Verdict> {
  const connection = await (await DuckDBInstance.create()).connect()
  const answer = await connection.runAndReadAll(sql(flightsFile()))
  const expected = new Map((answer.getRowObjectsJS() as unknown as Checked[]).map(row => [keyOf(row), row]))
  const mismatches: string[] = []
  for (const row of rows) {
    const want = expected.get(keyOf(row))
    expected.delete(keyOf(row))
    const wrong = want ? fields.filter(field => row[field] !== want[field]) : fields
    if (wrong.length > 0) mismatches.push(describe(row, want, wrong))
  }
  for (const row of expected.values()) mismatches.push(`${keyOf(row)}: millrace has no such group`)
  return { groups: rows.length, mismatches }
}

function describe(
  row: LateHour,
  want: Checked | undefined,
  wrong: readonly (typeof fields)[number][],
): string {
  if (!want) return `${keyOf(row)}: DuckDB has no such group`
  return `${keyOf(row)}: ${wrong.map(field => `${field} ${row[field]} is not ${want[field]}`).join(', ')}`
}
