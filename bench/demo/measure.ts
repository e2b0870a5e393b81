/** Runs the demo's query on one tier over batches that are in memory already, and takes the time. */
import type { RecordBatch } from 'apache-arrow'
import type { CompiledQuery, Diagnostic, RowOf, Stream, Tier } from '../../compiler/index.ts'
import type { lateFlights } from '../examples/late-flights.ts'

type ColumnsOf<Q> = Q extends Stream<infer S> ? S : never
/** A row of the result, as the builder infers it. */
export type LateHour = RowOf<ColumnsOf<typeof lateFlights>>
export type LateFlights = CompiledQuery<ColumnsOf<typeof lateFlights>>

export interface Measured {
  readonly tier: Tier
  readonly rows: number
  readonly eventsPerSecond: number
  readonly results: readonly RecordBatch[]
  readonly diagnostics: readonly Diagnostic[]
}

/** From the first push to the last result. Native code is compiled in the first run of a query and kept. */
export async function measure(
  query: LateFlights,
  tier: Tier,
  batches: readonly RecordBatch[],
): Promise<Measured> {
  const diagnostics: Diagnostic[] = []
  const results: RecordBatch[] = []
  const run = query.run(batches, { tier, onDiagnostic: diagnostic => diagnostics.push(diagnostic) })
  const start = performance.now()
  for await (const batch of run) results.push(batch)
  const seconds = (performance.now() - start) / 1000
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0)
  return { tier: run.tier, rows, eventsPerSecond: Math.round(rows / seconds), results, diagnostics }
}
