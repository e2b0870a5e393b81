/** Small streams of one schema, and whether every back end says of them what the model says. */
import { type Columns, type Limits, type Stream, source, t } from '../../compiler/index.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from './backends.ts'
import { checkTrial } from './check.ts'
import { isQuick } from './runs.ts'

const columns = { at: t.timestamp('ms'), n: t.int64, u: t.uint64, x: t.float64, key: t.utf8 }
export const events = source('events', columns, { time: 'at' })
export const slow = source('events', columns, { time: 'at', outOfOrderness: '1s' })
export const timeless = source('events', columns)

/** Native code takes seconds to be made for all of them: the quick run goes without. */
const tiers = backends.map(({ name }) => name).filter(name => !(isQuick && name === 'native'))

export const row = (at: number | bigint, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  n: 1n,
  u: 1n,
  x: 1,
  key: 'a',
  ...given,
})

export async function agrees(
  plan: LogicalNode,
  rows: readonly ModelRow[],
  limits: Partial<Limits> = {},
  schema = events.schema,
): Promise<void> {
  for (const name of tiers) {
    const schedule = { splits: [], limits, dictionaries: false, lenient: false, tiers: [name] }
    await checkTrial({ plan, schema, rows, params: { built: {}, given: {} }, schedule })
  }
}

export const nodeOf = (stream: unknown): LogicalNode => (stream as Stream<Columns>).node
