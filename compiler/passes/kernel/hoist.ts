/**
 * Moves what a loop computes anew at each turn, always with the same result, in front of the loop. A load moves
 * only if its index is constant: any other might leave its region in a turn that never comes.
 */
import { visit, visitExpr } from '../../../ir/kernel/build.ts'
import { disturbs, type Effects, effectsOf, hasEffect } from '../../../ir/kernel/effects.ts'
import type { Block, Expr, Kernel, Local, Stmt } from '../../../ir/kernel/node.ts'
import { printExpr } from '../../../ir/kernel/print.ts'
import { mapBlocks, mapExprs, rewriteBlock, withBody } from '../../../ir/kernel/rewrite.ts'

export function hoist(kernel: Kernel): Kernel {
  const names = new Names(kernel)
  return withBody(kernel, hoistBlock(kernel.body, names))
}

/** Outer loops first: what they take out, inner ones do not have to. */
function hoistBlock(block: Block, names: Names): Block {
  let changed = false
  const out = block.flatMap(stmt => {
    const moved = stmt.kind === 'loop' ? hoistLoop(stmt, names) : [stmt]
    const inner = moved.map(one => mapBlocks(one, body => hoistBlock(body, names)))
    changed ||= inner.length !== 1 || inner[0] !== stmt
    return inner
  })
  return changed ? out : block
}

class Names {
  readonly #taken = new Set<string>()

  constructor(kernel: Kernel) {
    visit(kernel.body, stmt => {
      if (stmt.kind === 'let') this.#taken.add(stmt.local.name)
    })
  }

  fresh(expr: Expr): Local {
    const base = expr.kind === 'load' ? expr.field : expr.kind === 'op' ? expr.op.split('.')[0] : 'choice'
    let name = base
    for (let n = 2; this.#taken.has(name); n++) name = `${base}_${n}`
    this.#taken.add(name)
    return { kind: 'local', type: expr.type, name }
  }
}

function hoistLoop(loop: Stmt & { kind: 'loop' }, names: Names): readonly Stmt[] {
  const effects = effectsOf(loop.body)
  const inside = definedIn(loop.body)
  const moved = new Map<string, { local: Local; value: Expr }>()
  const take = (expr: Expr): Expr => {
    if (!isInvariant(expr, effects, inside)) return descend(expr, take)
    const key = printExpr(expr)
    const known = moved.get(key) ?? { local: names.fresh(expr), value: expr }
    moved.set(key, known)
    return known.local
  }
  const body = rewriteBlock(loop.body, stmt => [mapExprs(stmt, take)])
  const lets = [...moved.values()].map(({ local, value }): Stmt => ({ kind: 'let', local, value }))
  return lets.length === 0 ? [loop] : [...lets, { ...loop, body }]
}

const descend = (expr: Expr, take: (expr: Expr) => Expr): Expr => {
  switch (expr.kind) {
    case 'op':
      return { ...expr, args: expr.args.map(take) }
    case 'load':
      return { ...expr, index: take(expr.index) }
    case 'select':
      return { ...expr, cond: take(expr.cond), then: take(expr.then), else: take(expr.else) }
    default:
      return expr
  }
}

function definedIn(body: Block): ReadonlySet<string> {
  const names = new Set<string>()
  visit(body, stmt => {
    if (stmt.kind === 'let') names.add(stmt.local.name)
  })
  return names
}

/** Worth moving (it computes something), the same at every turn, and safe to compute where no turn follows. */
function isInvariant(expr: Expr, effects: Effects, inside: ReadonlySet<string>): boolean {
  if (expr.kind === 'const' || expr.kind === 'local' || hasEffect(expr) || disturbs(effects, expr))
    return false
  let safe = true
  visitExpr(expr, node => {
    if (node.kind === 'local' && inside.has(node.name)) safe = false
    if (node.kind === 'load' && node.index.kind !== 'const') safe = false
  })
  return safe
}
