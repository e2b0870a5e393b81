/** sink: where a plan ends and its rows are handed out. */
import type { LogicalNode } from './index.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

export interface Sink {
  readonly kind: 'sink'
  readonly input: LogicalNode
  readonly relation: Relation
}

export const sink = (input: LogicalNode): Sink => ({ kind: 'sink', input, relation: input.relation })

export const sinkRule: OperatorRule<Sink> = {
  inputs: node => [node.input],
  exprs: () => [],
  print: () => 'sink',
}
