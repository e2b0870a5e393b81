/**
 * Moves what a loop computes anew at each turn, always with the same result, in front of the loop. A load moves
 * only if its index is constant: any other might leave its region in a turn that never comes.
 */
import { visit } from '../../../ir/kernel/build.ts'
import { type Effects, effectsOf, placeOf } from '../../../ir/kernel/effects.ts'
import type { Block, Expr, Kernel, Local, Stmt } from '../../../ir/kernel/node.ts'
import { opRow } from '../../../ir/kernel/ops.ts'
import {
  flatMapBlock,
  mapBlocks,
  mapChildren,
  mapExprs,
  mapSame,
  rewriteBlock,
  withBody,
} from '../../../ir/kernel/rewrite.ts'
import { ExprNumbers } from './numbers.ts'

export function hoist(kernel: Kernel): Kernel {
  const names = new Names(kernel)
  return withBody(kernel, hoistBlock(kernel.body, names))
}

/** Outer loops first: what they take out, inner ones do not have to. */
function hoistBlock(block: Block, names: Names): Block {
  const inner = (stmt: Stmt): Stmt => mapBlocks(stmt, body => hoistBlock(body, names))
  return flatMapBlock(block, stmt => mapSame(stmt.kind === 'loop' ? hoistLoop(stmt, names) : [stmt], inner))
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
  const numbers = new ExprNumbers()
  const moved = new Map<number, { local: Local; value: Expr }>()
  const take = (expr: Expr): Expr => {
    if (isAtom(expr)) return expr
    if (!isInvariant(expr, effects, inside)) return mapChildren(expr, take)
    const number = numbers.of(expr)
    const known = moved.get(number) ?? { local: names.fresh(expr), value: expr }
    moved.set(number, known)
    return known.local
  }
  const body = rewriteBlock(loop.body, stmt => [mapExprs(stmt, take)])
  const lets = [...moved.values()].map(({ local, value }): Stmt => ({ kind: 'let', local, value }))
  return lets.length === 0 ? [loop] : [...lets, { ...loop, body }]
}

const isAtom = (expr: Expr): boolean => expr.kind === 'const' || expr.kind === 'local'

function definedIn(body: Block): ReadonlySet<string> {
  const names = new Set<string>()
  visit(body, stmt => {
    if (stmt.kind === 'let') names.add(stmt.local.name)
  })
  return names
}

/** The same at every turn, and safe to compute where no turn follows. */
function isInvariant(expr: Expr, effects: Effects, inside: ReadonlySet<string>): boolean {
  switch (expr.kind) {
    case 'const':
      return true
    case 'local':
      return !inside.has(expr.name) && !effects.locals.has(expr.name)
    case 'load':
      return expr.index.kind === 'const' && !effects.places.has(placeOf(expr.mem, expr.field))
    case 'op':
      return !opRow(expr.op).effect && expr.args.every(arg => isInvariant(arg, effects, inside))
    case 'select':
      return [expr.cond, expr.then, expr.else].every(part => isInvariant(part, effects, inside))
  }
}
