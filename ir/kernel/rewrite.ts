/** Rewriting kernels: the walks that passes share. Untouched parts keep their identity, so `===` tells a change. */
import type { Block, Expr, Kernel, Stmt } from './node.ts'
import { isEnd } from './node.ts'

/** As `list.map`, but the list itself where nothing changes: most of a kernel does not, and need not be made anew. */
export function mapSame<T>(list: readonly T[], change: (one: T) => T): readonly T[] {
  let out: T[] | undefined
  for (let i = 0; i < list.length; i++) {
    const one = change(list[i])
    if (!out && one !== list[i]) out = list.slice(0, i)
    out?.push(one)
  }
  return out ?? list
}

/** The expression over other operands. */
export function mapChildren(expr: Expr, change: (expr: Expr) => Expr): Expr {
  switch (expr.kind) {
    case 'const':
    case 'local':
      return expr
    case 'op': {
      const args = mapSame(expr.args, change)
      return args === expr.args ? expr : { ...expr, args }
    }
    case 'load': {
      const index = change(expr.index)
      return index === expr.index ? expr : { ...expr, index }
    }
    case 'select': {
      const [cond, then, otherwise] = [change(expr.cond), change(expr.then), change(expr.else)]
      const isSame = cond === expr.cond && then === expr.then && otherwise === expr.else
      return isSame ? expr : { ...expr, cond, then, else: otherwise }
    }
  }
}

/** Rewrites an expression from its leaves up. */
export function rewriteExpr(expr: Expr, change: (expr: Expr) => Expr): Expr {
  const inner = (child: Expr): Expr => change(mapChildren(child, inner))
  return inner(expr)
}

/** The statement with other expressions of its own; inner blocks stay. */
export function mapExprs(stmt: Stmt, change: (expr: Expr) => Expr): Stmt {
  switch (stmt.kind) {
    case 'let':
    case 'set':
    case 'return': {
      const value = change(stmt.value)
      return value === stmt.value ? stmt : { ...stmt, value }
    }
    case 'store': {
      const [index, value] = [change(stmt.index), change(stmt.value)]
      return index === stmt.index && value === stmt.value ? stmt : { ...stmt, index, value }
    }
    case 'prefetch': {
      const index = change(stmt.index)
      return index === stmt.index ? stmt : { ...stmt, index }
    }
    case 'if': {
      const cond = change(stmt.cond)
      return cond === stmt.cond ? stmt : { ...stmt, cond }
    }
    default:
      return stmt
  }
}

/** The statement with other inner blocks. */
export function mapBlocks(stmt: Stmt, change: (block: Block) => Block): Stmt {
  switch (stmt.kind) {
    case 'if': {
      const [then, otherwise] = [change(stmt.then), change(stmt.else)]
      return then === stmt.then && otherwise === stmt.else ? stmt : { ...stmt, then, else: otherwise }
    }
    case 'loop':
    case 'block': {
      const body = change(stmt.body)
      return body === stmt.body ? stmt : { ...stmt, body }
    }
    default:
      return stmt
  }
}

/** As `flatMap` over the statements of a block; what none can reach any more is cut off. */
export function flatMapBlock(block: Block, change: (stmt: Stmt) => readonly Stmt[]): Block {
  let out: Stmt[] | undefined
  for (let i = 0; i < block.length; i++) {
    const changed = change(block[i])
    if (!out && (changed.length !== 1 || changed[0] !== block[i])) out = block.slice(0, i)
    out?.push(...changed)
  }
  return cutUnreachable(out ?? block)
}

/** Rewrites every statement, inner ones first, into any number of others. */
export function rewriteBlock(block: Block, change: (stmt: Stmt) => readonly Stmt[]): Block {
  const inner = (one: Block): Block => flatMapBlock(one, stmt => change(mapBlocks(stmt, inner)))
  return inner(block)
}

/** The block up to the statement that control does not pass. */
function cutUnreachable(block: Block): Block {
  const last = block.findIndex(isEnd)
  return last < 0 || last === block.length - 1 ? block : block.slice(0, last + 1)
}

export const withBody = (kernel: Kernel, body: Block): Kernel =>
  body === kernel.body ? kernel : { ...kernel, body }
