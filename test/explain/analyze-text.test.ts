/** The text of explain analyze over made-up flights: golden texts, with every time and the origin of code put aside. */
import '../support/no-cache.ts'
import { test } from 'node:test'
import { examples } from '../../bench/examples/index.ts'
import { exampleTables } from '../../bench/examples/tables.ts'
import { printReport } from '../../compiler/analyze/text.ts'
import { type AnalysisReport, compile } from '../../compiler/index.ts'
import { sourcesOf } from '../../ir/logical/sources.ts'
import { checkGolden } from '../support/golden.ts'

const MINUTE = 60_000_000n
const ROWS = 600
const airports = ['ATL', 'LAX', 'ORD', 'JFK', 'SFO', 'SEA', 'DEN']

/** A flight each seven minutes; some of them early in the file, without time, or without delay. */
const flights = Array.from({ length: ROWS }, (_, i) => ({
  date:
    i % 50 === 49
      ? null
      : BigInt(Date.UTC(2001, 0, 1)) * 1000n + BigInt(i * 7 - (i % 31 === 30 ? 200 : 0)) * MINUTE,
  delay: i % 13 === 12 ? null : BigInt((i * 37) % 90) - 20n,
  distance: BigInt(200 + ((i * 211) % 2500)),
  origin: airports[(i * 3) % 7],
  destination: airports[(i * 5 + 1) % 7],
}))

const time = { share: 0.25, nsPerRow: 12.5 }

/** Times of another run are other times. */
const masked = (report: AnalysisReport): AnalysisReport => ({
  ...report,
  kernelMs: 1,
  otherMs: 1,
  nsPerRow: time.nsPerRow,
  code: { plan: 'miss', javascript: 'generated', native: 'none', reason: undefined },
  operators: report.operators.map(one => ({ ...one, time: one.time && time })),
  pipelines: report.pipelines.map(one => ({
    ...one,
    kernels: one.kernels.map(({ name, calls, nsPerRow }) => ({
      name,
      calls,
      ms: 1,
      nsPerRow: nsPerRow === undefined ? undefined : time.nsPerRow,
    })),
  })),
})

for (const [name, stream] of Object.entries(examples)) {
  test(`${name}, analysed`, async () => {
    const limits = { memoryBytes: 64 << 20, stateRows: 1 << 12, columnBytes: 1 << 16, scratchBytes: 1 << 16 }
    const query = compile(stream, { limits: { ...limits, stateBytes: 1 << 16 } })
    const names = sourcesOf(query.compilation.logical).map(one => one.name)
    const inputs = names.map((one, n) => [one, flights.filter((_, i) => i % names.length === n)])
    const { report } = await query.analyze(Object.fromEntries(inputs), { tier: 'js', tables: exampleTables })
    checkGolden(`${name}/analyze.txt`, printReport(masked(report)))
  })
}
