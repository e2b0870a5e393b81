/**
 * Common subexpressions: what a local already holds is not computed again. Knowledge of a local ends where a
 * value it was made from may change: at assignments and stores, at the head of a loop for all that the loop does.
 */
import { dependsOn, type Effects, effectsOf, effectsOfStmt, hasEffect } from '../../../ir/kernel/effects.ts'
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
  readonly #held = new Map<string, Local>()
  /** Locals that are another name of one that never changes; names are used once, so this holds wherever they do. */
  readonly #aliases = new Map<string, Local>()
  /** Keys that depend on a local (`%name`) or a place. */
  readonly #dependents = new Map<string, Set<string>>()
  /** What was learnt and forgotten, newest last, so that leaving a block takes it back. */
  readonly #journal: { readonly key: string; readonly before: Local | undefined }[] = []

  constructor(assigned: ReadonlySet<string>) {
    this.#assigned = assigned
  }

  find(expr: Expr): Local | undefined {
    return expr.kind === 'local' ? this.#aliases.get(expr.name) : this.#held.get(printExpr(expr))
  }

  learn(local: Local, expr: Expr): void {
    if (this.#assigned.has(local.name) || hasEffect(expr)) return
    if (expr.kind === 'local') {
      if (!this.#assigned.has(expr.name)) this.#aliases.set(local.name, expr)
      return
    }
    const key = printExpr(expr)
    this.#change(key, local)
    const { locals, places } = dependsOn(expr)
    for (const source of [...[...locals].map(name => `%${name}`), ...places]) {
      const keys = this.#dependents.get(source) ?? new Set()
      this.#dependents.set(source, keys.add(key))
    }
  }

  forget({ locals, places }: Effects): void {
    for (const name of locals) this.#forgetDependents(`%${name}`)
    for (const place of places) this.#forgetDependents(place)
  }

  /** Runs the work on an inner block; what it learns is forgotten behind it, what it forgets is known again. */
  within<T>(work: () => T): T {
    const mark = this.#journal.length
    const result = work()
    for (const { key, before } of this.#journal.splice(mark).toReversed()) this.#put(key, before)
    return result
  }

  #forgetDependents(source: string): void {
    for (const key of this.#dependents.get(source) ?? [])
      if (this.#held.has(key)) this.#change(key, undefined)
  }

  #change(key: string, local: Local | undefined): void {
    this.#journal.push({ key, before: this.#held.get(key) })
    this.#put(key, local)
  }

  #put(key: string, local: Local | undefined): void {
    if (local) this.#held.set(key, local)
    else this.#held.delete(key)
  }
}

function walk(block: Block, known: Known): Block {
  let changed = false
  const replace = (expr: Expr): Expr => (expr.kind === 'const' ? expr : (known.find(expr) ?? expr))
  const out = block.map(stmt => {
    const effects = effectsOfStmt(stmt)
    if (stmt.kind === 'loop') known.forget(effects)
    const replaced = mapExprs(stmt, expr => rewriteExpr(expr, replace))
    const walked = mapBlocks(replaced, inner => known.within(() => walk(inner, known)))
    known.forget(effects)
    learnFrom(walked, known)
    changed ||= walked !== stmt
    return walked
  })
  return changed ? out : block
}

function learnFrom(stmt: Stmt, known: Known): void {
  if (stmt.kind === 'let' && stmt.value.kind !== 'const') known.learn(stmt.local, stmt.value)
}
