/**
 * The types of aggregates in the builder: what each takes of a row, and what it gives for a group.
 */
import type { DecimalType, ElementType, FloatType, IntegerType, NumericType } from '../../../ir/types.ts'
import type { AggregateDefinition, FoldArgument, FoldValue, ScalarsOnly, ValuesOf } from './fold.ts'
import type { ExprOf, LambdaColumn, Or, Typed } from './types.ts'

export type SumOf<T extends NumericType | DecimalType> = T extends DecimalType
  ? DecimalType
  : T extends FloatType
    ? 'float64'
    : T extends 'uint64'
      ? 'uint64'
      : 'int64'

/** Rows that an aggregate leaves out. */
export interface AggregateFilter<W extends Typed<'bool', boolean, 'row'>> {
  /** Only rows for which it is true count. */
  readonly where: W
}

/** Of an aggregate that keeps values: which rows count, and how many. */
export interface ListOptions {
  /** Only rows for which it is true count. */
  readonly where?: Typed<'bool', boolean, 'row'>
  /** The values that come first are kept, so many of them: a whole number from 1 to 1,048,576. */
  readonly limit?: number
}
type ListWith<T extends ElementType, N extends boolean> = true extends N ? `list<${T}?>` : `list<${T}>`
type WithFilter<N extends boolean, W> = unknown extends W ? N : true

/** The aggregates; each takes a condition as a last argument: only rows for which it is true count. */
export interface AggregatesOf {
  /** Rows. */
  count(filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>): ExprOf<'int64', false, 'group'>
  /** Rows where `x` is not null. */
  count(
    x: Typed<ElementType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'int64', false, 'group'>
  /**
   * The sum of what is not null: int64, uint64, float64 or a decimal of 18 digits; null where all is null. A row that takes a sum of integers or decimals out of
   * its range is rejected with LDB-9002.
   */
  sum<T extends NumericType | DecimalType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<SumOf<T>, WithFilter<N, W>, 'group'>
  /** The mean of what is not null; null where all is null. */
  avg<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /** The smallest of what is not null; null where all is null. NaN is the largest number. */
  min<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The largest of what is not null; null where all is null. NaN is the largest number. */
  max<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The value at the smallest event time of the group. */
  first<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The value at the largest event time of the group. */
  last<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** True where it is true in every row where it is not null; null where all is null. */
  boolAnd<N extends boolean, W>(
    x: Typed<'bool', N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'bool', WithFilter<N, W>, 'group'>
  /** True where it is true in any row; null where all is null. */
  boolOr<N extends boolean, W>(
    x: Typed<'bool', N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'bool', WithFilter<N, W>, 'group'>
  /** The bits that all values have that are not null, in the type of `x`; null where all is null. */
  bitAnd<T extends IntegerType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The bits that any value has, in the type of `x`; null where all is null. */
  bitOr<T extends IntegerType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The bits that an odd number of values has, in the type of `x`; null where all is null. */
  bitXor<T extends IntegerType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /**
   * The variance of what is not null, as a float64: the mean of the squared distances from the mean; null where all is
   * null. It is kept up value by value as by Welford (1962), in the order of arrival, and does not lose its digits where
   * values are large and near to each other. A NaN or an infinity among them makes it NaN.
   */
  varPop<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /** As `varPop`, of values that are a sample of more: divided by one less than their number; null where there are not two. */
  varSamp(
    x: Typed<NumericType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', true, 'group'>
  /** The standard deviation: the square root of `varPop`. */
  stddevPop<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /** The standard deviation of what is a sample of more: the square root of `varSamp`. */
  stddevSamp(
    x: Typed<NumericType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', true, 'group'>
  /**
   * The covariance of the rows where neither is null, as a float64: the mean of the products of the distances from the
   * means, kept up as `varPop` is; null where there is no such row.
   */
  covarPop<N extends boolean, M extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    y: Typed<NumericType, M, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<Or<N, M>, W>, 'group'>
  /** As `covarPop`, of rows that are a sample of more: divided by one less than their number; null where there are not two. */
  covarSamp(
    x: Typed<NumericType, boolean, 'row'>,
    y: Typed<NumericType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', true, 'group'>
  /**
   * Pearson's coefficient of correlation of the rows where neither is null, from -1 to 1; null where `x` or `y` does not
   * vary. A NaN or an infinity among them makes it NaN.
   */
  corr(
    x: Typed<NumericType, boolean, 'row'>,
    y: Typed<NumericType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', true, 'group'>
  /**
   * About how many distinct values there are that are not null, as an int64; 0 where all is null. All NaN are one value,
   * both zeros are one. HyperLogLog with 2048 registers and the estimate of Ertl (2017): the relative standard error is
   * 1.04 / sqrt(2048) = 2.3 %, and up to some ten values are mostly counted as they are. The same values give the same
   * number in whatever order they come. A group takes 2 KiB, and a plan has room for half a million of them at once.
   */
  approxCountDistinct(
    x: Typed<ElementType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'int64', false, 'group'>
  /**
   * About the value of `x` at a part of the way through all that is not null in its order, as a float64: 0 is the smallest,
   * 0.5 the median, 1 the largest, and what lies between two values is the lower one; null where all is null. NaN is the
   * largest. `fraction` is a number from 0 to 1, else LDB-0001.
   *
   * The result is off by 1/64 = 1.6 % of the exact one at the most where that has a magnitude from 2^-30 (0.9e-9) up to
   * 2^50 (1.1e15). Below it is given as 0; from there on, and for infinities, as 2^50 less 0.8 %, with its sign. The same
   * values give the same result in whatever order they come. A group reserves 40 KiB, of which it touches what its values
   * need: 256 bytes for each octave (a factor of 2) from the smallest to the largest. A plan has room for 32768 groups at
   * once, fewer where `memoryBytes` is below 1.4 GiB. Several quantiles of one `x` share what they keep.
   */
  approxQuantile<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    fraction: number,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /**
   * How many distinct values there are that are not null, exactly, as an int64; 0 where all is null. All NaN are one
   * value, both zeros are one. All distinct values are kept, in a state that the limit `stateRows` holds for (LDB-8013); a
   * row costs the logarithm of their number. Windows that overlap, and sessions, keep them once for each pane and once
   * more while they close. What is told of one `x` by this, `quantile`, `median`, `quantileDisc` and `mode` is read from
   * the same values. See `approxCountDistinct` for one of constant size.
   */
  countDistinct(
    x: Typed<ElementType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'int64', false, 'group'>
  /**
   * The value of `x` at a part of the way through all that is not null in its order, exactly, as a float64: 0 is the
   * smallest, 0.5 the median, 1 the largest, and between two values it is on the line from one to the other; null where
   * all is null. NaN is the largest. `fraction` is a number from 0 to 1, else LDB-0001. It keeps what `countDistinct` does.
   */
  quantile<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    fraction: number,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /** The `quantile` at 0.5: the middle of what is not null, or the mean of the two in the middle; null where all is null. */
  median<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  /**
   * The least value of `x` that makes up, with those before it in its order, a part of all that is not null; null where all
   * is null. It is one of the values, of any type. `fraction` is a number from 0 to 1, else LDB-0001. It keeps what
   * `countDistinct` does.
   */
  quantileDisc<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    fraction: number,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /**
   * The value that occurs most often of what is not null, of several the least; null where all is null. Of values that are
   * equal (0 and -0) it is the first to arrive. It keeps what `countDistinct` does.
   */
  mode<T extends ElementType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /**
   * The values of `x` as a list in the order of their arrival, nulls among them, as SQL's `array_agg` keeps them; where no
   * row counts, a list without values. Rows of windows that overlap and of sessions are in the order of the panes that these
   * are made of, which is that of time, and by arrival in each.
   *
   * `limit` keeps the values that come first. Without it a group holds 65,536: a row that brings one more is rejected with
   * LDB-9007, and so is the result of a window whose panes have more together.
   */
  arrayAgg<T extends ElementType, N extends boolean>(
    x: Typed<T, N, 'row'>,
    options?: ListOptions,
  ): ExprOf<ListWith<T, N>, false, 'group'>
  /**
   * The texts that are not null one behind the other, with `separator` between them, in the order of `arrayAgg`; null where
   * all are. `limit` is as there. The separator has 1024 bytes at the most, else LDB-0001.
   */
  stringAgg<N extends boolean, O extends ListOptions>(
    x: Typed<'utf8', N, 'row'>,
    separator: string,
    options?: O,
  ): ExprOf<
    'utf8',
    N extends false ? (O extends Required<Pick<ListOptions, 'where'>> ? true : false) : true,
    'group'
  >
  /**
   * The `k` largest values that are not null, the largest first, as a list; fewer where there are not so many. Of equal values
   * those that came first are kept and come first. NaN is the largest number, and `-0` equals `0`. `k` is a whole number from 1
   * to 1000, else LDB-0001.
   */
  topK<T extends ElementType>(
    x: Typed<T, boolean, 'row'>,
    k: number,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<`list<${T}>`, false, 'group'>
  /** The `k` smallest values, the smallest first; all else as `topK`. */
  bottomK<T extends ElementType>(
    x: Typed<T, boolean, 'row'>,
    k: number,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<`list<${T}>`, false, 'group'>
  /**
   * An aggregate of your own, of a definition (see `AggregateDefinition`) and what its `add` takes: columns, or values that
   * are the same for all rows. A row counts where none of them is null. Without such rows it is what `result` makes of `init`.
   */
  fold<S extends object, const X extends readonly FoldArgument[], R extends FoldValue>(
    definition: AggregateDefinition<S, ValuesOf<X>, R> & ScalarsOnly<S>,
    ...args: X
  ): ExprOf<LambdaColumn<R>['type'], LambdaColumn<R>['nullable'], 'group'>
  /** The same of the rows for which a condition is true. */
  fold<S extends object, const X extends readonly FoldArgument[], R extends FoldValue>(
    definition: AggregateDefinition<S, ValuesOf<X>, R> & ScalarsOnly<S>,
    ...args: readonly [...X, AggregateFilter<Typed<'bool', boolean, 'row'>>]
  ): ExprOf<LambdaColumn<R>['type'], LambdaColumn<R>['nullable'], 'group'>
}
