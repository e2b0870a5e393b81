/**
 * Changes add up, in random plans: those that an aggregation hands out, put into a multiset, are what it comes to when it
 * closes, behind every row of the input. The other tests hold the engine to the model.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AggregateName } from '../../ir/expr/aggregates.ts'
import { type Aggregate, aggregate, splitsByWindow } from '../../ir/logical/aggregate.ts'
import { changes } from '../../ir/logical/emit.ts'
import { acceptedModes, inputsOf } from '../../ir/logical/index.ts'
import { modeOf } from '../../ir/logical/mode.ts'
import { type Trial, trialsOn } from '../gen/trials.ts'
import { type ModelRow, runModel } from '../model/model.ts'
import { textOf } from '../support/engine.ts'
import { chainOf } from '../support/faults.ts'
import { modelOptionsOf } from '../support/model-options.ts'
import { replay } from '../support/replay.ts'
import { runs, sameSeed } from '../support/runs.ts'

const trials = trialsOn(fc.constant(['js' as const]))
const every = (law: (trial: Trial) => void): void =>
  fc.assert(fc.property(trials, law), { numRuns: runs(300), ...sameSeed })

const emitters = ({ plan }: Trial): readonly Aggregate[] =>
  chainOf(plan).filter((node): node is Aggregate => node.kind === 'aggregate' && node.relation.isChangelog)

/** What comes to the same whether a window has its rows or its panes; other aggregates round, or may overflow, on the way. */
const orderless: ReadonlySet<AggregateName> = new Set([
  ...(['count', 'min', 'max', 'first', 'last', 'bool_and', 'bool_or'] as const),
  ...(['bit_and', 'bit_or', 'bit_xor', 'approx_count_distinct', 'count_distinct', 'mode'] as const),
])

/** Are panes combined where the window closes, and does that show? */
const sumsByPane = (node: Aggregate): boolean =>
  splitsByWindow(node) && !node.aggregates.every(({ call }) => orderless.has(call.fn))

/** As text, so that all NaN are one and the zeros are two. */
const shown = (row: ModelRow): ModelRow => {
  const { $op = null, ...columns } = row
  return { $op, text: textOf(columns) }
}

test('changes of an aggregation, replayed behind any row, are what it comes to', () =>
  every(trial => {
    for (const node of emitters(trial)) {
      if (node.deletes !== undefined || node.emit.strategy === 'distinct' || sumsByPane(node)) continue
      const closing = aggregate(node.input, node.keys, node.aggregates, {
        strategy: 'close',
        latenessTicks: node.emit.latenessTicks,
      })
      for (const rows of [trial.rows, trial.rows.slice(0, trial.rows.length / 2)]) {
        const told = runModel(node, rows, modelOptionsOf(trial)).rows.map(shown)
        const closed = runModel(closing, rows, modelOptionsOf(trial)).rows.map(shown)
        const left = closed.map(({ text }) => `text,${text}`)
        assert.deepEqual([...replay(told).keys()].toSorted(), left.toSorted())
      }
    }
  }))

test('for each key one row is there at most, and what replaces another stands right behind it', () =>
  every(trial => {
    for (const node of emitters(trial)) {
      const { rows } = runModel(node, trial.rows, modelOptionsOf(trial))
      const { window, keys } = node
      const names = [...(window ? [window.start, window.end] : []), ...keys]
      const keyOf = (row: ModelRow): ModelRow => Object.fromEntries(names.map(name => [name, row[name]]))
      replay(rows.map(row => shown({ ...keyOf(row), $op: row.$op })).filter(({ $op }) => isEnd($op)))
      rows.forEach((row, i) => {
        if (row.$op !== changes.updateBefore) return
        assert.equal(rows[i + 1].$op, changes.updateAfter)
        assert.equal(textOf(keyOf(rows[i + 1])), textOf(keyOf(row)))
      })
    }
  }))

/** Does a key come, or go? */
const isEnd = (code: ModelRow[string]): boolean => code === changes.insert || code === changes.delete

test('every operator takes rows of the modes that it says it takes', () =>
  every(({ plan }) => {
    for (const node of chainOf(plan))
      for (const input of inputsOf(node))
        assert.ok(acceptedModes(node).includes(modeOf(input.relation)), node.kind)
  }))
