/** The demo: three million real flights on three engines that agree, checked against DuckDB. */
import type { RecordBatch } from 'apache-arrow'
import { SingleBar } from 'cli-progress'
import { Command } from 'commander'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { compile, type Tier } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { lateFlights } from '../examples/late-flights.ts'
import { Progress } from '../lib/progress.ts'
import { readFlights } from './flights.ts'
import { type LateFlights, type LateHour, type Measured, measure } from './measure.ts'
import { compareWithDuckDb, type Verdict } from './oracle.ts'
import { speedBars, worstHoursTable } from './report.ts'

/** The interpreter is the specification, not an engine to wait for: it runs on a sample. */
const INTERPRETER_ROWS = 131_072
/** Each tier runs so often; the median counts. */
const ROUNDS = 3
const MISMATCHES_SHOWN = 10

const options = new Command()
  .name('demo')
  .description('Late flights by airport and hour, on every engine of millrace, checked against DuckDB')
  .option('--json', 'print one JSON object as the last line')
  .parse()
  .opts<{ json?: boolean }>()

/** Progress and remarks; results go to standard output. */
const say = (text: string): void => console.error(text)
const show = (text: string): void => console.log(text)

async function decode(): Promise<readonly RecordBatch[]> {
  const bar = new Progress('reading flights')
  const start = performance.now()
  const batches = await readFlights((done, all) => bar.update(done, all))
  bar.stop()
  say(
    `  decoded from Parquet to Arrow in ${((performance.now() - start) / 1000).toFixed(1)} s (not part of the figures below)\n`,
  )
  return batches
}

function sample(batches: readonly RecordBatch[], rowsMax: number): readonly RecordBatch[] {
  let rows = 0
  return batches.filter(batch => {
    rows += batch.numRows
    return rows <= rowsMax
  })
}

const median = (runs: readonly Measured[]): Measured =>
  runs.toSorted((a, b) => a.eventsPerSecond - b.eventsPerSecond)[Math.floor(runs.length / 2)]

async function measureTiers(
  query: LateFlights,
  batches: readonly RecordBatch[],
  llvm: boolean,
): Promise<readonly Measured[]> {
  const full: readonly Tier[] = llvm ? ['js', 'native'] : ['js']
  const runs = new Map<Tier, Measured[]>(full.map(tier => [tier, []]))
  const bar = new SingleBar({ format: '  running [{bar}] {value}/{total} {what}', stream: process.stderr })
  bar.start(1 + ROUNDS * full.length, 0, { what: 'interpreter' })
  const interpreted = await measure(query, 'interp', sample(batches, INTERPRETER_ROWS))
  for (const tier of full) await measure(query, tier, batches.slice(0, 1))
  for (let round = 0; round < ROUNDS; round++) {
    for (const tier of full) {
      bar.increment(1, { what: tier })
      runs.get(tier)?.push(await measure(query, tier, batches))
    }
  }
  bar.increment(1, { what: '' })
  bar.stop()
  return [interpreted, ...[...runs.values()].map(median)]
}

const rowsOfBatches = (query: LateFlights, batches: readonly RecordBatch[]): readonly LateHour[] =>
  batches.flatMap(batch => rowsOf(query.schema, batch) as LateHour[])

/** Groups in which two tiers differ: both saw the same rows in the same order. */
function disagreements(query: LateFlights, runs: readonly Measured[]): readonly string[] {
  const [reference, ...others] = runs.map(run => ({
    tier: run.tier,
    rows: rowsOfBatches(query, run.results),
  }))
  return others.flatMap(({ tier, rows }) => {
    const wrong = reference.rows.findIndex((row, i) => textOf(row) !== textOf(rows[i]))
    return wrong < 0 && rows.length === reference.rows.length
      ? []
      : [`${tier} and ${reference.tier} differ at group ${wrong}`]
  })
}

const textOf = (row: object | undefined): string =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

function report(measured: readonly Measured[], rows: readonly LateHour[], verdict: Verdict): void {
  show(
    `\nThe ten worst hours of the first half of 2001, by minutes that late flights lost\n${worstHoursTable(rows)}\n`,
  )
  show(`Speed, from Arrow batches in memory to results\n${speedBars(measured)}\n`)
  if (verdict.mismatches.length === 0) {
    show(
      `${verdict.groups.toLocaleString('en')} airport-hours with late flights: every value agrees with DuckDB.`,
    )
    return
  }
  show(`${verdict.mismatches.length} differences from DuckDB:`)
  for (const line of verdict.mismatches.slice(0, MISMATCHES_SHOWN)) show(`  ${line}`)
}

function printJson(rows: number, measured: readonly Measured[], verdict: Verdict, llvm: boolean): void {
  const tiers = Object.fromEntries(
    measured.map(({ tier, rows: n, eventsPerSecond }) => [tier, { rows: n, eventsPerSecond }]),
  )
  console.log(
    JSON.stringify({ rows, groups: verdict.groups, mismatches: verdict.mismatches.length, tiers, llvm }),
  )
}

async function main(): Promise<void> {
  say('\nmillrace: late flights by airport and hour\n')
  const target = nativeTarget()
  if (!target.available) say(`  No native code: ${target.reason}. The plan runs in JavaScript.\n`)
  const batches = await decode()
  const query = compile(lateFlights)
  const measured = await measureTiers(query, batches, target.available)
  for (const { code, message } of measured.flatMap(one => one.diagnostics)) say(`  ${code}: ${message}`)
  const full = measured.slice(1)
  const rows = rowsOfBatches(query, full[0].results)
  const verdict = await compareWithDuckDb(rows)
  const all: Verdict = { ...verdict, mismatches: [...verdict.mismatches, ...disagreements(query, full)] }
  report(measured, rows, all)
  const count = batches.reduce((sum, batch) => sum + batch.numRows, 0)
  if (options.json)
    printJson(
      count,
      measured,
      all,
      full.some(one => one.tier === 'native'),
    )
  if (all.mismatches.length > 0) process.exitCode = 1
}

await main()
