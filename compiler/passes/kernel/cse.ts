/**
 * Common subexpressions: what a local already holds is not computed again. Knowledge of a local ends where a
 * value it was made from may change: at assignments and stores, at the head of a loop for all that the loop does.
 */

import { disturbs, type Effects, effectsOf, hasEffect } from '../../../ir/kernel/effects.ts'
import type { Block, Expr, Kernel, Local, Stmt } from '../../../ir/kernel/node.ts'
import { printExpr } from '../../../ir/kernel/print.ts'
import { mapBlocks, mapExprs, rewriteExpr, withBody } from '../../../ir/kernel/rewrite.ts'

export function cse(kernel: Kernel): Kernel {
  const assigned = effectsOf(kernel.body).locals
  return withBody(kernel, walk(kernel.body, new Known(assigned)))
}

/** The locals that are never assigned again, by the text of the expression they hold. */
class Known {
  readonly #assigned: ReadonlySet<string>
  readonly #held: Map<string, { local: Local; expr: Expr }>

  constructor(assigned: ReadonlySet<string>, held: Known | undefined = undefined) {
    this.#assigned = assigned
    this.#held = new Map(held ? held.#held : [])
  }

  copy(): Known {
    return new Known(this.#assigned, this)
  }

  find(expr: Expr): Local | undefined {
    return this.#held.get(printExpr(expr))?.local
  }

  learn(local: Local, expr: Expr): void {
    if (!this.#assigned.has(local.name) && !hasEffect(expr)) this.#held.set(printExpr(expr), { local, expr })
  }

  forget(effects: Effects): void {
    for (const [key, { expr }] of this.#held) if (disturbs(effects, expr)) this.#held.delete(key)
  }
}

const isTrivial = (expr: Expr): boolean => expr.kind === 'const' || expr.kind === 'local'

function walk(block: Block, known: Known): Block {
  let changed = false
  const out = block.map(stmt => {
    if (stmt.kind === 'loop') known.forget(effectsOf([stmt]))
    const replaced = mapExprs(stmt, expr =>
      rewriteExpr(expr, one => (isTrivial(one) ? one : (known.find(one) ?? one))),
    )
    const walked = mapBlocks(replaced, inner => walk(inner, known.copy()))
    known.forget(effectsOf([stmt]))
    learnFrom(walked, known)
    changed ||= walked !== stmt
    return walked
  })
  return changed ? out : block
}

function learnFrom(stmt: Stmt, known: Known): void {
  if (stmt.kind === 'let' && !isTrivial(stmt.value)) known.learn(stmt.local, stmt.value)
}
