/** Whose rules the expressions of an operator follow: those of SQL, or those of the arrow function they came from. */
export type Language = 'sql' | 'javascript'

/** What every logical operator states about itself, beside the node that it is. */
import type { Expr } from '../expr/expr.ts'
import type { LogicalNode } from './index.ts'
import type { Mode } from './mode.ts'

export interface OperatorRule<Node> {
  readonly inputs: (node: Node) => readonly LogicalNode[]
  /** The expressions that the operator evaluates on its input. */
  readonly exprs: (node: Node) => readonly Expr[]
  /** The modes of rows that it takes; its constructor says more, where that depends on what it is to do. */
  readonly accepts: readonly Mode[]
  /** One line, without the inputs; part of the plan hash. */
  readonly print: (node: Node) => string
}
