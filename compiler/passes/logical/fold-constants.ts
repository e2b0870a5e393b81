/** Computes what does not depend on the row. What would fault is left for the row to fault on. */
import { evaluate } from '../../../ir/expr/evaluate.ts'
import { childrenOf, type Expr, isLiteral, literal, RowFault, rewrite } from '../../../ir/expr/expr.ts'
import { functionRow } from '../../../ir/expr/functions/index.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { mapPlan } from './rewrite.ts'

export const foldConstants = (plan: LogicalNode): LogicalNode => mapPlan(plan, expr => rewrite(expr, fold))

const nothing = {
  column: (name: string): never => {
    throw new Error(`column ${name} in a constant`)
  },
  param: (name: string): never => {
    throw new Error(`parameter ${name} in a constant`)
  },
}

function fold(expr: Expr): Expr {
  const children = childrenOf(expr)
  if (children.length === 0 || !children.every(isLiteral)) return expr
  if (expr.kind === 'call' && functionRow(expr.fn).host) return expr
  try {
    return { ...literal(evaluate(expr, nothing), expr.type), nullable: expr.nullable }
  } catch (fault) {
    if (fault instanceof RowFault) return expr
    throw fault
  }
}
