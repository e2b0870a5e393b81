/** The bare kernel on every tier against what was written by hand; and the bytes that a group takes in state. */
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { copiedKernel } from '../lib/copied-kernel.ts'
import { handC, handJs } from '../lib/hand-subject.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { residentKernel } from '../lib/resident-kernel.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { RESIDENT_ROWS, type WindowCase } from './cases.ts'
import { stateLine } from './state-bytes.ts'
import { timedTiers } from './tiers.ts'

const pairs: readonly Pair[] = [
  ['js', 'hand-js'],
  ['js', 'c'],
  ['native', 'hand-js'],
  ['native', 'js'],
  ['native', 'c'],
  ['kernel+memcpy', 'hand-js'],
  ['kernel+memcpy', 'c'],
]

export async function benchKeyed(
  { spec, checkedRows }: WindowCase,
  batchRows: number,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  const place = { bench: 'windows', case: spec.name, batch: batchRows }
  report.begin(`${spec.name}, ${batchRows} rows a batch`, options.rounds)
  if (checkedRows < spec.rows) await checkAnswers(spec.name, await subjectsOf(spec, checkedRows, batchRows))
  const subjects = await subjectsOf(spec, spec.rows, batchRows)
  if (checkedRows === spec.rows) await checkAnswers(spec.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(spec.name, subjects)
  report.done([...linesOf(place, pairs, times), stateLine(place, spec.stream)])
}

/** What was written by hand and the bare kernel on every tier, over the same rows. */
export async function subjectsOf(
  spec: CodedCase,
  rows: number,
  batchRows: number,
): Promise<readonly Subject[]> {
  const { stream, time } = spec
  const data = spec.data(rows, seededRandom())
  const c = handC(spec, data, batchRows)
  const subjects = [handJs(spec, data, batchRows), ...(c ? [c] : [])]
  const open = rows > RESIDENT_ROWS ? copiedKernel : residentKernel
  for (const tier of timedTiers()) subjects.push(await open({ stream, tier, data, batchRows, time }))
  return subjects
}
