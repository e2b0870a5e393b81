/**
 * Common subexpressions: what a local already holds is not computed again. Constants and other names of a local
 * are put in its place on the way, and every expression goes through the rules, because each makes work for the
 * others. Knowledge of a local ends where a value it was made from may change: at assignments and stores, at the
 * head of a loop for all that the loop does.
 */
import { visitExpr } from '../../../ir/kernel/build.ts'
import { effectsOf, hasEffect, placeOf, placeStored } from '../../../ir/kernel/effects.ts'
import type { Block, Expr, Kernel, Local, Stmt } from '../../../ir/kernel/node.ts'
import { flatMapBlock, mapBlocks, mapExprs, rewriteExpr, withBody } from '../../../ir/kernel/rewrite.ts'
import { branchTaken, foldExpr } from './fold.ts'
import { ExprNumbers } from './numbers.ts'
import { simplifyExpr } from './simplify.ts'

export function cse(kernel: Kernel): Kernel {
  const assigned = effectsOf(kernel.body).locals
  return withBody(kernel, new Walk(assigned).block(kernel.body))
}

/** The locals that are never assigned again, by the number of the expression they hold. */
class Known {
  readonly #assigned: ReadonlySet<string>
  readonly #numbers = new ExprNumbers()
  readonly #held = new Map<number, Local>()
  /** What stands for a local that is but another name of it; names are used once, so this holds wherever they do. */
  readonly #aliases = new Map<string, Expr>()
  /** Numbers that depend on a local or a place. */
  readonly #dependents = new Map<string, Set<number>>()
  /** What was learnt and forgotten, newest last, so that leaving a block takes it back. */
  readonly #journal: { readonly number: number; readonly before: Local | undefined }[] = []
  /** The locals and places that changed, newest last. */
  readonly #changes: string[] = []

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
    visitExpr(expr, node => {
      if (node.kind === 'local') this.#addDependent(node.name, number)
      if (node.kind === 'load') this.#addDependent(placeOf(node.mem, node.field), number)
    })
  }

  #addDependent(source: string, number: number): void {
    const numbers = this.#dependents.get(source)
    if (numbers) numbers.add(number)
    else this.#dependents.set(source, new Set([number]))
  }

  /** A local or a place has another value now. */
  changed(source: string): void {
    this.#changes.push(source)
    this.#forgetDependents(source)
  }

  /** Runs the work on an inner block: behind it nothing is known but what was before and has not changed. */
  within<T>(work: () => T): T {
    const mark = this.#journal.length
    const changes = this.#changes.length
    const result = work()
    while (this.#journal.length > mark) this.#takeBack()
    for (let i = changes; i < this.#changes.length; i++) this.#forgetDependents(this.#changes[i])
    return result
  }

  #takeBack(): void {
    const last = this.#journal.pop()
    if (last) this.#put(last.number, last.before)
  }

  #forgetDependents(source: string): void {
    const numbers = this.#dependents.get(source)
    if (!numbers) return
    for (const number of numbers) if (this.#held.has(number)) this.#change(number, undefined)
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

class Walk {
  readonly #known: Known
  readonly #improve: (expr: Expr) => Expr

  constructor(assigned: ReadonlySet<string>) {
    const known = new Known(assigned)
    this.#known = known
    this.#improve = expr => rewriteExpr(expr, one => known.find(one) ?? improved(one, known))
  }

  readonly #inner = (block: Block): Block =>
    block.length === 0 ? block : this.#known.within(() => this.block(block))

  block(block: Block): Block {
    return flatMapBlock(block, stmt => this.#stmt(stmt))
  }

  #stmt(stmt: Stmt): readonly Stmt[] {
    if (stmt.kind === 'loop') this.#forgetAll(stmt.body)
    const replaced = mapExprs(stmt, this.#improve)
    const branch = branchTaken(replaced)
    if (branch) return this.block(branch)
    const walked = mapBlocks(replaced, this.#inner)
    this.#note(walked)
    return [walked]
  }

  #forgetAll(body: Block): void {
    const { locals, places } = effectsOf(body)
    for (const name of locals) this.#known.changed(name)
    for (const place of places) this.#known.changed(place)
  }

  #note(stmt: Stmt): void {
    if (stmt.kind === 'set') this.#known.changed(stmt.local.name)
    const place = placeStored(stmt)
    if (place) this.#known.changed(place)
    if (stmt.kind === 'let') this.#known.learn(stmt.local, stmt.value)
  }
}

/** What the rules make of an expression may be held by a local as well. */
function improved(expr: Expr, known: Known): Expr {
  const better = simplifyExpr(foldExpr(expr))
  return better === expr ? expr : (known.find(better) ?? better)
}
