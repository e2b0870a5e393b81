/** How long the first batch of an open query takes: cold, after a warm-up, and when thousands of rows have run. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import { compile, type LiveQuery, PlanCache } from '../../compiler/index.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import type { Cell } from '../lib/answer.ts'
import { batchesOf } from '../lib/arrow-batches.ts'
import { type Data, longs, valuesOf } from '../lib/data.ts'
import { shiftData } from '../lib/time-shift.ts'
import type { Way } from './first-result.ts'
import { type CompilePlan, newLimit, orderData, ROWS } from './plans.ts'

const [batch] = batchesOf(orderData, ROWS)
/** The same rows, the times of which go on. */
const moving: Data = {
  ...orderData,
  columns: [
    longs('ts', ROWS, i => Number(valuesOf(orderData, 'ts', 'timestamp[ms]')[i]), 'timestamp[ms]'),
    ...orderData.columns.slice(1),
  ],
}
const [later] = batchesOf(moving, ROWS)

/** V8 makes code in the background: it is there a little later. A processor that has rested is slower, for all alike. */
const REST_MS = 20
/** Batches after which nothing gets faster. */
const STEADY_BATCHES = 200

type Prepare = (live: LiveQuery) => Promise<void>

const preparations: Readonly<Record<string, Prepare>> = {
  cold: async () => {},
  warmed: async live => void (await live.warm()),
  async steady(live) {
    for (let n = 0; n < STEADY_BATCHES; n++) {
      live.push(later)
      shiftData(moving, { column: 'ts', ticks: 20_000n })
    }
  },
}

export const firstBatches = (plan: CompilePlan): readonly Way[] =>
  Object.entries(preparations).map(([name, prepare]) => ({ name, go: () => firstBatch(plan, prepare) }))

/** The answer is that of one batch, whatever came before it. */
async function firstBatch(plan: CompilePlan, prepare: Prepare) {
  const query = compile(plan.stream(newLimit()), { cache: new PlanCache() })
  const answer: Cell[][] = []
  const collect = (result: RecordBatch): void => {
    for (const row of rowsOf(query.schema, result)) answer.push(Object.values(row) as Cell[])
  }
  const options = { tier: 'js', warmUp: false } as const
  const live = query.open(() => {}, options)
  await prepare(live)
  await sleep(REST_MS)
  const start = performance.now()
  live.push(later)
  const micros = (performance.now() - start) * 1000
  const other = query.open(collect, options)
  other.push(batch)
  other.end()
  return { micros, answer }
}
