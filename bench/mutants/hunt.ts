/** Hunts planted faults: for each the test files that should find it, then, where they do not, all quick tests. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inCheckout } from '../lib/checkout.ts'
import { BuildCopy, compileFault } from './copy.ts'
import type { Mutant } from './mutant.ts'
import { runTests, type Trial } from './trial.ts'

export interface Outcome {
  readonly mutant: Mutant
  /** `equivalent`: declared so, and no test saw a difference. `refuted`: declared so, and one did. */
  readonly verdict: 'caught' | 'timeout' | 'survived' | 'equivalent' | 'refuted'
  /** The test file that saw it, and what it said. */
  readonly by: string
  readonly why: string
  readonly ms: number
}

export interface HuntOptions {
  /** The copies of the build lie here. */
  readonly folder: string
  readonly jobs: number
  readonly seed: number
  /** Called when a trial run of the sound build or the hunt for a fault is done. */
  readonly onStep: () => void
}

/** A test file may take so long, and so many times as long as it takes on the sound build. */
const LIMIT_MS = 5_000
const LIMIT_FACTOR = 4

export async function hunt(mutants: readonly Mutant[], options: HuntOptions): Promise<readonly Outcome[]> {
  for (const mutant of mutants) await compileFault(mutant)
  const copies = Array.from(
    { length: options.jobs },
    (_, i) => new BuildCopy(join(options.folder, `copy-${i}`)),
  )
  const limits = await limitsOf(testsOf(mutants), copies, options)
  return inTurn(mutants, copies, async (mutant, copy) => {
    const outcome = await copy.withFault(mutant, () => huntOne(mutant, copy, limits, options.seed))
    options.onStep()
    return outcome
  })
}

/** What there is to do: a step for each test file and each mutant. */
export const stepsOf = (mutants: readonly Mutant[]): number => testsOf(mutants).length + mutants.length

const testsOf = (mutants: readonly Mutant[]): readonly string[] => [
  ...new Set(mutants.flatMap(({ tests }) => tests)),
]

/** The time that each test file gets. On the sound build every one must pass. */
async function limitsOf(
  tests: readonly string[],
  copies: readonly BuildCopy[],
  { seed, onStep }: HuntOptions,
): Promise<ReadonlyMap<string, number>> {
  const limits = await inTurn(tests, copies, async (test, copy) => {
    const { verdict, why, ms } = await runTests(copy, test, 20 * LIMIT_MS, seed)
    if (verdict !== 'passed') throw new Error(`${test} fails without any fault: ${why}`)
    onStep()
    return [test, LIMIT_MS + LIMIT_FACTOR * ms] as const
  })
  return new Map(limits)
}

async function huntOne(
  mutant: Mutant,
  copy: BuildCopy,
  limits: ReadonlyMap<string, number>,
  seed: number,
): Promise<Outcome> {
  const start = performance.now()
  const others = quickTests().filter(test => !mutant.tests.includes(test))
  for (const test of [...mutant.tests, ...others]) {
    const trial = await runTests(copy, test, limits.get(test) ?? 8 * LIMIT_MS, seed)
    if (trial.verdict !== 'passed')
      return { mutant, verdict: seen(mutant, trial), by: test, why: trial.why, ms: performance.now() - start }
  }
  const verdict = mutant.equivalent ? 'equivalent' : 'survived'
  return { mutant, verdict, by: '', why: mutant.equivalent ?? '', ms: performance.now() - start }
}

function seen({ equivalent }: Mutant, { verdict }: Trial): Outcome['verdict'] {
  if (equivalent) return 'refuted'
  return verdict === 'timeout' ? 'timeout' : 'caught'
}

/** Tests of the package hold the build against its sources: they see every fault, and prove nothing. */
const LOOKS_AT_THE_BUILD = /^package\//

const quickTests = (): readonly string[] =>
  readdirSync(inCheckout('test'), { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.test.ts') && !path.endsWith('.slow.test.ts'))
    .filter(path => !LOOKS_AT_THE_BUILD.test(path))
    .map(path => path.replace(/\.ts$/, ''))
    .toSorted()

/** Does the work on every item, on as many copies at once as there are; results are in the order of the items. */
async function inTurn<T, R>(
  items: readonly T[],
  copies: readonly BuildCopy[],
  work: (item: T, copy: BuildCopy) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  const queue = items.entries()
  const worker = async (copy: BuildCopy): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item, copy)
  }
  await Promise.all(copies.map(worker))
  return results
}
