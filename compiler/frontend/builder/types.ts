/**
 * The types behind the builder: what expressions there are on which columns, and what comes out of them. A user's
 * pipeline is typed from end to end by these alone; test/types holds what must and what must not compile.
 */
import type { ExtractField, TruncUnit } from '../../../ir/expr/functions/time.ts'
import type { Columns, ColumnType } from '../../../ir/schema.ts'
import type {
  BytesType,
  DataType,
  FloatType,
  IntegerType,
  JsValue,
  NumericType,
  TimestampType,
} from '../../../ir/types.ts'

/** Expressions over the columns of a row, or over the aggregates of a group. They never mix. */
export type Scope = 'row' | 'group'

/** A length of time: `'250ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = `${number}${'ns' | 'us' | 'ms' | 's' | 'm' | 'h' | 'd'}`

/** Where signed and unsigned integers meet; uint64 and a signed integer do not. */
interface IntegerMeet {
  int8: {
    uint8: 'int16'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int8'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  int16: {
    uint8: 'int16'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int16'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  int32: {
    uint8: 'int32'
    uint16: 'int32'
    uint32: 'int64'
    uint64: never
    int8: 'int32'
    int16: 'int32'
    int32: 'int32'
    int64: 'int64'
  }
  int64: {
    uint8: 'int64'
    uint16: 'int64'
    uint32: 'int64'
    uint64: never
    int8: 'int64'
    int16: 'int64'
    int32: 'int64'
    int64: 'int64'
  }
  uint8: {
    uint8: 'uint8'
    uint16: 'uint16'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int16'
    int16: 'int16'
    int32: 'int32'
    int64: 'int64'
  }
  uint16: {
    uint8: 'uint16'
    uint16: 'uint16'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int32'
    int16: 'int32'
    int32: 'int32'
    int64: 'int64'
  }
  uint32: {
    uint8: 'uint32'
    uint16: 'uint32'
    uint32: 'uint32'
    uint64: 'uint64'
    int8: 'int64'
    int16: 'int64'
    int32: 'int64'
    int64: 'int64'
  }
  uint64: {
    uint8: 'uint64'
    uint16: 'uint64'
    uint32: 'uint64'
    uint64: 'uint64'
    int8: never
    int16: never
    int32: never
    int64: never
  }
}

/** The type at which two numbers meet; the same table as ir/expr/promote.ts. */
export type NumericMeet<A extends NumericType, B extends NumericType> = [A, B] extends ['float32', 'float32']
  ? 'float32'
  : [Extract<A | B, FloatType>] extends [never]
    ? A extends IntegerType
      ? B extends IntegerType
        ? IntegerMeet[A][B]
        : never
      : never
    : 'float64'

/** Types that can be compared with a `T`. */
type Comparable<T extends DataType> = T extends NumericType
  ? MeetsWith<T>
  : T extends TimestampType | 'date'
    ? TimestampType | 'date'
    : T
type MeetsWith<T extends NumericType> = {
  [U in NumericType]: NumericMeet<T, U> extends never ? never : U
}[NumericType]

/** Literals that stand for a value of type `T`; a number must be a whole one where `T` is an integer. */
export type LiteralOf<T extends DataType> = T extends NumericType
  ? number | bigint
  : T extends TimestampType | 'date'
    ? Date | JsValue<T>
    : JsValue<T>

/** What every expression says about itself. */
export interface Typed<T extends DataType = DataType, N extends boolean = boolean, G extends Scope = Scope> {
  readonly type: T
  readonly nullable: N
  readonly scope: G
}

export type Operand<T extends DataType, G extends Scope> = Typed<T, boolean, G> | LiteralOf<T>

type TypeOf<X, Literal extends DataType> = X extends Typed<infer T, boolean, Scope> ? T : Literal
type NullableOf<X> = X extends Typed<DataType, infer N, Scope> ? N : false
type Or<A extends boolean, B extends boolean> = true extends A | B ? true : false
/** The result of arithmetic between a `T` and an operand. */
type Arithmetic<T extends NumericType, N extends boolean, G extends Scope, X> = ExprOf<
  NumericMeet<T, TypeOf<X, T> & NumericType>,
  Or<N, NullableOf<X>>,
  G
>

interface Common<T extends DataType, N extends boolean, G extends Scope> extends Typed<T, N, G> {
  eq<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  ne<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Null is the same as null, and unequal to everything else. */
  isDistinctFrom(x: Operand<Comparable<T>, G>): ExprOf<'bool', false, G>
  isNotDistinctFrom(x: Operand<Comparable<T>, G>): ExprOf<'bool', false, G>
  isNull(): ExprOf<'bool', false, G>
  isNotNull(): ExprOf<'bool', false, G>
  in<X extends Operand<T, G>>(items: readonly X[]): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** The value, or `x` where it is null. */
  coalesce<X extends Operand<T, G>>(x: X): ExprOf<T, N extends true ? NullableOf<X> : false, G>
  /** Null where the value equals `x`. */
  nullif(x: Operand<T, G>): ExprOf<T, true, G>
  /** A value that does not fit rejects the row. */
  cast<U extends DataType>(to: ColumnType<U>): ExprOf<U, N, G>
  /** A value that does not fit becomes null. */
  tryCast<U extends DataType>(to: ColumnType<U>): ExprOf<U, true, G>
}

interface Ordered<T extends DataType, N extends boolean, G extends Scope> {
  lt<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  le<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  gt<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  ge<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  between<X extends Operand<T, G>, Y extends Operand<T, G>>(
    low: X,
    high: Y,
  ): ExprOf<'bool', Or<N, Or<NullableOf<X>, NullableOf<Y>>>, G>
}

type NumberOperand<T extends NumericType, G extends Scope> = Operand<MeetsWith<T>, G>

interface Numeric<T extends NumericType, N extends boolean, G extends Scope> {
  add<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  sub<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  mul<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** Integers divide toward zero; division by zero rejects the row. Floats divide as IEEE says. */
  div<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  mod<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  neg(): ExprOf<T, N, G>
  abs(): ExprOf<T, N, G>
  floor(): ExprOf<T, N, G>
  ceil(): ExprOf<T, N, G>
  trunc(): ExprOf<T, N, G>
  /** Half goes away from zero. */
  round(): ExprOf<T, N, G>
  sign(): ExprOf<T, N, G>
  sqrt(): ExprOf<'float64', N, G>
  /** These and the next need the host's mathematics: a plan that uses one stays on the JavaScript tier. */
  exp(): ExprOf<'float64', N, G>
  ln(): ExprOf<'float64', N, G>
  log2(): ExprOf<'float64', N, G>
  log10(): ExprOf<'float64', N, G>
  sin(): ExprOf<'float64', N, G>
  cos(): ExprOf<'float64', N, G>
  tan(): ExprOf<'float64', N, G>
  power<X extends NumberOperand<T, G>>(x: X): ExprOf<'float64', Or<N, NullableOf<X>>, G>
}

interface Wrapping<T extends IntegerType, N extends boolean, G extends Scope> {
  /** Wraps around at the limits of the type instead of rejecting the row. */
  addWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
  subWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
  mulWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
}

interface Text<N extends boolean, G extends Scope> {
  /** Code points. */
  length(): ExprOf<'int64', N, G>
  lower(): ExprOf<'utf8', N, G>
  upper(): ExprOf<'utf8', N, G>
  trim(): ExprOf<'utf8', N, G>
  ltrim(): ExprOf<'utf8', N, G>
  rtrim(): ExprOf<'utf8', N, G>
  /** From position `start` (the first is 1), `length` code points or all that follow. */
  substring(start: Operand<'int64', G>, length?: Operand<'int64', G>): ExprOf<'utf8', N, G>
  /** % stands for any text, _ for one code point, a backslash takes the next one literally. */
  like<X extends Operand<'utf8', G>>(pattern: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
}

interface Sequence<T extends BytesType, N extends boolean, G extends Scope> {
  octetLength(): ExprOf<'int64', N, G>
  concat<X extends Operand<T, G>>(...parts: readonly X[]): ExprOf<T, Or<N, NullableOf<X>>, G>
  startsWith<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  endsWith<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  contains<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
}

interface Logical<N extends boolean, G extends Scope> {
  and<X extends Operand<'bool', G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  or<X extends Operand<'bool', G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  not(): ExprOf<'bool', N, G>
}

interface Temporal<T extends TimestampType | 'date', N extends boolean, G extends Scope> {
  truncate(unit: TruncUnit): ExprOf<T, N, G>
  extract(field: ExtractField): ExprOf<'int64', N, G>
}

interface Instant<T extends TimestampType, N extends boolean, G extends Scope> {
  plus(duration: Duration): ExprOf<T, N, G>
  minus(duration: Duration): ExprOf<T, N, G>
  /** Ticks from `x` to this time, in the unit of the column. */
  since<X extends Typed<T, boolean, G>>(x: X): ExprOf<'int64', Or<N, NullableOf<X>>, G>
}

/** An expression of type `T`: only the operations that its type has. */
export type ExprOf<T extends DataType, N extends boolean, G extends Scope> = Common<T, N, G> &
  (T extends 'bool' ? Logical<N, G> : Ordered<T, N, G>) &
  (T extends NumericType ? Numeric<T, N, G> : unknown) &
  (T extends IntegerType ? Wrapping<T, N, G> : unknown) &
  (T extends BytesType ? Sequence<T, N, G> : unknown) &
  (T extends 'utf8' ? Text<N, G> : unknown) &
  (T extends TimestampType | 'date' ? Temporal<T, N, G> : unknown) &
  (T extends TimestampType ? Instant<T, N, G> : unknown)

/** The columns of a stream as expressions. */
export type ColumnsOf<S extends Columns> = {
  readonly [K in keyof S]: ExprOf<S[K]['type'], S[K]['nullable'], 'row'>
}

/** The schema of a record of expressions. */
export type SchemaOf<O extends Readonly<Record<string, Typed>>> = {
  readonly [K in keyof O]: ColumnType<O[K]['type'], O[K]['nullable']>
}

type SumOf<T extends NumericType> = T extends FloatType ? 'float64' : T extends 'uint64' ? 'uint64' : 'int64'

/** Rows that an aggregate leaves out. */
export interface AggregateFilter<W extends Typed<'bool', boolean, 'row'>> {
  readonly where: W
}
type WithFilter<N extends boolean, W> = unknown extends W ? N : true

/** The aggregates; each takes a condition as a last argument: only rows for which it is true count. */
export interface AggregatesOf {
  count(filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>): ExprOf<'int64', false, 'group'>
  /** Rows where `x` is not null. */
  count(
    x: Typed<DataType, boolean, 'row'>,
    filter?: AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'int64', false, 'group'>
  sum<T extends NumericType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<SumOf<T>, WithFilter<N, W>, 'group'>
  avg<N extends boolean, W>(
    x: Typed<NumericType, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<'float64', WithFilter<N, W>, 'group'>
  min<T extends DataType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  max<T extends DataType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The value at the smallest event time of the group. */
  first<T extends DataType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
  /** The value at the largest event time of the group. */
  last<T extends DataType, N extends boolean, W>(
    x: Typed<T, N, 'row'>,
    filter?: W & AggregateFilter<Typed<'bool', boolean, 'row'>>,
  ): ExprOf<T, WithFilter<N, W>, 'group'>
}

/** Names of the columns of a type. */
export type NamesOf<S extends Columns, T extends DataType> = {
  [K in keyof S & string]: S[K]['type'] extends T ? K : never
}[keyof S & string]

export type Flat<T> = { readonly [K in keyof T]: T[K] } & {}

/** What a value that an arrow function returns becomes as a column. */
export type LambdaColumn<V> = [Exclude<V, null | undefined>] extends [boolean]
  ? ColumnType<'bool', NullIn<V>>
  : [Exclude<V, null | undefined>] extends [bigint]
    ? ColumnType<'int64', NullIn<V>>
    : [Exclude<V, null | undefined>] extends [number]
      ? ColumnType<'float64', NullIn<V>>
      : [Exclude<V, null | undefined>] extends [string]
        ? ColumnType<'utf8', NullIn<V>>
        : never
type NullIn<V> = null extends V ? true : undefined extends V ? true : false

/** Values that reach an arrow function from outside. */
export type ParamValues = Readonly<Record<string, number | bigint | string | boolean>>
