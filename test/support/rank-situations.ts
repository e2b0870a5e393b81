/** Situations of rankings that random trials must reach. */
import { type Rank, replacesRows } from '../../ir/logical/rank.ts'
import type { Trial } from '../gen/trials.ts'
import { type ModelResult, runModel } from '../model/model.ts'
import { chainOf } from './faults.ts'
import { modelOptionsOf } from './model-options.ts'

/** The rankings of a trial, and what each comes to. */
const ranksOf = (trial: Trial): readonly { readonly node: Rank; readonly rows: ModelResult['rows'] }[] =>
  chainOf(trial.plan).flatMap(node =>
    node.kind === 'rank' ? [{ node, rows: runModel(node, trial.rows, modelOptionsOf(trial)).rows }] : [],
  )

export const rankSituations: Readonly<Record<string, (trial: Trial, model: ModelResult) => boolean>> = {
  'ranks that move': trial =>
    ranksOf(trial).some(({ node, rows }) => node.as !== undefined && rows.some(row => row.$op === 2)),
  'rows that are equal, and more than the limit': trial =>
    ranksOf(trial).some(
      ({ node, rows }) => node.by !== 'row_number' && rows.filter(row => row.$op === 1).length > 1,
    ),
  'a row that replaces the one that leaves': trial =>
    ranksOf(trial).some(({ node, rows }) => replacesRows(node) && rows.some(row => row.$op === 2)),
  'ranks that are passed over': trial =>
    ranksOf(trial).some(({ node, rows }) => node.offset > 0 && rows.length > 1),
  'rows that come up among the first because others go': trial =>
    ranksOf(trial).some(
      ({ node, rows }) =>
        node.input.relation.isChangelog && node.emit === 'update' && rows.some(row => row.$op === 1),
    ),
  'rankings of windows, when they close': trial =>
    ranksOf(trial).some(({ node, rows }) => node.emit === 'close' && rows.length > 3),
  'rankings of windows, with each row': trial =>
    ranksOf(trial).some(({ node, rows }) => node.window && node.emit === 'update' && rows.length > 3),
  'ranked changes that are aggregated': ({ plan }, model) =>
    model.rows.length > 0 &&
    chainOf(plan).some(
      (node, i, all) =>
        node.kind === 'rank' &&
        node.emit === 'update' &&
        all.slice(i).some(({ kind }) => kind === 'aggregate' || kind === 'consolidate'),
    ),
}
