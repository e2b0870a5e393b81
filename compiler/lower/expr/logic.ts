/** Three-valued logic and choice. Everything is evaluated; a fault counts only where its argument decides. */
import { and, not, or } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import {
  andNot,
  bind,
  choose,
  FALSE,
  guarded,
  isNever,
  orElse,
  scalar,
  scalarOf,
  type Value,
} from '../value.ts'
import type { CallLowering } from './call.ts'
import { equal } from './compare.ts'

/** true and not null; false and not null. */
export const holds = (value: Value): Expr => andNot(scalarOf(value).value, value.isNull)
const fails = (value: Value): Expr => andNot(not(scalarOf(value).value), value.isNull)

/** `decides` ends the chain: a false argument for and, a true one for or. */
const chain =
  (join: (a: Expr, b: Expr) => Expr, decides: (value: Value) => Expr): CallLowering =>
  (cx, args) =>
    args.reduce((left, right) => {
      const decided = cx.k.let('decided', decides(left))
      const faults = [...left.faults, ...guarded(right.faults, not(decided))]
      const nulls = orElse(left.isNull, right.isNull)
      const isNull = isNever(nulls) ? FALSE : andNot(andNot(nulls, decided), decides(right))
      return bind(cx.k, 'both', scalar('bool', join(holds(left), holds(right)), isNull, faults))
    })

const caseOf: CallLowering = (cx, args) => {
  let result = args[args.length - 1]
  for (let i = args.length - 3; i >= 0; i -= 2) {
    const [cond, value] = [args[i], args[i + 1]]
    const chosen = choose(cx.k, cx.k.let('when', holds(cond)), value, result)
    result = { ...chosen, faults: [...cond.faults, ...chosen.faults] }
  }
  return result
}

const coalesce: CallLowering = (cx, args) =>
  args.reduceRight((rest, first) => {
    if (isNever(first.isNull)) return first
    const chosen = choose(cx.k, not(first.isNull), first, rest)
    return { ...chosen, faults: [...first.faults, ...guarded(rest.faults, first.isNull)] }
  })

const nullif: CallLowering = (cx, [a, b]) => {
  const equals = andNot(equal(cx, a, b), b.isNull)
  return { ...a, isNull: orElse(a.isNull, equals), faults: [...a.faults, ...b.faults] }
}

export const logic = {
  and: chain(and, fails),
  or: chain(or, holds),
  not: (_cx, [a]) => scalar('bool', not(scalarOf(a).value), a.isNull, a.faults),
  case: caseOf,
  coalesce,
  nullif,
} as const satisfies Record<string, CallLowering>
