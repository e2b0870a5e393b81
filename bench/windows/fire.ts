/**
 * What it takes to fire: a window of a thousand groups waits, one row makes it due, and that row is timed. Figures are
 * nanoseconds for the whole window; the row itself and the call are among them.
 */
import type { Answer } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { loadC } from '../lib/c-code.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { copyData, type Data, ints, longs, valuesOf } from '../lib/data.ts'
import type { CodedCase } from '../lib/kernel-case.ts'
import { ARENA_BYTES, KernelInstance } from '../lib/kernel-instance.ts'
import { type BenchOptions, roundsOf } from '../lib/options.ts'
import { linesOf, type Pair } from '../lib/pairs.ts'
import { seededRandom } from '../lib/random.ts'
import type { Reporter } from '../lib/report.ts'
import { timesInArena } from '../lib/resident-kernel.ts'
import { timeInTurn } from '../lib/rounds.ts'
import type { Subject } from '../lib/subject.ts'
import { shiftTimes, type TimeShift } from '../lib/time-shift.ts'
import { keyedWindows } from './keyed.ts'
import { START_MS } from './payments.ts'
import { timedTiers } from './tiers.ts'

const GROUPS = 1000
const SLIDE_MS = 10_000
/** Rows that fill the window; the next one makes it due. Batches are whole bytes of validity bits. */
const FILLING = 1024
const ROWS = FILLING + 8

export const FIRE = 'fire-1k'

const pairs: readonly Pair[] = [
  ['js', 'hand-js'],
  ['js', 'c'],
  ['native', 'hand-js'],
  ['native', 'c'],
]

/** Every window lies three sizes behind the last one, out of reach of the row that made that one due. */
const shift: TimeShift = { column: 'ts', ticks: BigInt(3 * SLIDE_MS) }

const spec: CodedCase = {
  ...keyedWindows({
    name: FIRE,
    keys: GROUPS,
    rows: ROWS,
    slideMs: SLIDE_MS,
    perWindow: 1,
    sums: true,
    onlyTakes: false,
  }),
  data: (rows, random) => ({
    rows,
    columns: [
      longs('ts', rows, i => START_MS + (i < FILLING ? i : 2 * SLIDE_MS), 'timestamp[ms]'),
      ints('key', rows, i => i % GROUPS),
      longs('amount', rows, () => random(100_000)),
    ],
  }),
}

export async function benchFire(options: BenchOptions, report: Reporter): Promise<void> {
  report.begin(FIRE, options.rounds)
  const data = spec.data(ROWS, seededRandom())
  const inC = loadC(spec.rival.cFile)
  const subjects = [byHand('hand-js', data, spec.rival.hand), ...(inC ? [byHand('c', data, inC)] : [])]
  for (const tier of timedTiers()) subjects.push(await byKernel(tier, data))
  await checkAnswers(FIRE, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(FIRE, subjects)
  report.done(linesOf({ bench: 'windows', case: FIRE, batch: 0 }, pairs, times, 'ns/window'))
}

function byHand(name: string, shared: Data, open: CodedCase['rival']['hand']): Subject {
  const data = copyData(shared)
  const buffers = spec.rival.buffers(data)
  const kernel = open(buffers)
  const { out } = buffers
  const fire = (): void => {
    out[0] = 0
    kernel.run(FILLING, FILLING + 1)
  }
  return {
    name,
    rows: 1,
    async answer() {
      kernel.run(0, FILLING)
      fire()
      const fired: Answer = spec.rival.results(buffers)
      out[0] = 0
      kernel.end()
      return [...fired, ...spec.rival.results(buffers)]
    },
    rewind() {
      shiftTimes(valuesOf(data, 'ts', 'timestamp[ms]'), shift)
      kernel.run(0, FILLING)
    },
    pass: fire,
    get emitted() {
      return Number(out[0])
    },
  }
}

async function byKernel(tier: 'js' | 'native', data: Data): Promise<Subject> {
  const [batch] = batchesOf(data, ROWS)
  const limits = { batchRows: ROWS, outputRows: ROWS, memoryBytes: ARENA_BYTES }
  const kernel = await KernelInstance.open({ stream: spec.stream, tier, limits, batch })
  const times = timesInArena(kernel, shift, ROWS)
  const fire = (): void => {
    kernel.rowsOut = 0
    kernel.run(FILLING, FILLING + 1)
  }
  return {
    name: tier,
    rows: 1,
    answer: async () =>
      kernel.answer(() => {
        kernel.run(0, FILLING)
        fire()
      }),
    rewind() {
      shiftTimes(times, shift)
      kernel.run(0, FILLING)
    },
    pass: fire,
    get emitted() {
      return kernel.rowsOut
    },
  }
}
