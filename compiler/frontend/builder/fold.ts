/** Aggregates of the user's own in the builder: their types. */
import type { DataType, ElementType, JsValue } from '../../../ir/types.ts'
import type { Typed } from './types.ts'

/** What an aggregate of your own may give. */
export type FoldValue = number | bigint | string | boolean | null

/** What it may be given: a column, or a value that is the same for all rows. */
export type FoldArgument = Typed<ElementType, boolean, 'row'> | number | bigint | string | boolean

/** What `add` sees of its arguments: no nulls. */
export type ValuesOf<X extends readonly FoldArgument[]> = {
  -readonly [I in keyof X]: ValueOf<X[I]>
}
type ValueOf<X> = X extends Typed<infer T extends DataType> ? JsValue<T> : Widened<X>
type Widened<X> = X extends number
  ? number
  : X extends bigint
    ? bigint
    : X extends string
      ? string
      : X extends boolean
        ? boolean
        : never

/** What a definition must be besides: nothing, or what no definition is where the state has fields of other types. */
export type ScalarsOnly<S> = S extends { readonly [K in keyof S]: FoldValue } ? unknown : never

/**
 * An aggregate of your own: a state, and plain arrow functions for what becomes of it. They are compiled as those of `map`
 * are, mean exactly what JavaScript means by them, and see nothing from outside (LDB-1003, with the part at fault
 * underlined). The state is an object of at most 32 numbers, bigints (64 bits), texts, booleans and nulls.
 *
 * A row with a null among the arguments is left out, as SQL's aggregates do. A row whose `add` or `remove` fault, as by a
 * bigint beyond 64 bits, is rejected, and the state is as before. A fault of `merge` is one of the result, or of the row that
 * joins two sessions; one of `result` is one of the result, or of the row where results leave with each row or are taken
 * back. That is so with `faults: 'null'`, too: nothing in a state becomes null by itself.
 */
export interface AggregateDefinition<S extends object, A extends readonly unknown[], R extends FoldValue> {
  /** The state before the first row; called once, when the plan is made. What is null gets its type from `add`. */
  readonly init: () => S
  /** The state behind a row. */
  readonly add: (state: S, ...args: A) => S
  /**
   * The state of the rows of both, those of `b` behind those of `a`. Windows that are made of panes need it: sessions,
   * windows of rows that overlap, and hopping and cumulating ones that give their results when they close (else LDB-1001).
   * It is never asked about a state without rows.
   */
  readonly merge?: (a: S, b: S) => S
  /** The state without a row that it has: aggregations of changes need it (else LDB-1001). */
  readonly remove?: (state: S, ...args: A) => S
  /** What the group comes to. */
  readonly result: (state: S) => R
}

/**
 * An aggregate of your own that stands apart from any stream, for `a.fold`. Only the parameters behind the state need
 * types: `add: (state, price: number, size: number) => ...`.
 */
export const defineAggregate = <S extends object, A extends readonly unknown[], R extends FoldValue>(
  definition: AggregateDefinition<S, A, R> & ScalarsOnly<S>,
): AggregateDefinition<S, A, R> => definition
