/** `bench compile`: the time to a first result, how long the event loop stands still, and rows one by one. */
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { checkAnswers, checkEmitted } from '../lib/check.ts'
import { type BenchOptions, roundsOf, wantsCase } from '../lib/options.ts'
import { linesOf, type Pair, type Place, pairLine } from '../lib/pairs.ts'
import type { Reporter } from '../lib/report.ts'
import { timeInTurn } from '../lib/rounds.ts'
import { firstBatches } from './first-batch.ts'
import { byHand, cachedPlan, diskCached, newPlan, reopened, timeWays, type Way } from './first-result.ts'
import { type CompilePlan, compilePlans, ROWS } from './plans.ts'
import { type RowCase, rowCases, subjectsOf } from './rows.ts'
import { stallOf } from './stall.ts'

const hasNative = (): boolean => nativeTarget().available

/** Every way to a first result; a cache that shortens one is a line here and a pair below. */
const waysOf = (plan: CompilePlan): readonly Way[] => [
  byHand(plan),
  newPlan(plan, 'js'),
  ...(hasNative() ? [newPlan(plan, 'native'), diskCached(plan)] : []),
  cachedPlan(plan),
  reopened(plan),
]
const wayPairs: readonly Pair[] = [
  ['js', 'hand-js'],
  ['native', 'js'],
  ['disk-cache', 'native'],
  ['plan-cache', 'js'],
  ['reopened', 'js'],
]
const batchPairs: readonly Pair[] = [
  ['warmed', 'cold'],
  ['warmed', 'steady'],
]
const rowPairs: readonly Pair[] = [
  ['interp', 'js'],
  ['js', 'hand-js'],
  ['native', 'js'],
  ['engine', 'hand-js'],
]
/** The first plans of a process pay for what is loaded late, and for a compiler that is not warm. */
const WARM_UP_ROUNDS = 10

export async function benchCompile(options: BenchOptions, report: Reporter): Promise<void> {
  for (const plan of compilePlans) {
    const place = { bench: 'compile', case: `first-result-${plan.name}`, batch: ROWS }
    if (wantsCase(options, place.case)) await benchWays(place, waysOf(plan), wayPairs, options, report)
  }
  for (const plan of compilePlans) {
    const place = { bench: 'compile', case: `first-batch-${plan.name}`, batch: ROWS }
    if (wantsCase(options, place.case))
      await benchWays(place, firstBatches(plan), batchPairs, options, report)
  }
  for (const plan of compilePlans) {
    if (wantsCase(options, `stall-${plan.name}`)) await benchStall(plan, options, report)
  }
  for (const one of rowCases) {
    if (wantsCase(options, one.name)) await benchRows(one, options, report)
  }
}

async function benchWays(
  place: Place,
  ways: readonly Way[],
  pairs: readonly Pair[],
  { rounds }: BenchOptions,
  report: Reporter,
): Promise<void> {
  report.begin(place.case, WARM_UP_ROUNDS + rounds)
  await timeWays(ways, WARM_UP_ROUNDS, () => report.step())
  const times = await timeWays(ways, rounds, () => report.step())
  report.done(namedLines(place, pairs, times, 'us'))
}

async function benchStall(plan: CompilePlan, { rounds }: BenchOptions, report: Reporter): Promise<void> {
  const place = { bench: 'compile', case: `stall-${plan.name}`, batch: ROWS }
  report.begin(place.case, rounds)
  const times = { idle: [] as number[], js: [] as number[], warm: [] as number[], native: [] as number[] }
  if (hasNative()) await stallOf.native(plan)
  for (let round = 0; round < rounds; round++) {
    times.idle.push(await stallOf.idle())
    times.js.push(await stallOf.js(plan))
    times.warm.push(await stallOf.warm(plan))
    if (hasNative()) times.native.push(await stallOf.native(plan))
    report.step()
  }
  const pairs: readonly Pair[] = [
    ['js', 'idle'],
    ['warm', 'idle'],
    ['native', 'idle'],
  ]
  report.done(namedLines(place, pairs, new Map(Object.entries(times)), 'ms'))
}

async function benchRows(one: RowCase, options: BenchOptions, report: Reporter): Promise<void> {
  report.begin(one.name, options.rounds)
  const subjects = await subjectsOf(one, name => name !== 'native' || hasNative())
  await checkAnswers(one.name, subjects)
  const times = await timeInTurn(
    subjects,
    roundsOf(options, () => report.step()),
  )
  checkEmitted(one.name, subjects)
  report.done(linesOf({ bench: 'compile', case: one.name, batch: ROWS }, rowPairs, times))
}

/** The lines of times that are kept by name. */
function namedLines(
  place: Place,
  pairs: readonly Pair[],
  times: ReadonlyMap<string, readonly number[]>,
  unit: string,
) {
  return pairs.flatMap(([subject, yardstick]) => {
    const [mine, theirs] = [times.get(subject) ?? [], times.get(yardstick) ?? []]
    return mine.length > 0 ? [pairLine({ ...place, subject, yardstick, unit }, mine, theirs)] : []
  })
}
