/** Values while plans become kernel code: a scalar or a range of bytes, whether it is null, and its faults. */
import { type RowErrorCode, rowErrors } from '../../ir/abi.ts'
import {
  and,
  any,
  bool,
  f64,
  i32,
  i64,
  isConst,
  type KernelBuilder,
  not,
  or,
  select,
} from '../../ir/kernel/build.ts'
import type { Expr, ValueType } from '../../ir/kernel/node.ts'
import { type DataType, factsOf } from '../../ir/types.ts'
import type { DictionaryCode } from './lib/interner.ts'

/** A condition under which the row goes to the error output. */
export interface Fault {
  readonly code: RowErrorCode
  readonly when: Expr
}

interface Common {
  readonly type: DataType
  readonly isNull: Expr
  readonly faults: readonly Fault[]
}
export interface ScalarValue extends Common {
  readonly kind: 'scalar'
  readonly value: Expr
  /** The input column that it is made of, for guesses about rows that are still to come. */
  readonly origin?: string
}
export interface BytesValue extends Common {
  readonly kind: 'bytes'
  readonly offset: Expr
  readonly length: Expr
  /** A literal or a parameter: its offset and length are the same for all rows, and known before the first. */
  readonly isFixed?: true
  /** Set for a column that comes dictionary-encoded. */
  readonly dictionary?: DictionaryCode
}
export type Value = ScalarValue | BytesValue

export const FALSE = bool(false)
export const isNever = (cond: Expr): boolean => isConst(cond, false)

export function scalarOf(value: Value): ScalarValue {
  if (value.kind !== 'scalar') throw new Error(`${value.type} is not a scalar`)
  return value
}

export function bytesOf(value: Value): BytesValue {
  if (value.kind !== 'bytes') throw new Error(`${value.type} is not bytes`)
  return value
}

export const scalar = (
  type: DataType,
  value: Expr,
  isNull: Expr,
  faults: readonly Fault[] = [],
): ScalarValue => ({
  kind: 'scalar',
  type,
  value,
  isNull,
  faults,
})

/** Conditions, leaving out those that never hold. */
export const orAll = (conds: readonly Expr[]): Expr => any(conds.filter(cond => !isNever(cond)))
export const orElse = (a: Expr, b: Expr): Expr => (isNever(a) ? b : isNever(b) ? a : or(a, b))
export const andNot = (a: Expr, b: Expr): Expr => (isNever(b) || isNever(a) ? a : and(a, not(b)))

export const anyNull = (values: readonly Value[]): Expr => orAll(values.map(value => value.isNull))
export const faultsOf = (values: readonly Value[]): readonly Fault[] => values.flatMap(value => value.faults)

/** Columns whose faults have been dealt with. */
export const withoutFaults = (columns: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
  new Map([...columns].map(([name, value]) => [name, { ...value, faults: [] }]))

/** Faults that count only under a condition. */
export const guarded = (faults: readonly Fault[], under: Expr): readonly Fault[] =>
  isConst(under, true) ? faults : faults.map(({ code, when }) => ({ code, when: and(under, when) }))

/**
 * What the error output says of the faults: the bit of the first that holds, in the order of evaluation. A fault
 * leaves a value that means nothing, and what is made of that may fault as well.
 */
export const faultBits = (faults: readonly Fault[]): Expr =>
  faults.reduceRight<Expr>((later, { code, when }) => {
    const bit = rowErrors.find(row => row.code === code)?.bit ?? 0
    return select(when, i32(bit), later)
  }, i32(0))

/** The same value with its parts in locals, so that they can be used again without being computed again. */
export function bind(k: KernelBuilder, name: string, value: Value): Value {
  const isNull = bindNull(k, name, value.isNull)
  const faults = value.faults.map(({ code, when }) => ({ code, when: local(k, `${name}_fault`, when) }))
  if (value.kind === 'scalar') return { ...value, value: local(k, name, value.value), isNull, faults }
  const dictionary = value.dictionary && {
    ...value.dictionary,
    code: local(k, `${name}_code`, value.dictionary.code),
  }
  const [offset, length] = [local(k, `${name}_at`, value.offset), local(k, `${name}_len`, value.length)]
  return {
    kind: 'bytes',
    type: value.type,
    offset,
    length,
    isNull,
    faults,
    ...(dictionary && { dictionary }),
  }
}

/** What is mostly asked is whether a value is there: that is what the local holds, where it is what memory says. */
function bindNull(k: KernelBuilder, name: string, isNull: Expr): Expr {
  return isNull.kind === 'op' && isNull.op === 'not.bool'
    ? not(local(k, `${name}_valid`, isNull.args[0]))
    : local(k, `${name}_null`, isNull)
}

/** An expression as something cheap to repeat. */
export const local = (k: KernelBuilder, name: string, expr: Expr): Expr =>
  expr.kind === 'const' || expr.kind === 'local' ? expr : k.let(name, expr)

/** The value type of a type whose values are scalars. */
export function valueTypeOf(type: DataType): ValueType {
  const { value } = factsOf(type)
  if (value === 'bytes') throw new Error(`${type} is not a scalar`)
  return value
}

/** What stands under a null. */
export function zeroOf(type: ValueType): Expr {
  switch (type) {
    case 'bool':
      return bool(false)
    case 'i32':
      return i32(0)
    case 'i64':
      return i64(0n)
    case 'f64':
      return f64(0)
  }
}

/** One of two values of one type by a condition, their nulls and faults with them. Under a null anything may stand. */
export function choose(k: KernelBuilder, cond: Expr, then: Value, otherwise: Value): Value {
  const isNull = local(k, 'null', select(cond, then.isNull, otherwise.isNull))
  const faults = [...guarded(then.faults, cond), ...guarded(otherwise.faults, not(cond))]
  if (isConst(otherwise.isNull, true)) return { ...then, isNull, faults }
  if (isConst(then.isNull, true)) return { ...otherwise, isNull, faults }
  if (then.kind === 'scalar') {
    const value = k.let('chosen', select(cond, then.value, scalarOf(otherwise).value))
    return { kind: 'scalar', type: then.type, value, isNull, faults }
  }
  const other = bytesOf(otherwise)
  const offset = k.let('chosen_at', select(cond, then.offset, other.offset))
  const length = k.let('chosen_len', select(cond, then.length, other.length))
  return { kind: 'bytes', type: then.type, offset, length, isNull, faults }
}
