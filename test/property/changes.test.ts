/**
 * Changes add up, in random plans: those that an aggregation hands out, put into a multiset, are what it comes to when it
 * closes, behind every row of the input. The other tests hold the engine to the model.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AggregateName } from '../../ir/expr/aggregates.ts'
import { type Aggregate, aggregate, splitsByWindow } from '../../ir/logical/aggregate.ts'
import { consolidate } from '../../ir/logical/consolidate.ts'
import { changes } from '../../ir/logical/emit.ts'
import { acceptedModes, inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { asChanges, modeOf } from '../../ir/logical/mode.ts'
import { source } from '../../ir/logical/source.ts'
import { type Trial, trialsOn } from '../gen/trials.ts'
import { Consolidated } from '../model/consolidate.ts'
import { type ModelRow, runModel } from '../model/model.ts'
import type { Item } from '../model/operator.ts'
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
      const isSession = window?.spec.kind === 'session'
      const names = [...(window && !isSession ? [window.start, window.end] : []), ...keys]
      const keyOf = (row: ModelRow): ModelRow => Object.fromEntries(names.map(name => [name, row[name]]))
      // A key has several sessions, whose bounds change.
      if (!isSession)
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

test('consolidated changes add up to those that came, behind any row', () =>
  every(trial => {
    for (const node of chainOf(trial.plan)) {
      if (node.kind !== 'consolidate') continue
      for (const rows of [trial.rows, trial.rows.slice(0, trial.rows.length / 2)]) {
        const weights = (one: LogicalNode) => weightsOf(runModel(one, rows, modelOptionsOf(trial)).rows)
        assert.deepEqual(weights(node), weights(node.input))
      }
    }
  }))

test('consolidated changes add up at the end of every step, and no step gives and takes the same row', () => {
  const input = asChanges(source('s', [TIME_COLUMN, CODE_COLUMN], { column: 'at', delayTicks: 0n }), 'op')
  const events = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ x: fc.constantFrom(0, -0, 1, Number.NaN), $op: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.bigInt({ min: 1n, max: 5n }) },
    ),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(
      events,
      fc.constantFrom(undefined, { clock: 'event' as const, every: 3n }),
      (drawn, every) => {
        const came: ModelRow[] = []
        const given: ModelRow[] = []
        let step: ModelRow[] = []
        const end = { row: (item: Item) => step.push(item.row), watermark() {}, clock() {}, tick() {} }
        const operator = new Consolidated(consolidate(input, every), end)
        let time = 0n
        for (const event of [...drawn, 9n]) {
          if (typeof event === 'bigint') {
            time += event
            operator.watermark(time)
            if (step.length > 0) assert.deepEqual(weightsOf([...given, ...step]), weightsOf(came))
            const count = [...weightsOf(step).values()].reduce((sum, weight) => sum + Math.abs(weight), 0)
            assert.equal(count, step.length)
            given.push(...step)
            step = []
          } else {
            came.push(event)
            operator.row({ row: event, origin: -1 })
          }
        }
        assert.deepEqual(weightsOf(given), weightsOf(came))
      },
    ),
    { numRuns: runs(500), ...sameSeed },
  )
})

const TIME_COLUMN = { name: 'at', type: 'timestamp[ms]', nullable: false } as const
const CODE_COLUMN = { name: 'op', type: 'int8', nullable: false } as const

/** How often each row is there, where that is not 0 times; its zeros are one. */
function weightsOf(rows: readonly ModelRow[]): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const { $op = null, ...columns } of rows) {
    const plain = Object.entries(columns).map(([name, value]) => [name, value === 0 ? 0 : value])
    const text = textOf(Object.fromEntries(plain))
    const sign = $op === changes.delete || $op === changes.updateBefore ? -1 : 1
    const weight = (weights.get(text) ?? 0) + sign
    if (weight === 0) weights.delete(text)
    else weights.set(text, weight)
  }
  return new Map([...weights].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

test('every operator takes rows of the modes that it says it takes', () =>
  every(({ plan }) => {
    for (const node of chainOf(plan))
      for (const input of inputsOf(node))
        assert.ok(acceptedModes(node).includes(modeOf(input.relation)), node.kind)
  }))
