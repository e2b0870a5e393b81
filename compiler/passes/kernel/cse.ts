/**
 * Common subexpressions: what a local already holds is not computed again. Constants and other names of a local
 * are put in its place on the way, and every expression goes through the rules, because each makes work for the
 * others. Knowledge of a local ends where a value it was made from may change: at assignments and stores, at the
 * head of a loop for all that the loop does.
 */
import { dependsOn, type Effects, effectsOf, effectsOfStmt, hasEffect } from '../../../ir/kernel/effects.ts'
import type { Block, Expr, Kernel, Local, Stmt } from '../../../ir/kernel/node.ts'
import { cutUnreachable, mapBlocks, mapExprs, rewriteExpr, withBody } from '../../../ir/kernel/rewrite.ts'
import { foldBranch, foldExpr } from './fold.ts'
import { ExprNumbers } from './numbers.ts'
import { simplifyExpr } from './simplify.ts'

export function cse(kernel: Kernel): Kernel {
  const assigned = effectsOf(kernel.body).locals
  return withBody(kernel, walk(kernel.body, new Known(assigned)))
}

/** The locals that are never assigned again, by the number of the expression they hold. */
class Known {
  readonly #assigned: ReadonlySet<string>
  readonly #numbers = new ExprNumbers()
  readonly #held = new Map<number, Local>()
  /** What stands for a local that is but another name of it; names are used once, so this holds wherever they do. */
  readonly #aliases = new Map<string, Expr>()
  /** Numbers that depend on a local (`%name`) or a place. */
  readonly #dependents = new Map<string, Set<number>>()
  /** What was learnt and forgotten, newest last, so that leaving a block takes it back. */
  readonly #journal: { readonly number: number; readonly before: Local | undefined }[] = []

  constructor(assigned: ReadonlySet<string>) {
    this.#assigned = assigned
  }

  find(expr: Expr): Expr | undefined {
    if (expr.kind === 'const') return undefined
    return expr.kind === 'local' ? this.#aliases.get(expr.name) : this.#held.get(this.#numbers.of(expr))
  }

  learn(local: Local, expr: Expr): void {
    if (this.#assigned.has(local.name)) return
    if (expr.kind === 'const' || expr.kind === 'local') this.#learnAlias(local, expr)
    else if (!hasEffect(expr)) this.#learnValue(local, expr)
  }

  #learnAlias(local: Local, expr: Expr): void {
    if (expr.kind !== 'local' || !this.#assigned.has(expr.name)) this.#aliases.set(local.name, expr)
  }

  #learnValue(local: Local, expr: Expr): void {
    const number = this.#numbers.of(expr)
    this.#change(number, local)
    const { locals, places } = dependsOn(expr)
    for (const name of locals) this.#addDependent(`%${name}`, number)
    for (const place of places) this.#addDependent(place, number)
  }

  #addDependent(source: string, number: number): void {
    const numbers = this.#dependents.get(source) ?? new Set()
    this.#dependents.set(source, numbers.add(number))
  }

  forget({ locals, places }: Effects): void {
    for (const name of locals) this.#forgetDependents(`%${name}`)
    for (const place of places) this.#forgetDependents(place)
  }

  /** Runs the work on an inner block; what it learns is forgotten behind it, what it forgets is known again. */
  within<T>(work: () => T): T {
    const mark = this.#journal.length
    const result = work()
    for (const { number, before } of this.#journal.splice(mark).toReversed()) this.#put(number, before)
    return result
  }

  #forgetDependents(source: string): void {
    for (const number of this.#dependents.get(source) ?? [])
      if (this.#held.has(number)) this.#change(number, undefined)
  }

  #change(number: number, local: Local | undefined): void {
    this.#journal.push({ number, before: this.#held.get(number) })
    this.#put(number, local)
  }

  #put(number: number, local: Local | undefined): void {
    if (local) this.#held.set(number, local)
    else this.#held.delete(number)
  }
}

function walk(block: Block, known: Known): Block {
  const replace = (expr: Expr): Expr => known.find(expr) ?? improved(expr, known)
  const out: Stmt[] = []
  let changed = false
  for (const stmt of block) {
    if (stmt.kind === 'loop') known.forget(effectsOfStmt(stmt))
    const replaced = mapExprs(stmt, expr => rewriteExpr(expr, replace))
    const walked = foldBranch(replaced).map(one =>
      mapBlocks(one, inner => known.within(() => walk(inner, known))),
    )
    known.forget(effectsOfStmt(stmt))
    for (const one of walked) if (one.kind === 'let') known.learn(one.local, one.value)
    changed ||= walked.length !== 1 || walked[0] !== stmt
    out.push(...walked)
  }
  return changed ? cutUnreachable(out) : block
}

/** What the rules make of an expression may be held by a local as well. */
function improved(expr: Expr, known: Known): Expr {
  const better = simplifyExpr(foldExpr(expr))
  return better === expr ? expr : (known.find(better) ?? better)
}
