/**
 * Lookups of rows whose keys come again and again, in caches that are too small: the answer is that of the model, for any split
 * and on every tier; without order it is the same rows.
 */
import '../support/no-cache.ts'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import type { Tier } from '../../ir/abi.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source } from '../../ir/logical/source.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import { lookupsIn } from '../gen/lookups.ts'
import { paramValues } from '../gen/params.ts'
import { asTrial, schedulesOn, type Trial } from '../gen/trials.ts'
import type { ModelRow } from '../model/model.ts'
import { backends } from '../support/backends.ts'
import { assertTrials } from '../support/trials.ts'

after(closeNativeCompiler)

/** Native plans are compiled one by one. */
const cases = { interp: 150, js: 300, native: 15 } as const

const ROWS_MAX = 80

/** What keys are made of, and values that are found again. */
const keyTypes: readonly (readonly [DataType, readonly ModelRow[string][]])[] = [
  ['int32', [1, 2, 3, 4, 5]],
  ['int64', [1n, 2n, 3n, -(1n << 63n)]],
  ['float64', [0, -0, 1.5, 2.5, Number.NaN]],
  ['utf8', ['', 'a', 'b', 'c', 'd'.repeat(40)]],
]

const rowsOf = (keys: readonly ModelRow[string][]): fc.Arbitrary<readonly ModelRow[]> => {
  const row = fc.record({
    step: fc.constantFrom(0n, 0n, 1n, 2n, -1n),
    k: fc.option(fc.constantFrom(...keys), { freq: 8 }),
    note: fc.option(fc.constantFrom('', 'x', 'long '.repeat(20)), { freq: 4 }),
  })
  return fc.array(row, { maxLength: ROWS_MAX, size: 'max' }).map(drawn => {
    let ts = 100n
    return drawn.map(({ step, k, note }) => {
      ts += step
      return { ts, k, note }
    })
  })
}

const plansOn = (schema: Schema): fc.Arbitrary<LogicalNode> =>
  fc
    .constantFrom(undefined, 0n, 3n)
    .map(delayTicks =>
      source('s', schema, delayTicks === undefined ? undefined : { column: 'ts', delayTicks }),
    )
    .chain(rows => lookupsIn(rows, 'first', fc.boolean()))
    .chain(rows => fc.oneof(fc.constant(rows), lookupsIn(rows, 'second', fc.boolean())))
    .map(sink)

const trialsOn = (tier: Tier): fc.Arbitrary<Trial> =>
  fc.constantFrom(...keyTypes).chain(([type, keys]) => {
    const schema: Schema = [
      { name: 'ts', type: 'timestamp[ms]', nullable: false },
      { name: 'k', type, nullable: true },
      { name: 'note', type: 'utf8', nullable: true },
    ]
    return fc
      .tuple(plansOn(schema), rowsOf(keys))
      .chain(([plan, rows]) =>
        fc
          .tuple(schedulesOn(fc.constant([tier])), paramValues(plan))
          .map(([schedule, params]) => asTrial({ plan, schema, rows, params }, schedule)),
      )
  })

for (const { name } of backends)
  test(`lookups of the model = ${name}`, () => assertTrials(trialsOn(name), cases[name]))
