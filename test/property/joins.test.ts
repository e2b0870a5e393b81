/**
 * Joins of rows of which many have partners: few keys, times close together, rows that are taken back. The answer is that of the
 * model, for any split and on every tier; and the same rows in any order within the bound of disorder come to the same.
 */
import '../support/no-cache.ts'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import type { Tier } from '../../ir/abi.ts'
import { consolidate } from '../../ir/logical/consolidate.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { asChanges } from '../../ir/logical/mode.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source } from '../../ir/logical/source.ts'
import { type WindowSpec, window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import { joinsOf } from '../gen/joins.ts'
import { paramValues } from '../gen/params.ts'
import { asTrial, comingsOf, schedulesOn, type Trial } from '../gen/trials.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from '../support/backends.ts'
import { assertTrials } from '../support/trials.ts'

after(closeNativeCompiler)

/** Native plans are compiled one by one. */
const cases = { interp: 150, js: 300, native: 15 } as const

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

const WINDOW: WindowSpec = { kind: 'tumble', column: 'ts', sizeTicks: 3n, offsetTicks: 1n }

/** Both sides of the same kind of source, each with changes or without. */
const plansOn = (schema: Schema): fc.Arbitrary<LogicalNode> =>
  fc
    .record({
      delays: fc.array(fc.constantFrom(0n, 1n, 3n, 100n), { minLength: 2, maxLength: 2 }),
      isChanges: fc.constantFrom([false, false], [true, false], [false, true], [true, true]),
      isWindowed: fc.integer({ min: 0, max: 4 }).map(n => n === 0),
      isNetted: fc.boolean(),
    })
    .chain(({ delays, isChanges, isWindowed, isNetted }) => {
      const [left, right] = delays.map((delayTicks, i) => {
        const rows = source(i === 0 ? 's' : 'sj', schema, { column: 'ts', delayTicks })
        const read = isChanges[i] ? asChanges(rows, 'op') : rows
        return isWindowed ? window(read, WINDOW) : read
      })
      return joinsOf(left, right).map(join => {
        const { isChangelog, time } = join.relation
        return sink(isNetted && isChangelog && !time?.window ? consolidate(join) : join)
      })
    })

const trialsOn = (tier: Tier): fc.Arbitrary<Trial> =>
  fc.constantFrom(...keyTypes).chain(([type, keys]) => {
    const schema: Schema = [
      { name: 'ts', type: 'timestamp[ms]', nullable: false },
      { name: 'k', type, nullable: true },
      { name: 'v', type: 'int32', nullable: true },
      { name: 'op', type: 'int8', nullable: false },
    ]
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

for (const { name } of backends)
  test(`joins of the model = ${name}`, () => assertTrials(trialsOn(name), cases[name]))
