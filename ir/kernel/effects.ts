/** What code may change: the locals it assigns and the places it stores to. */
import { visit, visitExpr } from './build.ts'
import type { Block, Expr, Mem, Stmt } from './node.ts'
import { EFFECT_REGION, opRow } from './ops.ts'

const wholeOf = (region: string): string => `${region}.*`

type Places = Readonly<Record<string, string>>

/** Texts of places by region: they are asked for again and again. */
const known = new WeakMap<Mem, Places>()

function placesOf(mem: Mem): Places {
  const found = known.get(mem)
  if (found) return found
  const places = Object.keys(mem.fields).map(field => [
    field,
    mem.role === 'bytes' ? wholeOf(mem.name) : `${mem.name}.${field}`,
  ])
  const made: Places = Object.fromEntries(places)
  known.set(mem, made)
  return made
}

/**
 * A place is a field of a region; two fields never overlap, except in the bytes region, which is one place. No local
 * has a name like that of a place.
 */
export const placeOf = (mem: Mem, field: string): string => placesOf(mem)[field]

/** The place that ops with an effect act on. */
const effectPlace = wholeOf(EFFECT_REGION)

export interface Effects {
  readonly locals: ReadonlySet<string>
  readonly places: ReadonlySet<string>
}

export function effectsOf(block: Block): Effects {
  const locals = new Set<string>()
  const stored = new Set<string>()
  visit(block, stmt => {
    if (stmt.kind === 'set') locals.add(stmt.local.name)
    const place = placeStored(stmt)
    if (place) stored.add(place)
  })
  return { locals, places: stored }
}

/** The place that a statement itself stores to, if any. */
export function placeStored(stmt: Stmt): string | undefined {
  if (stmt.kind === 'store') return placeOf(stmt.mem, stmt.field)
  return stmt.kind === 'let' && hasEffect(stmt.value) ? effectPlace : undefined
}

/** Could running the code change the value of the expression? */
export function disturbs(effects: Effects, expr: Expr): boolean {
  let disturbed = false
  visitExpr(expr, node => {
    if (node.kind === 'local' && effects.locals.has(node.name)) disturbed = true
    if (node.kind === 'load' && effects.places.has(placeOf(node.mem, node.field))) disturbed = true
  })
  return disturbed
}

/** By law 4 an op with an effect is never a part of another expression. */
export const hasEffect = (expr: Expr): boolean => expr.kind === 'op' && opRow(expr.op).effect !== undefined
