/** Streams that come together: the condition over the columns of both, and the columns that come out. */
import type { Expr } from '../../../ir/expr/expr.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { type JoinType, joinOn } from '../../../ir/logical/interval-join.ts'
import { rightNames } from '../../../ir/logical/join-columns.ts'
import { union } from '../../../ir/logical/union.ts'
import type { Columns, ColumnType, Schema } from '../../../ir/schema.ts'
import { columnsOf } from './columns.ts'
import type { ChangeColumn } from './emit.ts'
import { Expression } from './expression.ts'
import { joinParams, type PlanParts } from './stream-params.ts'
import type { ColumnsOf, Flat, Typed } from './types.ts'

/** What a join is, apart from its condition. */
export interface JoinOptions {
  /**
   * Which rows it gives. `'inner'` (default): pairs. `'left'`, `'right'`, `'full'`: also rows of that side, or of both, that
   * have found no partner, with nulls in place of it, as soon as none can come any more. `'semi'`, `'anti'`: rows of this
   * stream that have a partner, or have none.
   */
  readonly type?: JoinType
  /**
   * The most rows that are kept of each side; one more is LDB-3005. Needed where the condition does not bound the times: rows
   * are kept for ever then, and those without a partner are handed on at once and taken back when one comes, as changes.
   */
  readonly maxRows?: number
}

type TypeOfJoin<O extends JoinOptions> = O['type'] extends infer T extends JoinType ? T : 'inner'

type OrNull<S extends Columns, Nullable extends boolean> = Nullable extends true
  ? { readonly [K in keyof S]: ColumnType<S[K]['type'], true> }
  : S

/** The columns of the right side by the names that they have behind a join. */
type Renamed<R extends Columns, Taken extends PropertyKey> = {
  readonly [K in keyof R as K extends Taken ? `right_${K & string}` : K]: R[K]
}

/** What is no code of a change. */
type Plain<S extends Columns> = Omit<S, '$op'>

/** Are rows without a partner told at once, and taken back? */
type IsToldAtOnce<O extends JoinOptions> = O extends { readonly maxRows: number }
  ? TypeOfJoin<O> extends 'inner' | 'semi'
    ? false
    : true
  : false

type ChangesOfJoin<L extends Columns, R extends Columns, O extends JoinOptions> = '$op' extends
  | keyof L
  | keyof R
  ? ChangeColumn
  : IsToldAtOnce<O> extends true
    ? ChangeColumn
    : unknown

type Pairs<L extends Columns, R extends Columns, O extends JoinOptions> = OrNull<
  L,
  TypeOfJoin<O> extends 'right' | 'full' ? true : false
> &
  OrNull<Renamed<R, keyof L>, TypeOfJoin<O> extends 'left' | 'full' ? true : false>

/** The columns behind a join. */
export type JoinedColumns<L extends Columns, R extends Columns, O extends JoinOptions> = Flat<
  (TypeOfJoin<O> extends 'semi' | 'anti' ? Plain<L> : Pairs<Plain<L>, Plain<R>, O>) & ChangesOfJoin<L, R, O>
>

/** The plan of several streams whose rows go on as they come. */
export const unionStreams = (first: PlanParts, others: readonly PlanParts[]): PlanParts =>
  others.reduce((joined, other) => {
    const { node, params } = joinParams(joined.params, other)
    return { node: union([joined.node, node]), params }
  }, first)

/** The condition of a join, in which the columns of the right side have their own names. */
export type Condition = (
  left: ColumnsOf<Columns>,
  right: Readonly<Record<string, Typed>>,
) => Typed<'bool', boolean, 'row'>

/** The plan of a join. In its condition the columns of the right side have their own names. */
export function joinStreams(
  left: PlanParts,
  other: PlanParts,
  on: Condition,
  options: JoinOptions = {},
): PlanParts {
  const { node: right, params } = joinParams(left.params, other)
  const { type = 'inner', maxRows } = options
  return { node: joinOn(left.node, right, { type, on: conditionOf(left.node, right, on), maxRows }), params }
}

/** A condition over the columns of both sides, those of the right one by the names that they have behind the join. */
export function conditionOf(left: LogicalNode, right: LogicalNode, on: Condition): Expr {
  const [l, r] = [left.relation.schema, right.relation.schema]
  return Expression.plan(on(columnsOf(l), renamedColumns(r, l)))
}

/** The columns of the right side by their own names, each as what it is called behind the join. */
const renamedColumns = (right: Schema, left: Schema): Readonly<Record<string, Typed>> =>
  columnsOf(right, rightNames(left, right)) as never
