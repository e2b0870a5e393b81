/** The types of what rows learn of others of their partition: `stream.over(..)`. */
import type { ElementType, FloatType, IntegerType, NumericType } from '../../../ir/types.ts'
import type { Duration, ExprOf, LiteralOf, Typed } from './types.ts'

/**
 * The rows before a row that count, and the row itself: all of them by default, in the order in which they come; `rows`: so many
 * before it; `range`: those whose time is no further back than that, and all others of its own time. A row that asks for a
 * range waits until the watermark has passed it.
 */
export type FrameOptions =
  | { readonly rows?: number; readonly range?: never }
  | { readonly range: Duration; readonly rows?: never }

/** The same, and which rows count among them. */
export type CountedFrame = FrameOptions & { readonly where?: Typed<'bool', boolean, 'row'> }

/** Which rows count among all up to a row. */
export interface CountedRows {
  /** Only rows for which it is true count. */
  readonly where?: Typed<'bool', boolean, 'row'>
}

type SumOf<T extends NumericType> = T extends FloatType ? 'float64' : T extends 'uint64' ? 'uint64' : 'int64'
type Filtered<N extends boolean, F> = F extends { readonly where: object } ? true : N

/** What there is to learn. A value that is null is a value; `otherwise` stands where there is no such row. */
export interface HistoryOf {
  /** The value so many rows before; null where there are not so many. */
  lag<T extends ElementType>(x: Typed<T, boolean, 'row'>, offset?: number): ExprOf<T, true, 'row'>
  /** The same with a value for rows that have none before them. */
  lag<T extends ElementType, N extends boolean>(
    x: Typed<T, N, 'row'>,
    offset: number,
    otherwise: LiteralOf<T>,
  ): ExprOf<T, N, 'row'>
  /**
   * The value so many rows behind: a row waits for them, or for the end of input, and what follows has no event time. Rows
   * of a partition leave in their order.
   */
  lead<T extends ElementType>(x: Typed<T, boolean, 'row'>, offset?: number): ExprOf<T, true, 'row'>
  /** The same with a value for rows that have none behind them. */
  lead<T extends ElementType, N extends boolean>(
    x: Typed<T, N, 'row'>,
    offset: number,
    otherwise: LiteralOf<T>,
  ): ExprOf<T, N, 'row'>
  /** The value of the first row of the frame. */
  firstValue<T extends ElementType, N extends boolean>(
    x: Typed<T, N, 'row'>,
    frame?: FrameOptions,
  ): ExprOf<T, N, 'row'>
  /** The value of the last row of the frame: its own, but where others of its time come behind it in a range. */
  lastValue<T extends ElementType, N extends boolean>(
    x: Typed<T, N, 'row'>,
    frame?: FrameOptions,
  ): ExprOf<T, N, 'row'>
  /** The value of the row of the frame with that number, from 1 on; null where there are not so many. */
  nthValue<T extends ElementType>(
    x: Typed<T, boolean, 'row'>,
    number: number,
    frame?: FrameOptions,
  ): ExprOf<T, true, 'row'>
  /** Rows of the frame. */
  count(frame?: CountedFrame): ExprOf<'int64', false, 'row'>
  /** Those where `x` is not null. */
  count(x: Typed<ElementType, boolean, 'row'>, frame?: CountedFrame): ExprOf<'int64', false, 'row'>
  /**
   * The sum of what is not null: int64, uint64 or float64. One that does not fit refuses the row with LDB-9002. Doubles are added
   * in order up to a row, and exactly in a frame that rows leave.
   */
  sum<T extends NumericType, N extends boolean, F extends CountedFrame>(
    x: Typed<T, N, 'row'>,
    frame?: F,
  ): ExprOf<SumOf<T>, Filtered<N, F>, 'row'>
  /** The mean of what is not null. */
  avg<N extends boolean, F extends CountedFrame>(
    x: Typed<NumericType, N, 'row'>,
    frame?: F,
  ): ExprOf<'float64', Filtered<N, F>, 'row'>
  /** The smallest of what is not null. NaN is the largest number. */
  min<T extends ElementType, N extends boolean, F extends CountedFrame>(
    x: Typed<T, N, 'row'>,
    frame?: F,
  ): ExprOf<T, Filtered<N, F>, 'row'>
  /** The largest of what is not null. NaN is the largest number. */
  max<T extends ElementType, N extends boolean, F extends CountedFrame>(
    x: Typed<T, N, 'row'>,
    frame?: F,
  ): ExprOf<T, Filtered<N, F>, 'row'>
  /** True where it is true in every row of the frame where it is not null. */
  boolAnd<N extends boolean, F extends CountedFrame>(
    x: Typed<'bool', N, 'row'>,
    frame?: F,
  ): ExprOf<'bool', Filtered<N, F>, 'row'>
  /** True where it is true in any. */
  boolOr<N extends boolean, F extends CountedFrame>(
    x: Typed<'bool', N, 'row'>,
    frame?: F,
  ): ExprOf<'bool', Filtered<N, F>, 'row'>
  /** The bits that an odd number of values has. */
  bitXor<T extends IntegerType, N extends boolean, F extends CountedFrame>(
    x: Typed<T, N, 'row'>,
    frame?: F,
  ): ExprOf<T, Filtered<N, F>, 'row'>
  /** How many different values there are; null is none. */
  countDistinct(x: Typed<ElementType, boolean, 'row'>, frame?: CountedFrame): ExprOf<'int64', false, 'row'>
  /** The number in the middle, or between the two that are. */
  median<N extends boolean, F extends CountedFrame>(
    x: Typed<NumericType, N, 'row'>,
    frame?: F,
  ): ExprOf<'float64', Filtered<N, F>, 'row'>
  /** The number at a fraction of the way through all of them. */
  quantile<N extends boolean, F extends CountedFrame>(
    x: Typed<NumericType, N, 'row'>,
    fraction: number,
    frame?: F,
  ): ExprOf<'float64', Filtered<N, F>, 'row'>
  /** The value that occurs most often; of several the least. */
  mode<T extends ElementType, N extends boolean, F extends CountedFrame>(
    x: Typed<T, N, 'row'>,
    frame?: F,
  ): ExprOf<T, Filtered<N, F>, 'row'>
  /** The variance of all up to the row. */
  varPop<N extends boolean, F extends CountedRows>(
    x: Typed<NumericType, N, 'row'>,
    rows?: F,
  ): ExprOf<'float64', Filtered<N, F>, 'row'>
  /** The same of what is a sample of more; null where there are not two. */
  varSamp(x: Typed<NumericType, boolean, 'row'>, rows?: CountedRows): ExprOf<'float64', true, 'row'>
  /** The standard deviation of all up to the row. */
  stddevPop<N extends boolean, F extends CountedRows>(
    x: Typed<NumericType, N, 'row'>,
    rows?: F,
  ): ExprOf<'float64', Filtered<N, F>, 'row'>
  /** The same of what is a sample of more; null where there are not two. */
  stddevSamp(x: Typed<NumericType, boolean, 'row'>, rows?: CountedRows): ExprOf<'float64', true, 'row'>
}
