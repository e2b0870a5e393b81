/** filter: keeps the rows whose predicate is true; false and null drop the row. */
import { MillraceError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { printExpr } from '../expr/print.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE, refuseCodes } from './mode.ts'
import type { Language, OperatorRule } from './operator.ts'
import { checkColumns, type Relation } from './relation.ts'

export interface Filter {
  readonly kind: 'filter'
  readonly input: LogicalNode
  readonly predicate: Expr
  /** For people; no part of the plan's identity. */
  readonly language: Language
  readonly relation: Relation
}

export function filter(input: LogicalNode, predicate: Expr, language: Language = 'sql'): Filter {
  checkColumns(predicate, input.relation.schema, 'filter')
  refuseCodes(input.relation, [predicate], 'a filter')
  if (predicate.type !== 'bool') {
    throw new MillraceError(
      'LDB-1200',
      `a filter needs a bool, not ${predicate.type}: ${printExpr(predicate)}`,
    )
  }
  return { kind: 'filter', input, predicate, language, relation: input.relation }
}

export const filterRule: OperatorRule<Filter> = {
  inputs: node => [node.input],
  exprs: node => [node.predicate],
  accepts: ANY_MODE,
  print: node => `filter ${printExpr(node.predicate)}`,
}
