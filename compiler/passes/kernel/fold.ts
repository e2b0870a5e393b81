/** Computes what is known: ops over constants by their meaning, choices whose condition is constant. */
import { constOf } from '../../../ir/kernel/build.ts'
import type { Const, Expr, Kernel, Stmt } from '../../../ir/kernel/node.ts'
import { opRow, type Scalar } from '../../../ir/kernel/ops.ts'
import { mapExprs, rewriteBlock, rewriteExpr, withBody } from '../../../ir/kernel/rewrite.ts'

export const fold = (kernel: Kernel): Kernel => withBody(kernel, rewriteBlock(kernel.body, foldStmt))

function foldStmt(stmt: Stmt): readonly Stmt[] {
  const folded = mapExprs(stmt, expr => rewriteExpr(expr, foldExpr))
  if (folded.kind === 'if' && folded.cond.kind === 'const')
    return folded.cond.value ? folded.then : folded.else
  return [folded]
}

function foldExpr(expr: Expr): Expr {
  if (expr.kind === 'select' && expr.cond.kind === 'const') return expr.cond.value ? expr.then : expr.else
  if (expr.kind !== 'op' || !expr.args.every(arg => arg.kind === 'const')) return expr
  const { evaluate, host, effect, result } = opRow(expr.op)
  if (host || effect) return expr
  const args = expr.args.map(arg => (arg as Const).value)
  return constOf(result, (evaluate as (...args: Scalar[]) => Scalar)(...args))
}
