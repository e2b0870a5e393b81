/** Rewriting kernels: the walks that passes share. Untouched parts keep their identity, so `===` tells a change. */
import { blocksOf, childrenOf, exprsOf, withBlocks, withChildren, withExprs } from './build.ts'
import type { Block, Expr, Kernel, Stmt } from './node.ts'
import { endsControl } from './node.ts'

const isSame = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((x, i) => x === b[i])

/** Rewrites an expression from its leaves up. */
export function rewriteExpr(expr: Expr, change: (expr: Expr) => Expr): Expr {
  const children = childrenOf(expr)
  const changed = children.map(child => rewriteExpr(child, change))
  return change(isSame(children, changed) ? expr : withChildren(expr, changed))
}

/** The statement with other expressions of its own; inner blocks stay. */
export function mapExprs(stmt: Stmt, change: (expr: Expr) => Expr): Stmt {
  const exprs = exprsOf(stmt)
  const changed = exprs.map(change)
  return isSame(exprs, changed) ? stmt : withExprs(stmt, changed)
}

/** The statement with other inner blocks. */
export function mapBlocks(stmt: Stmt, change: (block: Block) => Block): Stmt {
  const blocks = blocksOf(stmt)
  const changed = blocks.map(change)
  return isSame(blocks, changed) ? stmt : withBlocks(stmt, changed)
}

/** Rewrites every statement, inner ones first, into any number of others; what none can reach any more is cut off. */
export function rewriteBlock(block: Block, change: (stmt: Stmt) => readonly Stmt[]): Block {
  const changed = block.flatMap(stmt => change(mapBlocks(stmt, inner => rewriteBlock(inner, change))))
  const reached = cutUnreachable(changed)
  return isSame(block, reached) ? block : reached
}

/** The block up to the statement that control does not pass. */
export function cutUnreachable(block: Block): Block {
  const last = block.findIndex(stmt => endsControl([stmt]))
  return last < 0 ? block : block.slice(0, last + 1)
}

export const withBody = (kernel: Kernel, body: Block): Kernel =>
  body === kernel.body ? kernel : { ...kernel, body }
