/** `when(cond, a).when(cond, b).else(c)` and `lit(value)`: expressions that start from no column. */
import { literal, type Value } from '../../../ir/expr/expr.ts'
import type { ColumnType } from '../../../ir/schema.ts'
import type { DataType } from '../../../ir/types.ts'
import { asTyped, CaseExpression, Expression, literalOf } from './expression.ts'
import type { ExprOf, LiteralOf, Scope, Typed } from './types.ts'

type BooleanOr<A extends boolean, B extends boolean> = true extends A | B ? true : false

/** A choice under way: every branch has the type of the first. */
export interface Case<T extends DataType, N extends boolean, G extends Scope> {
  /** One more branch, tried where no condition before it was true. */
  when<M extends boolean>(cond: Typed<'bool', boolean, G>, value: Typed<T, M, G>): Case<T, BooleanOr<N, M>, G>
  /** One more branch, with a literal. */
  when(cond: Typed<'bool', boolean, G>, value: LiteralOf<T>): Case<T, N, G>
  /** Ends the choice: the value where no condition was true. */
  else<M extends boolean>(value: Typed<T, M, G>): ExprOf<T, BooleanOr<N, M>, G>
  /** Ends the choice with null. */
  else(value: null): ExprOf<T, true, G>
  /** Ends the choice with a literal. */
  else(value: LiteralOf<T>): ExprOf<T, N, G>
}

/**
 * The value of the first condition that is true; null and false conditions are passed over. A branch that is not taken
 * cannot fail: `when(f.n.ne(0), f.sum.div(f.n)).else(null)`.
 */
export function when<T extends DataType, N extends boolean, G extends Scope>(
  cond: Typed<'bool', boolean, G>,
  value: Typed<T, N, G>,
): Case<T, N, G> {
  const start = new CaseExpression([Expression.plan(cond), Expression.plan(value)], cond.scope)
  return start as unknown as Case<T, N, G>
}

/**
 * A value of a type as an expression, where no column is there to give it one: `lit(t.int64, 1)`. `scope` is `'group'`
 * beside aggregates. LDB-1201 where the value does not fit the type.
 */
export function lit<T extends DataType, V extends LiteralOf<T> | null, G extends Scope = 'row'>(
  type: ColumnType<T>,
  value: V,
  scope: G = 'row' as G,
): ExprOf<T, V extends null ? true : false, G> {
  const expr = value === null ? literal(null, type.type) : literalOf(value as Value | Date, type.type)
  return asTyped(new Expression(expr, scope))
}
