/** sink: where a plan ends and its rows are handed out. */
import { MillraceError } from '../errors.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

export interface Sink {
  readonly kind: 'sink'
  readonly input: LogicalNode
  readonly relation: Relation
}

export const sink = (input: LogicalNode): Sink => ({ kind: 'sink', input, relation: input.relation })

/** Refuses what means nothing to whoever gets it: rows of windows that nobody has told apart. */
export function checkHandedOut({ relation: { time } }: LogicalNode): void {
  const window = time?.window
  if (!window || window.isInRows) return
  const what = `a row may belong to several windows (${window.spec.kind}), and nothing aggregates them`
  throw new MillraceError('LDB-1001', what, {
    fix: 'aggregate the rows of each window: agg(..), groupBy(..).agg(..)',
  })
}

export const sinkRule: OperatorRule<Sink> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ANY_MODE,
  print: () => 'sink',
}
