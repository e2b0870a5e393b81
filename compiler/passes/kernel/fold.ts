/** Computes what is known: ops over constants by their meaning, choices and branches whose condition is constant. */
import { constOf } from '../../../ir/kernel/build.ts'
import type { Block, Const, Expr, Stmt } from '../../../ir/kernel/node.ts'
import { opRow, type Scalar } from '../../../ir/kernel/ops.ts'

export function foldExpr(expr: Expr): Expr {
  if (expr.kind === 'select' && expr.cond.kind === 'const') return expr.cond.value ? expr.then : expr.else
  if (expr.kind !== 'op' || !expr.args.every(arg => arg.kind === 'const')) return expr
  const { evaluate, host, effect, result } = opRow(expr.op)
  if (host || effect) return expr
  const args = expr.args.map(arg => (arg as Const).value)
  return constOf(result, (evaluate as (...args: Scalar[]) => Scalar)(...args))
}

/** The branch that is taken, where that is known. */
export function branchTaken(stmt: Stmt): Block | undefined {
  if (stmt.kind !== 'if' || stmt.cond.kind !== 'const') return undefined
  return stmt.cond.value ? stmt.then : stmt.else
}
