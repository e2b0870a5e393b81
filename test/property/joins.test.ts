/**
 * Joins of rows of which many have partners: few keys, times close together, rows that are taken back. The answer is that of the
 * model, for any split and on every tier; and the same rows in any order within the bound of disorder come to the same.
 */
import '../support/no-cache.ts'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { closeNativeCompiler } from '../../codegen/llvm/backend.ts'
import { consolidate } from '../../ir/logical/consolidate.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { asChanges } from '../../ir/logical/mode.ts'
import { sink } from '../../ir/logical/sink.ts'
import { source } from '../../ir/logical/source.ts'
import { type WindowSpec, window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'
import { closeTrials } from '../gen/close-rows.ts'
import { joinsOf } from '../gen/joins.ts'
import { backends } from '../support/backends.ts'
import { assertTrials } from '../support/trials.ts'

after(closeNativeCompiler)

/** Native plans are compiled one by one. */
const cases = { interp: 150, js: 300, native: 15 } as const

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

for (const { name } of backends)
  test(`joins of the model = ${name}`, () => assertTrials(closeTrials(plansOn, name), cases[name]))
