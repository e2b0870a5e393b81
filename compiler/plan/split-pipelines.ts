/**
 * Cuts a plan into pipelines: a chain of operators that run fused in one loop, up to and including the first that
 * keeps rows in state. What follows such an operator runs where it emits; the next one with state begins a new
 * pipeline, which reads what this one wrote.
 */
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { isEager } from '../../ir/logical/emit.ts'
import type { Filter } from '../../ir/logical/filter.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { ModeChange } from '../../ir/logical/mode.ts'
import type { Project } from '../../ir/logical/project.ts'
import type { Source } from '../../ir/logical/source.ts'
import type { Window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'

/** Operators that hand each row on at once. */
export type RowOperator = Filter | ModeChange | Project | Window

export interface PipelineSpec {
  readonly id: number
  /** Absent for a pipeline that reads the output of the one before it. */
  readonly source: Source | undefined
  readonly inputSchema: Schema
  readonly head: readonly RowOperator[]
  readonly stateful: Aggregate | undefined
  readonly tail: readonly RowOperator[]
  readonly outputSchema: Schema
}

export function splitPipelines(plan: LogicalNode): readonly PipelineSpec[] {
  const chain = chainOf(plan)
  const [source, ...operators] = chain
  if (source.kind !== 'source') throw new Error('a plan begins with a source')
  const specs: PipelineSpec[] = []
  let at = 0
  do {
    const head = rowOperators(operators, at)
    const stateful = operators[at + head.length]
    const breaks = stateful?.kind === 'aggregate' ? stateful : undefined
    const tail = breaks ? tailOf(breaks, rowOperators(operators, at + head.length + 1), operators) : []
    const before = operators[at - 1] ?? source
    at += head.length + (breaks ? 1 : 0) + tail.length
    specs.push({
      id: specs.length,
      source: specs.length === 0 ? source : undefined,
      inputSchema: before.relation.schema,
      head,
      stateful: breaks,
      tail,
      outputSchema: (operators[at - 1] ?? source).relation.schema,
    })
  } while (at < operators.length && operators[at].kind !== 'sink')
  return specs
}

/** What runs in a pipeline, in order; the sink runs nowhere. */
export const operatorsOf = ({ source, head, stateful, tail }: PipelineSpec): readonly LogicalNode[] => [
  ...(source ? [source] : []),
  ...head,
  ...(stateful ? [stateful] : []),
  ...tail,
]

/** The operators from the source to the sink. */
function chainOf(plan: LogicalNode): readonly LogicalNode[] {
  const chain: LogicalNode[] = []
  for (let node: LogicalNode | undefined = plan; node; node = inputsOf(node)[0]) chain.unshift(node)
  return chain
}

/**
 * Windows are assigned where their rows are aggregated: they begin the pipeline of the next aggregation, if there is one.
 * Results that leave in the middle of a row are only written down: the next pipeline takes them on.
 */
function tailOf(
  stateful: Aggregate,
  taken: readonly RowOperator[],
  operators: readonly LogicalNode[],
): readonly RowOperator[] {
  if (isEager(stateful.emit)) return []
  const window = taken.findIndex(({ kind }) => kind === 'window')
  const last = taken.at(-1)
  const next = last && operators[operators.indexOf(last) + 1]
  return window >= 0 && next?.kind === 'aggregate' ? taken.slice(0, window) : taken
}

function rowOperators(operators: readonly LogicalNode[], from: number): readonly RowOperator[] {
  const taken: RowOperator[] = []
  for (const node of operators.slice(from)) {
    if (node.kind === 'source' || node.kind === 'aggregate' || node.kind === 'sink') break
    taken.push(node)
  }
  return taken
}
