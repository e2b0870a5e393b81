/** Whose rules the expressions of an operator follow: those of SQL, or those of the arrow function they came from. */
export type Language = 'sql' | 'javascript'

/** What every logical operator states about itself, beside the node that it is. */
import type { Expr } from '../expr/expr.ts'
import type { LogicalNode } from './index.ts'

export interface OperatorRule<Node> {
  readonly inputs: (node: Node) => readonly LogicalNode[]
  /** The expressions that the operator evaluates on its input. */
  readonly exprs: (node: Node) => readonly Expr[]
  /** One line, without the inputs; part of the plan hash. */
  readonly print: (node: Node) => string
}
