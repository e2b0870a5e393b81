/**
 * `bench joins`: the whole engine, fed from two sources in turn, against what one would write by hand, in JavaScript and in C,
 * and against DuckDB, which has all rows before it begins.
 */
import { loadC } from '../lib/c-code.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { duckDb } from '../lib/duckdb.ts'
import { handC, handJs } from '../lib/hand-subject.ts'
import type { KernelCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { timedTiers } from '../windows/tiers.ts'
import { intervalJoins } from './interval.ts'
import { twoSided } from './two-sided.ts'

const BATCH = 8192

const cases: readonly KernelCase[] = intervalJoins

const pairs: readonly Pair[] = [
  ['engine', 'hand-js'],
  ['engine', 'c'],
  ['engine', 'duckdb'],
]

export async function benchJoins(options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  // First of all: a process that has reserved many arenas may be refused a child by the system.
  for (const { rival } of cases) loadC(rival.cFile)
  for (const spec of cases)
    if (wantsCase(options, spec.name)) await benchCase(spec, batchRows, options, report)
}

async function benchCase(
  spec: KernelCase,
  batchRows: number,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  const data = spec.data(spec.rows, seededRandom())
  const subjects: Subject[] = []
  for (const tier of timedTiers()) subjects.push(await twoSided(spec, tier, data, batchRows))
  subjects.push(ofBothSides(handJs(spec, data, batchRows)))
  const c = handC(spec, data, batchRows)
  if (c) subjects.push(ofBothSides(c))
  subjects.push(ofBothSides(await duckDb(spec.sql, data)))
  await checkAnswers(spec.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done(linesOf({ bench: 'joins', case: spec.name, batch: batchRows }, pairs, times))
}

/** A row of the data is one of either side. */
const ofBothSides = (subject: Subject): Subject =>
  Object.create(subject, { rows: { value: 2 * subject.rows } }) as Subject
