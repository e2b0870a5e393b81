/**
 * Hopping windows of 2, 10 and 60 slides beside tumbling ones of the same keys, slides and rows, all timed in turn. What
 * taking rows costs is timed apart: there the watermark stays so far behind that no window ever closes.
 */
import { checkAnswers } from '../lib/check.ts'
import { handJs } from '../lib/hand-subject.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import { type BenchOptions, roundsOf } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { residentKernel } from '../lib/resident-kernel.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { keyedWindows } from './keyed.ts'
import { timedTiers } from './tiers.ts'

const KEYS = 500
const ROWS = 1 << 20
/** 120 rows of a key. */
const SLIDE_MS = 60_000
const HOPS = [2, 10, 60] as const

const windowsOf = (name: string, perWindow: number, onlyTakes: boolean): CodedCase =>
  keyedWindows({ name, keys: KEYS, rows: ROWS, slideMs: SLIDE_MS, perWindow, sums: true, onlyTakes })

const nameOf = (perWindow: number): string => (perWindow === 1 ? 'tumble' : `hop-${perWindow}`)
const takingOf = (perWindow: number): string => `${nameOf(perWindow)}-take`

/** Each kind of window with and without those that close. */
const specs: readonly CodedCase[] = [1, ...HOPS].flatMap(perWindow => [
  windowsOf(takingOf(perWindow), perWindow, true),
  windowsOf(nameOf(perWindow), perWindow, false),
])

/** What is left of the first above the second of the last pairs is what closing windows costs. */
const pairs: readonly Pair[] = [
  ...HOPS.map(hop => [takingOf(hop), takingOf(1)] as const),
  ...HOPS.map(hop => [nameOf(hop), nameOf(1)] as const),
  ...[1, ...HOPS].map(hop => [nameOf(hop), takingOf(hop)] as const),
]

export const HOPPING = 'hop-against-tumble'

/** The cases that hopping windows are timed in against what was written by hand. */
export const hoppingCases: readonly CodedCase[] = HOPS.flatMap(hop =>
  specs.filter(({ name }) => name === nameOf(hop)),
)

export async function benchHopping(
  batchRows: number,
  options: BenchOptions,
  report: Reporter,
): Promise<void> {
  report.begin(`${HOPPING}, ${batchRows} rows a batch`, options.rounds)
  const subjects: Subject[] = []
  for (const spec of specs) subjects.push(...(await checkedKernels(spec, batchRows)))
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  report.done(linesOf({ bench: 'windows', case: HOPPING, batch: batchRows }, pairs, times))
}

/** A kernel on each tier, named after its windows. */
async function checkedKernels(spec: CodedCase, batchRows: number): Promise<readonly Subject[]> {
  const { stream, time } = spec
  const data = spec.data(spec.rows, seededRandom())
  const kernels: Subject[] = []
  for (const tier of timedTiers()) {
    const kernel = await residentKernel({ stream, tier, data, batchRows, time })
    kernels.push(Object.assign(kernel, { name: spec.name, tier }))
  }
  await checkAnswers(spec.name, [handJs(spec, data, batchRows), ...kernels])
  return kernels
}
