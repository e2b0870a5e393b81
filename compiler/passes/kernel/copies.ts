/** Copy propagation: a local that is but another name of a constant or of a local that never changes goes away. */

import { visit } from '../../../ir/kernel/build.ts'
import { effectsOf } from '../../../ir/kernel/effects.ts'
import type { Expr, Kernel, Stmt } from '../../../ir/kernel/node.ts'
import { mapExprs, rewriteBlock, rewriteExpr, withBody } from '../../../ir/kernel/rewrite.ts'

export function propagateCopies(kernel: Kernel): Kernel {
  const assigned = effectsOf(kernel.body).locals
  const copies = new Map<string, Expr>()
  visit(kernel.body, stmt => {
    if (stmt.kind !== 'let' || assigned.has(stmt.local.name)) return
    const source = stmt.value.kind === 'local' ? (copies.get(stmt.value.name) ?? stmt.value) : stmt.value
    const isStable = source.kind === 'const' || (source.kind === 'local' && !assigned.has(source.name))
    if (isStable) copies.set(stmt.local.name, source)
  })
  if (copies.size === 0) return kernel
  const replace = (expr: Expr): Expr => (expr.kind === 'local' ? (copies.get(expr.name) ?? expr) : expr)
  const change = (stmt: Stmt): readonly Stmt[] =>
    stmt.kind === 'let' && copies.has(stmt.local.name)
      ? []
      : [mapExprs(stmt, expr => rewriteExpr(expr, replace))]
  return withBody(kernel, rewriteBlock(kernel.body, change))
}
