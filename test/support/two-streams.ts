/** Two small streams of one schema, and what comes of them when their rows come in an order that a test writes down. */
import {
  type Columns,
  compile,
  type Limits,
  type Stream,
  source,
  t,
  virtualClock,
} from '../../compiler/index.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from './backends.ts'
import { checkTrial } from './check.ts'
import { smallLimits } from './engine.ts'
import { isQuick } from './runs.ts'

const columns = { at: t.timestamp('ms'), key: t.utf8.orNull, n: t.int64, op: t.int8 }
export const left = source('left', columns, { time: 'at', outOfOrderness: '0s' })
export const right = source('right', columns, { time: 'at', outOfOrderness: '0s' })
/** The same whose rows may be ten seconds late. */
export const tardyLeft = source('left', columns, { time: 'at', outOfOrderness: '10s' })
export const tardyRight = source('right', columns, { time: 'at', outOfOrderness: '10s' })

/** A row of one of them: its time in seconds, its number, its key, the code of its change. */
export interface Coming {
  readonly from: 'left' | 'right'
  readonly row: ModelRow
}

const coming =
  (from: Coming['from']) =>
  (at: number, n: number, key: string | null = 'a', op = 0): Coming => ({
    from,
    row: { at: BigInt(at * 1000), key, n: BigInt(n), op },
  })
/** Rows of the left side and of the right one. */
export const l = coming('left')
export const r = coming('right')

export interface JoinOutcome {
  /** What had come out behind each row, and at the end. */
  readonly steps: readonly (readonly string[])[]
  readonly found: readonly string[]
  readonly late: bigint
  readonly error: unknown
}

/** Each result as a line of the values of some of its columns. */
export function joined(
  stream: unknown,
  comings: readonly Coming[],
  { show = ['n', 'right_n'], limits = {} as Partial<Limits>, ends = true } = {},
): JoinOutcome {
  const found: string[] = []
  const steps: (readonly string[])[] = []
  const query = compile(stream as Stream<Columns>, { limits: { ...smallLimits, ...limits } })
  const live = query.open(
    batch => {
      for (const row of batch) found.push(show.map(name => String(row.toJSON()[name])).join(' '))
    },
    { tier: 'js', clock: virtualClock() },
  )
  let error: unknown
  try {
    for (const { from, row } of comings) {
      const before = found.length
      live.source(from).push([row] as never)
      steps.push(found.slice(before))
    }
  } catch (thrown) {
    error = thrown
  }
  const before = found.length
  if (ends) live.end()
  steps.push(found.slice(before))
  return { steps, found, late: live.counters.late, error }
}

const tiers = backends.map(({ name }) => name).filter(name => !(isQuick && name === 'native'))

/** Every back end says what the model says, whole and stopped at every row; native code, which takes its time to be made, once. */
export async function joinAgrees(stream: unknown, comings: readonly Coming[]): Promise<void> {
  const { node } = stream as Stream<Columns>
  const stops: readonly Partial<Limits>[] = [{}, { batchRows: 1, outputRows: 1, budgetRows: 1 }]
  for (const [i, limits] of stops.entries())
    for (const name of tiers.filter(tier => i > 0 || tier !== 'native'))
      await checkTrial({
        plan: node,
        schema: left.schema,
        rows: comings.map(({ row }) => row),
        origins: comings.map(({ from }) => from),
        params: { built: {}, given: {} },
        schedule: { splits: [], limits, dictionaries: false, lenient: false, tiers: [name] },
      })
}
