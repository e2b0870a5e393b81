/** `bench watermarks`: what event time costs: a watermark, those of partitions, those of several sources; and duplicates. */
import { loadC } from '../lib/c-code.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import { subjectsOf } from '../windows/kernel-pairs.ts'
import { duplicates } from './duplicates.ts'
import { partitionWatermarks } from './partitions.ts'
import { benchUnions } from './unions.ts'
import { watermarkUpdate } from './update.ts'

/** The batch of the engine. */
const BATCH = 8192

const cases: readonly CodedCase[] = [watermarkUpdate, partitionWatermarks, duplicates]

const pairs: readonly Pair[] = [
  ['js', 'hand-js'],
  ['js', 'c'],
  ['native', 'hand-js'],
  ['native', 'c'],
]

export async function benchWatermarks(options: BenchOptions, report: Reporter): Promise<void> {
  const batchRows = options.batch ?? BATCH
  // First of all: a process that has reserved many arenas may be refused a child by the system.
  for (const { rival } of cases) loadC(rival.cFile)
  for (const spec of cases)
    if (wantsCase(options, spec.name)) await benchKernels(spec, batchRows, options, report)
  await benchUnions(batchRows, options, report)
}

async function benchKernels(
  spec: CodedCase,
  batchRows: number,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  const subjects = await subjectsOf(spec, spec.rows, batchRows)
  await checkAnswers(spec.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done(linesOf({ bench: 'watermarks', case: spec.name, batch: batchRows }, pairs, times))
}
