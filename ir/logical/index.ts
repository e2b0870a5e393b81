/** The logical operators: this list is the language of plans. */
import type { Expr } from '../expr/expr.ts'
import { type Aggregate, aggregateRule } from './aggregate.ts'
import { type AsofJoin, asofJoinRule } from './asof-join.ts'
import { type Consolidate, consolidateRule } from './consolidate.ts'
import { type Deduplicate, deduplicateRule } from './deduplicate.ts'
import { type Filter, filterRule } from './filter.ts'
import { type History, historyRule } from './history.ts'
import { explainJoin, type IntervalJoin, intervalJoinRule } from './interval-join.ts'
import { type Lookup, lookupRule } from './lookup.ts'
import { type Mode, type ModeChange, modeOf, modeRule } from './mode.ts'
import type { Language, OperatorRule } from './operator.ts'
import { type Project, projectRule } from './project.ts'
import { type Rank, rankRule } from './rank.ts'
import { type Sink, sinkRule } from './sink.ts'
import { type Sort, sortRule } from './sort.ts'
import { type Source, sourceRule } from './source.ts'
import { type Union, unionRule } from './union.ts'
import { type Window, windowRule } from './window.ts'

export type LogicalNode =
  | Source
  | Filter
  | Project
  | Window
  | ModeChange
  | Aggregate
  | Consolidate
  | Deduplicate
  | Sort
  | History
  | Rank
  | Union
  | IntervalJoin
  | AsofJoin
  | Lookup
  | Sink
export type OperatorKind = LogicalNode['kind']

const rules: { readonly [K in OperatorKind]: OperatorRule<Extract<LogicalNode, { kind: K }>> } = {
  source: sourceRule,
  filter: filterRule,
  project: projectRule,
  window: windowRule,
  mode: modeRule,
  aggregate: aggregateRule,
  consolidate: consolidateRule,
  deduplicate: deduplicateRule,
  sort: sortRule,
  history: historyRule,
  rank: rankRule,
  union: unionRule,
  interval_join: intervalJoinRule,
  asof_join: asofJoinRule,
  lookup: lookupRule,
  sink: sinkRule,
}

const ruleOf = (node: LogicalNode): OperatorRule<LogicalNode> => rules[node.kind] as OperatorRule<LogicalNode>

export const inputsOf = (node: LogicalNode): readonly LogicalNode[] => ruleOf(node).inputs(node)

export const exprsOf = (node: LogicalNode): readonly Expr[] => ruleOf(node).exprs(node)

/** The modes of rows that an operator takes. */
export const acceptedModes = (node: LogicalNode): readonly Mode[] => ruleOf(node).accepts

/** One operator, without its inputs. */
export const printOperator = (node: LogicalNode): string => ruleOf(node).print(node)

/** The plan as an indented tree, its root first; equal plans have equal text. */
export const printPlan = (node: LogicalNode): string => printTree(node, printOperator)

/**
 * The plan for people: the tree, which of its operators mean what JavaScript means instead of SQL, which join was picked and why,
 * and where rows are changes.
 */
export const explainPlan = (node: LogicalNode): string =>
  printTree(node, one => {
    const notes = [
      ...(languageOf(one) === 'javascript' ? ['JavaScript semantics'] : []),
      ...(one.kind === 'interval_join' ? [explainJoin(one)] : []),
      ...modeNotes(one),
    ]
    return [printOperator(one), ...notes].join('  -- ')
  })

/** Nothing where all rows are only added. */
function modeNotes(node: LogicalNode): readonly string[] {
  const out = modeOf(node.relation)
  const into = inputsOf(node).map(({ relation }) => modeOf(relation))
  if (out === 'append' && !into.includes('changes')) return []
  return [into.every(one => one === out) && into.length > 0 ? out : [...into, out].join(' to ')]
}

/** Whose rules its expressions follow, where it has any of its own. */
export function languageOf(node: LogicalNode): Language | undefined {
  if (node.kind === 'aggregate')
    return node.aggregates.some(({ call }) => call.fold) ? 'javascript' : undefined
  return 'language' in node ? node.language : undefined
}

function printTree(node: LogicalNode, print: (node: LogicalNode) => string, depth = 0): string {
  const line = `${'  '.repeat(depth)}${print(node)}`
  return [line, ...inputsOf(node).map(input => printTree(input, print, depth + 1))].join('\n')
}
