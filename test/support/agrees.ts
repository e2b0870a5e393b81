/** Plans over rows that a test has written down: every back end says what the model says. */
import type { Tier } from '../../ir/abi.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Limits } from '../../ir/physical/program.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from './backends.ts'
import { checkTrial } from './check.ts'
import { chainOf } from './faults.ts'
import { isQuick } from './runs.ts'

/** Native code takes seconds to be made for all of them: the quick run goes without. */
const tiers: readonly Tier[] = backends
  .map(({ name }) => name)
  .filter(name => !(isQuick && name === 'native'))

export async function agrees(
  plan: LogicalNode,
  rows: readonly ModelRow[],
  limits: Partial<Limits> = {},
  on: readonly Tier[] = tiers,
): Promise<void> {
  const [{ relation }] = chainOf(plan)
  for (const name of on) {
    const schedule = { splits: [], limits, dictionaries: false, lenient: false, tiers: [name] }
    const params = { built: {}, given: {} }
    await checkTrial({ plan, schema: relation.schema, rows, params, schedule })
  }
}
