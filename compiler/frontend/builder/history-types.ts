/** The types of what rows learn of others of their partition: `stream.over(..)`. */
import type { DecimalType, ElementType, IntegerType, NumericType } from '../../../ir/types.ts'
import type { SumOf } from './aggregate-types.ts'
import type { Duration, ExprOf, LiteralOf, Typed } from './types.ts'

/** So many rows before a row, and the row itself; all up to it where no number is given, in the order in which they come. */
export interface RowFrame {
  /** How many before it. */
  readonly rows?: number
  /** A frame is of rows or of time. */
  readonly range?: never
}

/**
 * The rows before a row whose time is no further back than that, the row itself, and all others of its own time: a row that asks
 * for them waits until the watermark has passed it.
 */
export interface RangeFrame {
  /** How far back. */
  readonly range: Duration
  /** A frame is of rows or of time. */
  readonly rows?: never
}

/** The rows up to a row that count. */
export type FrameOptions = RowFrame | RangeFrame

/** The same, and which of them count. */
export type CountedFrame = FrameOptions & CountedRows

/** Which rows count among all up to a row. */
export interface CountedRows {
  /** Only rows for which it is true count. */
  readonly where?: Typed<'bool', boolean, 'row'>
}

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
   * The sum of what is not null: int64, uint64, float64 or a decimal. One that does not fit refuses the row with LDB-9002. Doubles are added
   * in order up to a row, and exactly in a frame that rows leave.
   */
  sum<T extends NumericType | DecimalType, N extends boolean, F extends CountedFrame>(
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
