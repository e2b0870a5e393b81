/** Comparison of kernel values. */
import {
  and,
  bool,
  eq,
  ge,
  gt,
  i32,
  type KernelBuilder,
  le,
  lt,
  ne,
  not,
  op,
  or,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { isFloat, isUnsigned64 } from '../../../ir/types.ts'
import { compareBytes, equalBytes, equalFixed } from '../lib/bytes.ts'
import type { ExprScope } from '../scope.ts'
import {
  andNot,
  anyNull,
  choose,
  faultsOf,
  isNever,
  orAll,
  orElse,
  scalar,
  scalarOf,
  type Value,
} from '../value.ts'
import { type CallLowering, strict } from './call.ts'

export function equal(cx: ExprScope, a: Value, b: Value): Expr {
  if (a.kind === 'bytes' && b.kind === 'bytes') {
    if (b.isFixed) return equalFixed(cx.k, a, b)
    return a.isFixed ? equalFixed(cx.k, b, a) : equalBytes(cx.k, a, b)
  }
  return eq(scalarOf(a).value, scalarOf(b).value)
}

type Order = 'lt' | 'le' | 'gt' | 'ge'
const ordering: Readonly<Record<Order, (a: Expr, b: Expr) => Expr>> = { lt, le, gt, ge }
const unsignedOrdering: Readonly<Record<Order, (a: Expr, b: Expr) => Expr>> = {
  lt: (a, b) => op('ltu.i64', a, b),
  le: (a, b) => op('leu.i64', a, b),
  gt: (a, b) => op('ltu.i64', b, a),
  ge: (a, b) => op('leu.i64', b, a),
}

/** Comparison as predicates make it: IEEE for floats. */
export function ordered(k: KernelBuilder, order: Order, a: Value, b: Value): Expr {
  if (a.kind === 'bytes' && b.kind === 'bytes') return ordering[order](compareBytes(k, a, b), i32(0))
  const [x, y] = [scalarOf(a).value, scalarOf(b).value]
  if (x.type === 'bool') return ordering[order](toInt(x), toInt(y))
  return (isUnsigned64(a.type) ? unsignedOrdering : ordering)[order](x, y)
}

/** Does `a` come after `b` in the total order of the type: NaN is the largest. */
export function after(k: KernelBuilder, a: Value, b: Value): Expr {
  const greater = ordered(k, 'gt', a, b)
  if (!isFloat(a.type)) return greater
  const [x, y] = [scalarOf(a).value, scalarOf(b).value]
  return or(greater, and(ne(x, x), eq(y, y)))
}

/** Below, at or above zero, as `a` comes before, with or after `b` in the total order of their type. */
export const orderOf = (k: KernelBuilder, a: Value, b: Value): Expr =>
  a.kind === 'bytes' && b.kind === 'bytes'
    ? compareBytes(k, a, b)
    : sub(toInt(after(k, a, b)), toInt(after(k, b, a)))

const order = (name: Order): CallLowering => strict((cx, [a, b]) => ({ value: ordered(cx.k, name, a, b) }))

/** Are two values the same, null being the same as null? */
function same(cx: ExprScope, a: Value, b: Value): Expr {
  const equals = equal(cx, a, b)
  if (isNever(a.isNull) && isNever(b.isNull)) return equals
  const known = andNot(andNot(equals, a.isNull), b.isNull)
  return orElse(and(a.isNull, b.isNull), known)
}

const distinct =
  (negated: boolean): CallLowering =>
  (cx, [a, b]) => {
    const equals = same(cx, a, b)
    return scalar('bool', negated ? equals : not(equals), bool(false), faultsOf([a, b]))
  }

const nullTest =
  (wanted: boolean): CallLowering =>
  (_cx, [a]) =>
    scalar('bool', wanted ? a.isNull : not(a.isNull), bool(false), a.faults)

const membership: CallLowering = (cx, args) => {
  const [needle, ...items] = args
  const found = cx.k.let('found', orAll(items.map(item => andNot(equal(cx, needle, item), item.isNull))))
  const unknown = anyNull(items)
  const isNull = orElse(needle.isNull, andNot(unknown, found))
  return scalar('bool', found, isNull, faultsOf(args))
}

const extreme =
  (largest: boolean): CallLowering =>
  (cx, args) => {
    const best = args.reduce((sofar, x) => {
      const wins = largest ? after(cx.k, x, sofar) : after(cx.k, sofar, x)
      return choose(cx.k, cx.k.let('wins', wins), x, sofar)
    })
    return { ...best, isNull: anyNull(args), faults: faultsOf(args) }
  }

export const compare = {
  eq: strict((cx, [a, b]) => ({ value: equal(cx, a, b) })),
  ne: strict((cx, [a, b]) => ({ value: not(equal(cx, a, b)) })),
  lt: order('lt'),
  le: order('le'),
  gt: order('gt'),
  ge: order('ge'),
  is_distinct: distinct(false),
  is_not_distinct: distinct(true),
  is_null: nullTest(true),
  is_not_null: nullTest(false),
  in: membership,
  greatest: extreme(true),
  least: extreme(false),
} as const satisfies Record<string, CallLowering>
