/**
 * `bench kernels`: the bare kernel on every tier against hand-written JavaScript, C and DuckDB; and the whole engine
 * against the bare kernel with a memcpy.
 */
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { loadC } from '../lib/c-code.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { copiedKernel } from '../lib/copied-kernel.ts'
import type { Data } from '../lib/data.ts'
import { duckDb } from '../lib/duckdb.ts'
import { engine } from '../lib/engine.ts'
import { handC, handJs } from '../lib/hand-subject.ts'
import type { KernelCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { residentKernel } from '../lib/resident-kernel.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { kernelCases } from './cases.ts'

const BATCHES = [1024, 8192, 65_536] as const
/** The batch at which the whole engine is timed: its own. */
const ENGINE_BATCH = 8192
/** The interpreter is the specification, not an engine to wait for. */
const INTERPRETER_ROWS = 1024

const pairs: readonly Pair[] = [
  ['interp', 'js'],
  ['js', 'hand-js'],
  ['js', 'c'],
  ['js', 'duckdb'],
  ['native', 'hand-js'],
  ['native', 'js'],
  ['native', 'c'],
  ['native', 'duckdb'],
  ['engine', 'kernel+memcpy'],
  ['engine', 'duckdb'],
]

export async function benchKernels(options: BenchOptions, report: Reporter): Promise<void> {
  const wanted = kernelCases.filter(one => wantsCase(options, one.name))
  // First of all: a process that has reserved many arenas may be refused a child by the system.
  for (const one of wanted) loadC(one.rival.cFile)
  for (const one of wanted) {
    const data = one.data(one.rows, seededRandom())
    const database = await duckDb(one.sql, data)
    for (const batch of options.batch ? [options.batch] : BATCHES) {
      await benchBatch(one, data, batch, database, options, report)
    }
  }
}

async function benchBatch(
  one: KernelCase,
  data: Data,
  batch: number,
  database: Subject,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  const place = { bench: 'kernels', case: one.name, batch }
  report.begin(`${one.name}, ${batch} rows a batch`, options.rounds)
  const subjects = [...(await subjectsOf(one, data, batch)), database]
  await checkAnswers(one.name, subjects)
  const interpreter = await checkedInterpreter(one, batch)
  const timed = [...subjects, interpreter]
  const times = await timeInTurn(
    timed,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(one.name, subjects)
  report.done(linesOf(place, pairs, times))
}

async function subjectsOf(one: KernelCase, data: Data, batchRows: number): Promise<readonly Subject[]> {
  const { stream, time } = one
  const tiers = nativeTarget().available ? (['js', 'native'] as const) : (['js'] as const)
  const c = handC(one, data, batchRows)
  const subjects = [handJs(one, data, batchRows), ...(c ? [c] : [])]
  for (const tier of tiers) {
    const options = { stream, tier, data, batchRows, time }
    subjects.push(await residentKernel(options))
    if (batchRows === ENGINE_BATCH) subjects.push(await engine(options), await copiedKernel(options))
  }
  return subjects
}

/** On a sample: it answers as the hand-written loop does over the same rows. */
async function checkedInterpreter(one: KernelCase, batch: number): Promise<Subject> {
  const rows = Math.min(INTERPRETER_ROWS, one.rows)
  const batchRows = Math.min(batch, rows)
  const data = one.data(rows, seededRandom())
  const { stream, time } = one
  const interpreter = await residentKernel({ stream, tier: 'interp', data, batchRows, time })
  await checkAnswers(one.name, [handJs(one, data, batchRows), interpreter])
  return interpreter
}
