/** Situations of rows in an order that random trials must reach: sorted, and with what they learn of each other. */
import { type Waiting, waitsFor } from '../../ir/logical/history.ts'
import { frameOf } from '../../ir/logical/history-call.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { Trial } from '../gen/trials.ts'
import { type ModelResult, runModel } from '../model/model.ts'
import { chainOf } from './faults.ts'
import { modelOptionsOf } from './model-options.ts'

type Rows = ModelResult['rows']

const rowsOf = (trial: Trial, node: LogicalNode): Rows =>
  runModel(node, trial.rows, modelOptionsOf(trial)).rows

/** Is there such an operator, and does it hold of what it gives? */
const gives = (
  trial: Trial,
  fits: (node: LogicalNode) => boolean,
  holds: (rows: Rows, node: LogicalNode) => boolean,
): boolean => chainOf(trial.plan).some(node => fits(node) && holds(rowsOf(trial, node), node))

const rowsInto = (trial: Trial, node: LogicalNode): Rows =>
  inputsOf(node).flatMap(input => rowsOf(trial, input))

const textOf = (rows: Rows): string =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))

const hasFrame = (node: LogicalNode, kind: 'rows' | 'range'): boolean =>
  node.kind === 'history' && node.calls.some(({ call }) => frameOf(call)?.kind === kind)

/** Is anything but null learned from a row before or behind? */
const learns = (trial: Trial, waits: Waiting, kind: 'lag' | 'lead'): boolean =>
  gives(
    trial,
    node => node.kind === 'history' && waitsFor(node) === waits,
    (rows, node) =>
      node.kind === 'history' &&
      node.calls.some(({ name, call }) => call.kind === kind && rows.some(row => row[name] !== null)),
  )

export const orderSituations: Readonly<Record<string, (trial: Trial) => boolean>> = {
  'rows that leave in another order than they came in': trial =>
    gives(
      trial,
      node => node.kind === 'sort' && node.column !== undefined,
      (rows, node) => textOf(rows) !== textOf(rowsInto(trial, node)),
    ),
  'rows of windows that are sorted and are too many': trial =>
    gives(
      trial,
      node => node.kind === 'sort' && node.limit !== undefined,
      (rows, node) => rows.length > 1 && rows.length < rowsInto(trial, node).length,
    ),
  'a row that learns of one before it': trial => learns(trial, 'nothing', 'lag'),
  'a row that learns of one behind it': trial => learns(trial, 'rows', 'lead'),
  'a frame that rows leave': trial =>
    gives(
      trial,
      node => hasFrame(node, 'rows'),
      rows => rows.length > 3,
    ),
  'a range of time over rows of one time': trial =>
    gives(
      trial,
      node => hasFrame(node, 'range'),
      (rows, node) =>
        node.kind === 'history' &&
        rows.some((row, i) => i > 0 && row[node.column ?? ''] === rows[i - 1][node.column ?? '']),
    ),
}
