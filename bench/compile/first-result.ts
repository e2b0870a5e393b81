/** How long it takes from a plan that nobody has seen to its first result: written down, compiled, opened, pushed to. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { type Columns, type CompiledQuery, compile, PlanCache, type Tier } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { type Answer, type Cell, difference } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { valuesOf } from '../lib/data.ts'
import { fresh } from '../lib/fresh.ts'
import { type CompilePlan, newLimit, orderData, ROWS } from './plans.ts'

/** A way to the first result. */
export interface Way {
  readonly name: string
  /** Goes all the way once; says how many microseconds went by until the first result, and what came out. */
  go(): Promise<FirstResult>
}

interface FirstResult {
  readonly micros: number
  readonly answer: Answer
}

const [batch] = batchesOf(orderData, ROWS)
const arrays = {
  ts: valuesOf(orderData, 'ts', 'timestamp[ms]'),
  price: valuesOf(orderData, 'price', 'float64'),
  quantity: valuesOf(orderData, 'quantity', 'int32'),
}

/** The yardstick: a loop that somebody wrote, made from its text and called once. */
export const byHand = ({ hand }: CompilePlan): Way => ({
  name: 'hand-js',
  async go() {
    const limit = newLimit()
    const start = performance.now()
    const answer = fresh(hand)(limit)(arrays)
    return { micros: microsSince(start), answer }
  },
})

/** A new plan on a tier. */
export const newPlan = (plan: CompilePlan, tier: Tier): Way => ({
  name: tier,
  async go() {
    const limit = newLimit()
    const start = performance.now()
    return firstResult(start, compile(plan.stream(limit), { cache: new PlanCache() }), tier)
  },
})

/** A plan that differs from one compiled before in a constant only, so that the cache of plans has it. */
export function cachedPlan(plan: CompilePlan): Way {
  const cache = new PlanCache()
  return {
    name: 'plan-cache',
    async go() {
      const limit = newLimit()
      const start = performance.now()
      return firstResult(start, compile(plan.stream(limit), { cache }), 'js')
    },
  }
}

/** A plan whose native code lies on the disk since an earlier process, or here since an earlier round. */
export function diskCached(plan: CompilePlan): Way {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const { go } = newPlan(plan, 'native')
  return {
    name: 'disk-cache',
    async go() {
      const { MILLRACE_CACHE } = process.env
      process.env.MILLRACE_CACHE = folder
      try {
        return await go()
      } finally {
        process.env.MILLRACE_CACHE = MILLRACE_CACHE
      }
    },
  }
}

/** A query that is opened once more: what it has compiled before is there. */
export function reopened(plan: CompilePlan): Way {
  const query = compile(plan.stream(newLimit()))
  return { name: 'reopened', go: () => firstResult(performance.now(), query, 'js') }
}

async function firstResult(start: number, query: CompiledQuery<Columns>, tier: Tier): Promise<FirstResult> {
  let micros: number | undefined
  const answer: Cell[][] = []
  const take = (result: RecordBatch): void => {
    micros ??= microsSince(start)
    for (const row of rowsOf(query.schema, result)) answer.push(Object.values(row) as Cell[])
  }
  const live = query.open(take, { tier })
  if (tier === 'native') await live.warm(batch)
  live.push(batch)
  live.end()
  if (live.tier !== tier || micros === undefined) throw new Error(`no result on ${tier}`)
  return { micros, answer }
}

const microsSince = (start: number): number => (performance.now() - start) * 1000

/** Goes each way in turn, `rounds` times; microseconds of every round by the name of the way. */
export async function timeWays(
  ways: readonly Way[],
  rounds: number,
  onRound: () => void,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(ways.map(way => [way.name, []]))
  for (let round = 0; round < rounds; round++) {
    const results = new Map<string, FirstResult>()
    for (const way of ways) results.set(way.name, await way.go())
    checkSame(results)
    for (const [name, { micros }] of results) times.get(name)?.push(micros)
    onRound()
  }
  return times
}

function checkSame(results: ReadonlyMap<string, FirstResult>): void {
  const [[first, { answer: expected }], ...others] = results
  for (const [name, { answer }] of others) {
    const wrong = difference(expected, answer)
    if (wrong) throw new Error(`unlike ${first}, ${name} ${wrong}`)
  }
}
