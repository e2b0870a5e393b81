/** How a call becomes kernel code: the shape that the families of functions share. */
import type { RowErrorCode } from '../../../ir/abi.ts'
import type { Call } from '../../../ir/expr/expr.ts'
import { and, bool, not } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { ExprScope } from '../scope.ts'
import { anyNull, type Fault, faultsOf, isNever, orElse, type Value } from '../value.ts'

/** Arguments are lowered already; their faults are part of them. */
export type CallLowering = (cx: ExprScope, args: readonly Value[], call: Call) => Value

/** What a strict function computes from values that are not null. */
export type Computed =
  | { readonly value: Expr; readonly faults?: readonly Fault[] }
  | { readonly offset: Expr; readonly length: Expr; readonly faults?: readonly Fault[] }

/** Null where an argument is null; own faults count only where none is, and become null in lenient plans. */
export const strict =
  (compute: (cx: ExprScope, args: readonly Value[], call: Call) => Computed): CallLowering =>
  (cx, args, call) =>
    complete(cx, args, call.type, compute(cx, args, call), cx.plan.lenient)

/** Adds to a computed value what its arguments say about nulls and faults. */
export function complete(
  cx: ExprScope,
  args: readonly Value[],
  type: Value['type'],
  computed: Computed,
  faultIsNull: boolean,
): Value {
  const nulls = anyNull(args)
  const own = computed.faults ?? []
  const inherited = faultsOf(args)
  if (own.length === 0) return finished(type, computed, nulls, inherited)
  const bound = own.map(({ code, when }) => ({ code, when: cx.k.let('fault', when) }))
  if (faultIsNull) {
    const isNull = bound.reduce<Expr>((all, fault) => orElse(all, fault.when), nulls)
    return finished(type, computed, isNull, inherited)
  }
  const counted = bound.map(({ code, when }) => ({
    code,
    when: isNever(nulls) ? when : and(when, not(nulls)),
  }))
  return finished(type, computed, nulls, [...inherited, ...counted])
}

function finished(type: Value['type'], computed: Computed, isNull: Expr, faults: readonly Fault[]): Value {
  if ('value' in computed) return { kind: 'scalar', type, value: computed.value, isNull, faults }
  return { kind: 'bytes', type, offset: computed.offset, length: computed.length, isNull, faults }
}

export const fault = (code: RowErrorCode, when: Expr): Fault => ({ code, when })
export const TRUE = bool(true)
