/** What code may change: the locals it assigns and the places it stores to. */
import { blocksOf, visitExpr } from './build.ts'
import type { Block, Expr, Mem, Stmt } from './node.ts'
import { EFFECT_REGION, opRow } from './ops.ts'

/**
 * A place is a field of a region; two fields never overlap, except in the bytes region, which is one place.
 */
export const placeOf = (mem: Mem, field: string): string =>
  mem.role === 'bytes' ? mem.name : `${mem.name}.${field}`

export interface Effects {
  readonly locals: ReadonlySet<string>
  readonly places: ReadonlySet<string>
}

const none: Effects = { locals: new Set(), places: new Set() }
/** Statements never change, so neither does what they do. */
const known = new WeakMap<Stmt, Effects>()

export const effectsOf = (block: Block): Effects => union(block.map(effectsOfStmt))

export function effectsOfStmt(stmt: Stmt): Effects {
  const found = known.get(stmt) ?? union([ownEffects(stmt), ...blocksOf(stmt).map(effectsOf)])
  known.set(stmt, found)
  return found
}

function ownEffects(stmt: Stmt): Effects {
  if (stmt.kind === 'set') return { locals: new Set([stmt.local.name]), places: withBytes(stmt.value) }
  if (stmt.kind === 'store') return { locals: none.locals, places: new Set([placeOf(stmt.mem, stmt.field)]) }
  return stmt.kind === 'let' && hasEffect(stmt.value)
    ? { locals: none.locals, places: withBytes(stmt.value) }
    : none
}

const withBytes = (value: Expr): ReadonlySet<string> =>
  hasEffect(value) ? new Set([EFFECT_REGION]) : none.places

function union(all: readonly Effects[]): Effects {
  const real = all.filter(one => one.locals.size > 0 || one.places.size > 0)
  if (real.length <= 1) return real[0] ?? none
  return {
    locals: new Set(real.flatMap(one => [...one.locals])),
    places: new Set(real.flatMap(one => [...one.places])),
  }
}

/** Names of the locals and places that the value of an expression depends on. */
export function dependsOn(expr: Expr): Effects {
  const locals = new Set<string>()
  const places = new Set<string>()
  visitExpr(expr, node => {
    if (node.kind === 'local') locals.add(node.name)
    if (node.kind === 'load') places.add(placeOf(node.mem, node.field))
  })
  return { locals, places }
}

/** Could running the code change the value of the expression? */
export function disturbs({ locals, places }: Effects, expr: Expr): boolean {
  let disturbed = false
  visitExpr(expr, node => {
    if (node.kind === 'local' && locals.has(node.name)) disturbed = true
    if (node.kind === 'load' && places.has(placeOf(node.mem, node.field))) disturbed = true
  })
  return disturbed
}

export function hasEffect(expr: Expr): boolean {
  let found = false
  visitExpr(expr, node => {
    if (node.kind === 'op' && opRow(node.op).effect) found = true
  })
  return found
}
