/** Rows of two sources of which many have partners: few keys, times close together, rows that are taken back. */
import fc from 'fast-check'
import type { Tier } from '../../ir/abi.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import type { ModelRow } from '../model/model.ts'
import { paramValues } from './params.ts'
import { asTrial, comingsOf, schedulesOn, type Trial } from './trials.ts'

const ROWS_MAX = 60

/** What keys are made of, and values that are found again. */
const keyTypes: readonly (readonly [DataType, readonly ModelRow[string][]])[] = [
  ['int32', [1, 2]],
  ['int64', [1n, 2n, -(1n << 63n)]],
  ['float64', [0, -0, 1.5, Number.NaN]],
  ['utf8', ['', 'a', 'b'.repeat(40)]],
]

const rowsOf = (keys: readonly ModelRow[string][]): fc.Arbitrary<readonly ModelRow[]> => {
  const row = fc.record({
    step: fc.constantFrom(0n, 0n, 0n, 1n, 1n, 2n, -1n, -2n, 5n),
    k: fc.option(fc.constantFrom(...keys), { freq: 8 }),
    v: fc.option(fc.constantFrom(0, 1), { freq: 8 }),
    op: fc.constantFrom(0, 0, 0, 0, 3, 1, 1, 2),
  })
  return fc.array(row, { maxLength: ROWS_MAX, size: 'max' }).map(drawn => {
    let ts = 100n
    return drawn.map(({ step, k, v, op }) => {
      ts += step
      return { ts, k, v, op }
    })
  })
}

/** The columns: a time, a key, a value, the code of a change. */
const schemaOf = (type: DataType): Schema => [
  { name: 'ts', type: 'timestamp[ms]', nullable: false },
  { name: 'k', type, nullable: true },
  { name: 'v', type: 'int32', nullable: true },
  { name: 'op', type: 'int8', nullable: false },
]

/** Trials of plans over two sources `s` and another of such rows. */
export const closeTrials = (
  plansOn: (schema: Schema) => fc.Arbitrary<LogicalNode>,
  tier: Tier,
): fc.Arbitrary<Trial> =>
  fc.constantFrom(...keyTypes).chain(([type, keys]) => {
    const schema = schemaOf(type)
    return fc
      .tuple(plansOn(schema), rowsOf(keys))
      .chain(([plan, rows]) =>
        fc
          .tuple(comingsOf(plan, rows.length), schedulesOn(fc.constant([tier])), paramValues(plan))
          .map(([comings, schedule, params]) =>
            asTrial({ plan, schema, rows, params, ...comings }, schedule),
          ),
      )
  })
