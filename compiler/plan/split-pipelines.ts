/**
 * Cuts a plan into pipelines: a chain of operators that run fused in one loop, up to and including the first that
 * keeps rows in state. What follows such an operator runs where it emits; the next one with state begins a new
 * pipeline, which reads what this one wrote. So does a union, which reads what several wrote, and a join, which keeps it, too.
 */
import { type Aggregate, leavesWithRows } from '../../ir/logical/aggregate.ts'
import type { AsofJoin } from '../../ir/logical/asof-join.ts'
import type { Consolidate } from '../../ir/logical/consolidate.ts'
import type { Deduplicate } from '../../ir/logical/deduplicate.ts'
import { takesBack } from '../../ir/logical/emit.ts'
import type { Filter } from '../../ir/logical/filter.ts'
import { type History, waitsFor } from '../../ir/logical/history.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import type { IntervalJoin } from '../../ir/logical/interval-join.ts'
import { answersOf, type Lookup } from '../../ir/logical/lookup.ts'
import type { ModeChange } from '../../ir/logical/mode.ts'
import type { Project } from '../../ir/logical/project.ts'
import type { Rank } from '../../ir/logical/rank.ts'
import type { Sort } from '../../ir/logical/sort.ts'
import type { Source } from '../../ir/logical/source.ts'
import type { Union } from '../../ir/logical/union.ts'
import type { Window } from '../../ir/logical/window.ts'
import type { Schema } from '../../ir/schema.ts'

/** Operators that keep rows in state, or what they come to. */
export type StatefulOperator =
  | Aggregate
  | AsofJoin
  | Consolidate
  | Deduplicate
  | History
  | IntervalJoin
  | Lookup
  | Rank
  | Sort

/** Operators that hand each row on at once. */
export type RowOperator = Filter | ModeChange | Project | Window

export interface PipelineSpec {
  readonly id: number
  /** Absent for a pipeline that reads the output of others. */
  readonly source: Source | undefined
  /** Set where its source is the answers of a table. */
  readonly answers: Lookup | undefined
  /** Where it reads the output of several. */
  readonly union: Union | undefined
  /** The pipelines whose output it reads. */
  readonly from: readonly PipelineSpec[]
  readonly inputSchema: Schema
  readonly head: readonly RowOperator[]
  readonly stateful: StatefulOperator | undefined
  readonly tail: readonly RowOperator[]
  readonly outputSchema: Schema
  /** Does each row that it hands on say what the watermark was before it? */
  readonly carriesTime: boolean
}

/** Every pipeline stands behind those that it reads. */
export function splitPipelines(plan: LogicalNode): readonly PipelineSpec[] {
  const specs: PipelineSpec[] = []
  splitInto(specs, plan, undefined)
  return specs
}

/** Where several inputs come together. */
type Gathering = Union | Join | Lookup
/** What gathers and keeps rows at once. */
type Join = IntervalJoin | AsofJoin

const isJoin = (node: LogicalNode): node is Join => node.kind === 'interval_join' || node.kind === 'asof_join'

const isGathering = (node: LogicalNode): node is Gathering =>
  node.kind === 'union' || node.kind === 'lookup' || isJoin(node)

/** Adds the pipelines of a plan, or of one of several inputs; the last of them is that whose output is the result. */
function splitInto(specs: PipelineSpec[], plan: LogicalNode, reader: Gathering | undefined): PipelineSpec {
  const [origin, ...others] = chainOf(plan)
  const inputs = isGathering(origin) ? inputsOf(origin).map(input => splitInto(specs, input, origin)) : []
  if (origin.kind === 'lookup') inputs.push(answersInto(specs, origin))
  const operators = isJoin(origin) || origin.kind === 'lookup' ? [origin, ...others] : others
  let spec = nextSpec({ specs, origin, operators, reader }, 0, inputs)
  while (spec.to < operators.length && operators[spec.to].kind !== 'sink')
    spec = nextSpec({ specs, origin, operators, reader }, spec.to, [spec.made])
  return spec.made
}

/** Adds the pipeline of the answers that a lookup waits for: its second input. */
function answersInto(specs: PipelineSpec[], node: Lookup): PipelineSpec {
  const source = answersOf(node)
  const { schema } = source.relation
  const made: PipelineSpec = {
    id: specs.length,
    source,
    answers: node,
    union: undefined,
    from: [],
    inputSchema: schema,
    head: [],
    stateful: undefined,
    tail: [],
    outputSchema: schema,
    carriesTime: false,
  }
  specs.push(made)
  return made
}

interface Chain {
  readonly specs: PipelineSpec[]
  readonly origin: LogicalNode
  readonly operators: readonly LogicalNode[]
  readonly reader: Gathering | undefined
}

/** The pipeline that begins with an operator, and the number of the operator behind it. */
function nextSpec(
  { specs, origin, operators, reader }: Chain,
  at: number,
  from: readonly PipelineSpec[],
): { readonly made: PipelineSpec; readonly to: number } {
  const head = rowOperators(operators, at)
  const next = operators[at + head.length]
  const stateful = next && isStateful(next) ? next : undefined
  const tail = stateful ? tailOf(stateful, rowOperators(operators, at + head.length + 1), operators) : []
  const to = at + head.length + (stateful ? 1 : 0) + tail.length
  const isLast = to >= operators.length || operators[to].kind === 'sink'
  const outcome = isLast && reader?.kind === 'union' ? reader : (operators[to - 1] ?? origin)
  const isRead = !isLast || reader !== undefined
  const made: PipelineSpec = {
    id: specs.length,
    source: at === 0 && origin.kind === 'source' ? origin : undefined,
    answers: undefined,
    union: at === 0 && origin.kind === 'union' ? origin : undefined,
    from,
    inputSchema: (operators[at - 1] ?? origin).relation.schema,
    head,
    stateful,
    tail,
    outputSchema: outcome.relation.schema,
    carriesTime: isRead && outcome.relation.time !== undefined && !givesByWindow(stateful),
  }
  specs.push(made)
  return { made, to }
}

/** Do results come with the windows that they are of, if they have any time at all? */
const givesByWindow = (stateful: StatefulOperator | undefined): boolean =>
  stateful?.kind === 'aggregate' || stateful?.kind === 'rank'

/** What runs in a pipeline, in order; the sink runs nowhere. */
export const operatorsOf = ({
  source,
  answers,
  union,
  head,
  stateful,
  tail,
}: PipelineSpec): readonly LogicalNode[] => [
  ...(source && !answers ? [source] : []),
  ...(union ? [union] : []),
  ...head,
  ...(stateful ? [stateful] : []),
  ...tail,
]

/** The operators from a source, or from where several come together, to the end. */
function chainOf(plan: LogicalNode): readonly LogicalNode[] {
  const chain: LogicalNode[] = [plan]
  while (chain[0].kind !== 'source' && !isGathering(chain[0])) chain.unshift(inputsOf(chain[0])[0])
  return chain
}

/**
 * Windows are assigned where their rows are aggregated: they begin the pipeline of the next aggregation, if there is one.
 * Results that leave in the middle of a row, or in pairs, are only written down: the next pipeline takes them on.
 */
function tailOf(
  stateful: StatefulOperator,
  taken: readonly RowOperator[],
  operators: readonly LogicalNode[],
): readonly RowOperator[] {
  if (!leavesOneByOne(stateful)) return []
  const window = taken.findIndex(({ kind }) => kind === 'window')
  const last = taken.at(-1)
  const next = last && operators[operators.indexOf(last) + 1]
  return window >= 0 && next && isStateful(next) ? taken.slice(0, window) : taken
}

/** Do results leave behind the rows that they are made of, one at a time? */
function leavesOneByOne(stateful: StatefulOperator): boolean {
  switch (stateful.kind) {
    case 'aggregate':
      return !leavesWithRows(stateful) && !takesBack(stateful.emit)
    case 'history':
      return waitsFor(stateful) === 'time'
    case 'consolidate':
    case 'sort':
      return true
    case 'asof_join':
    case 'deduplicate':
    case 'interval_join':
    case 'lookup':
      return false
    case 'rank':
      return stateful.emit === 'close'
  }
}

/** Does a pipeline hand rows on as they came? */
export const handsOn = ({ stateful }: Pick<PipelineSpec, 'stateful'>): boolean =>
  stateful === undefined ||
  stateful.kind === 'deduplicate' ||
  isJoin(stateful) ||
  stateful.kind === 'lookup' ||
  (stateful.kind === 'history' && waitsFor(stateful) === 'nothing')

const statefulKinds: Readonly<Record<StatefulOperator['kind'], true>> = {
  aggregate: true,
  asof_join: true,
  consolidate: true,
  deduplicate: true,
  history: true,
  interval_join: true,
  lookup: true,
  sort: true,
  rank: true,
}

const isStateful = (node: LogicalNode): node is StatefulOperator => Object.hasOwn(statefulKinds, node.kind)

function rowOperators(operators: readonly LogicalNode[], from: number): readonly RowOperator[] {
  const taken: RowOperator[] = []
  for (const node of operators.slice(from)) {
    if (!isRowOperator(node)) break
    taken.push(node)
  }
  return taken
}

const rowOperatorKinds: Readonly<Record<RowOperator['kind'], true>> = {
  filter: true,
  mode: true,
  project: true,
  window: true,
}

const isRowOperator = (node: LogicalNode): node is RowOperator => Object.hasOwn(rowOperatorKinds, node.kind)
