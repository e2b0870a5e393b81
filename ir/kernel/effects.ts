/** What code may change: the locals it assigns and the places it stores to. */
import { visit, visitExpr } from './build.ts'
import type { Block, Expr, Mem } from './node.ts'
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

export function effectsOf(block: Block): Effects {
  const locals = new Set<string>()
  const places = new Set<string>()
  visit(
    block,
    stmt => {
      if (stmt.kind === 'set') locals.add(stmt.local.name)
      if (stmt.kind === 'store') places.add(placeOf(stmt.mem, stmt.field))
    },
    expr => {
      if (expr.kind === 'op' && opRow(expr.op).effect) places.add(EFFECT_REGION)
    },
  )
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
