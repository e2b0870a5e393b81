/** How long the event loop of a program stands still while a plan is compiled. */
import { setTimeout as sleep } from 'node:timers/promises'
import { compile, PlanCache } from '../../compiler/index.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { type CompilePlan, newLimit, orderData, ROWS } from './plans.ts'

/** The longest time between two turns of the event loop while the work is done, in milliseconds. */
async function longestStall(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let last = performance.now()
  let isWorking = true
  const turn = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
    if (isWorking) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  isWorking = false
  turn()
  return longest
}

const [batch] = batchesOf(orderData, ROWS)
/** As long as the compilation of a small native plan. */
const IDLE_MS = 20

export const stallOf = {
  idle: () => longestStall(() => sleep(IDLE_MS)),
  /** A new plan up to its first result: on JavaScript all of it is one stall. */
  js: (plan: CompilePlan) =>
    longestStall(async () => {
      const live = compile(plan.stream(newLimit()), { cache: new PlanCache() }).open(() => {}, { tier: 'js' })
      live.push(batch)
    }),
  /** A query that is open is warmed, piece by piece. */
  async warm(plan: CompilePlan) {
    const query = compile(plan.stream(newLimit()), { cache: new PlanCache() })
    const live = query.open(() => {}, { tier: 'js', warmUp: false })
    return longestStall(() => live.warm())
  },
  /** A plan that runs already gets its native code, and goes on with it. */
  async native(plan: CompilePlan) {
    const live = compile(plan.stream(newLimit()), { cache: new PlanCache() }).open(() => {}, {
      tier: 'native',
    })
    return longestStall(async () => {
      await live.warm(batch)
      live.push(batch)
    })
  },
}
