/** Can an expression reject a row? What can must be evaluated, even where nobody reads its result. */
import { canFail } from './cast.ts'
import { type Expr, visit } from './expr.ts'
import { functionRow } from './functions/index.ts'

export function canFault(expr: Expr): boolean {
  let found = false
  visit(expr, node => {
    if (node.kind === 'call' && functionRow(node.fn).faults?.(node.type)) found = true
    if (node.kind === 'cast' && !node.attempt && canFail(node.arg.type, node.type)) found = true
  })
  return found
}
