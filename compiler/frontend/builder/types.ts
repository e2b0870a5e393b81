/**
 * The types behind the builder: what expressions there are on which columns, and what comes out of them. A user's
 * pipeline is typed from end to end by these alone; test/types holds what must and what must not compile.
 */
import type { ExtractField, TruncUnit } from '../../../ir/expr/functions/time.ts'
import type { Columns, ColumnType } from '../../../ir/schema.ts'
import type {
  BytesType,
  DataType,
  DecimalType,
  IntegerType,
  JsValue,
  ListType,
  NumericType,
  TimestampType,
} from '../../../ir/types.ts'
import type { NumericMeet } from './numeric-meet.ts'

/** Expressions over the columns of a row, or over the aggregates of a group. They never mix. */
export type Scope = 'row' | 'group'

/** A length of time: `'250ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`. */
export type Duration = `${number}${'ns' | 'us' | 'ms' | 's' | 'm' | 'h' | 'd'}`

/** Types that can be compared with a `T`. */
type Comparable<T extends DataType> = T extends NumericType
  ? MeetsWith<T>
  : T extends TimestampType | 'date'
    ? TimestampType | 'date'
    : T extends DecimalType
      ? DecimalType
      : T
type MeetsWith<T extends NumericType> = {
  [U in NumericType]: NumericMeet<T, U> extends never ? never : U
}[NumericType]

/** Literals that stand for a value of type `T`; a number must be a whole one where `T` is an integer. */
export type LiteralOf<T extends DataType> = T extends NumericType
  ? number | bigint
  : T extends TimestampType | 'date'
    ? Date | JsValue<T>
    : T extends DecimalType
      ? string | bigint
      : JsValue<T>

/** What every expression says about itself. */
export interface Typed<T extends DataType = DataType, N extends boolean = boolean, G extends Scope = Scope> {
  /** What its values are. */
  readonly type: T
  /** May a value be null? */
  readonly nullable: N
  /** Is it about a row, or about a group? */
  readonly scope: G
}

/** The other side of an operation: an expression about the same thing, or a literal. */
export type Operand<T extends DataType, G extends Scope> = Typed<T, boolean, G> | LiteralOf<T>

type TypeOf<X, Literal extends DataType> = X extends Typed<infer T, boolean, Scope> ? T : Literal
type NullableOf<X> = X extends Typed<DataType, infer N, Scope> ? N : false
/** Is one of them true? */
export type Or<A extends boolean, B extends boolean> = true extends A | B ? true : false
/** The result of arithmetic between a `T` and an operand. */
type Arithmetic<T extends NumericType, N extends boolean, G extends Scope, X> = ExprOf<
  NumericMeet<T, TypeOf<X, T> & NumericType>,
  Or<N, NullableOf<X>>,
  G
>

/** What every expression can do. Comparison with null gives null. */
export interface Common<T extends DataType, N extends boolean, G extends Scope> extends Typed<T, N, G> {
  /** Equal; NaN is equal to nothing, -0 to 0. */
  eq<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Not equal. */
  ne<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Different; null is different from everything but null. */
  isDistinctFrom(x: Operand<Comparable<T>, G>): ExprOf<'bool', false, G>
  /** Null is the same as null, and the same as nothing else. */
  isNotDistinctFrom(x: Operand<Comparable<T>, G>): ExprOf<'bool', false, G>
  /** True where the value is null; never null itself. */
  isNull(): ExprOf<'bool', false, G>
  /** True where the value is not null; never null itself. */
  isNotNull(): ExprOf<'bool', false, G>
  /** Equal to one of the items; null where it equals none but one of them is null. */
  in<X extends Operand<T, G>>(items: readonly X[]): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** The value, or `x` where it is null. */
  coalesce<X extends Operand<T, G>>(x: X): ExprOf<T, N extends true ? NullableOf<X> : false, G>
  /** Null where the value equals `x`. */
  nullif(x: Operand<T, G>): ExprOf<T, true, G>
  /** The value in another type: `f.n.cast(t.int32)`. A value that does not fit rejects the row with LDB-9004. */
  cast<U extends DataType>(to: ColumnType<U>): ExprOf<U, N, G>
  /** As `cast`, but a value that does not fit becomes null. */
  tryCast<U extends DataType>(to: ColumnType<U>): ExprOf<U, true, G>
}

/** What all but booleans can do besides. Texts and bytes are in the order of their bytes. */
export interface Ordered<T extends DataType, N extends boolean, G extends Scope> {
  /** Less than. No number is less or greater than NaN. */
  lt<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Less than or equal. */
  le<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Greater than. */
  gt<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Greater than or equal. */
  ge<X extends Operand<Comparable<T>, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** From `low` to `high`, both included. */
  between<X extends Operand<T, G>, Y extends Operand<T, G>>(
    low: X,
    high: Y,
  ): ExprOf<'bool', Or<N, Or<NullableOf<X>, NullableOf<Y>>>, G>
}

type NumberOperand<T extends NumericType, G extends Scope> = Operand<MeetsWith<T>, G>

/**
 * What numbers can do besides. Both sides meet at the type that holds the values of either (`NumericMeet`); a result of
 * integers that does not fit its type rejects the row with LDB-9002.
 */
export interface Numeric<T extends NumericType, N extends boolean, G extends Scope> {
  /** The sum. */
  add<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** The difference. */
  sub<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** The product. */
  mul<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** Integers divide toward zero; division by zero rejects the row with LDB-9003. Floats divide as IEEE says. */
  div<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** The remainder, with the sign of the dividend; of integers by zero it rejects the row with LDB-9003. */
  mod<X extends NumberOperand<T, G>>(x: X): Arithmetic<T, N, G, X>
  /** The number with its sign turned. */
  neg(): ExprOf<T, N, G>
  /** The number without its sign. */
  abs(): ExprOf<T, N, G>
  /** The next whole number below; integers stay as they are. */
  floor(): ExprOf<T, N, G>
  /** The next whole number above. */
  ceil(): ExprOf<T, N, G>
  /** The next whole number toward zero. */
  trunc(): ExprOf<T, N, G>
  /** The nearest whole number; half goes away from zero. */
  round(): ExprOf<T, N, G>
  /** -1, 0 or 1; NaN for NaN, and a zero keeps its sign. */
  sign(): ExprOf<T, N, G>
  /** The square root; NaN for negative numbers. */
  sqrt(): ExprOf<'float64', N, G>
  /** e to the power of the number. It and those below are JavaScript's own: a plan with one of them stays in JavaScript. */
  exp(): ExprOf<'float64', N, G>
  /** The natural logarithm. */
  ln(): ExprOf<'float64', N, G>
  /** The logarithm to base 2. */
  log2(): ExprOf<'float64', N, G>
  /** The logarithm to base 10. */
  log10(): ExprOf<'float64', N, G>
  /** The sine of an angle in radians. */
  sin(): ExprOf<'float64', N, G>
  /** The cosine of an angle in radians. */
  cos(): ExprOf<'float64', N, G>
  /** The tangent of an angle in radians. */
  tan(): ExprOf<'float64', N, G>
  /** The number to the power of `x`. */
  power<X extends NumberOperand<T, G>>(x: X): ExprOf<'float64', Or<N, NullableOf<X>>, G>
}

type ExactOperand<G extends Scope> = Operand<DecimalType, G> | Typed<IntegerType, boolean, G>

/**
 * What decimals can do besides, exactly: other decimals, and integers of 32 bits, come in as what they are. A result of more
 * than 18 digits rejects the row with LDB-9002; a literal is a text, `'0.5'`, in the type of the decimal.
 */
export interface Exact<N extends boolean, G extends Scope> {
  /** The sum: with as many digits behind the point as the longer one has. */
  add<X extends ExactOperand<G>>(x: X): ExprOf<DecimalType, Or<N, NullableOf<X>>, G>
  /** The difference. */
  sub<X extends ExactOperand<G>>(x: X): ExprOf<DecimalType, Or<N, NullableOf<X>>, G>
  /** The product: digits behind the point are added. LDB-1200 where they are more than 18. */
  mul<X extends ExactOperand<G>>(x: X): ExprOf<DecimalType, Or<N, NullableOf<X>>, G>
  /** The number with its sign turned. */
  neg(): ExprOf<DecimalType, N, G>
  /** The number without its sign. */
  abs(): ExprOf<DecimalType, N, G>
}

/** What integers can do besides: arithmetic that rejects no row. */
export interface Wrapping<T extends IntegerType, N extends boolean, G extends Scope> {
  /** The low bits of the sum: it wraps around at the limits of the type. */
  addWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
  /** The low bits of the difference. */
  subWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
  /** The low bits of the product. */
  mulWrapping<X extends Operand<T, G>>(x: X): ExprOf<T, Or<N, NullableOf<X>>, G>
}

/** What text can do besides. Lengths and positions count code points. */
export interface Text<N extends boolean, G extends Scope> {
  /** How many code points it has. */
  length(): ExprOf<'int64', N, G>
  /** Small letters, code point by code point. */
  lower(): ExprOf<'utf8', N, G>
  /** Capital letters, code point by code point. */
  upper(): ExprOf<'utf8', N, G>
  /** Without the spaces at both ends. */
  trim(): ExprOf<'utf8', N, G>
  /** Without the spaces at the start. */
  ltrim(): ExprOf<'utf8', N, G>
  /** Without the spaces at the end. */
  rtrim(): ExprOf<'utf8', N, G>
  /** From position `start` (the first is 1), `length` code points or all that follow. */
  substring(start: Operand<'int64', G>, length?: Operand<'int64', G>): ExprOf<'utf8', N, G>
  /** % stands for any text, _ for one code point, a backslash takes the next one literally. */
  like<X extends Operand<'utf8', G>>(pattern: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /**
   * Part number `n`, from 1, of those that the delimiter separates: `f.url.splitPart('/', 4)`. A negative number counts from
   * the end; a part that is not there is `''`.
   */
  splitPart<X extends Operand<'utf8', G>, Y extends Operand<'int64', G>>(
    delimiter: X,
    n: Y,
  ): ExprOf<'utf8', Or<N, Or<NullableOf<X>, NullableOf<Y>>>, G>
  /** The text with `to` in place of each `from`, from left to right; as it is where `from` is empty. */
  replace<X extends Operand<'utf8', G>, Y extends Operand<'utf8', G>>(
    from: X,
    to: Y,
  ): ExprOf<'utf8', Or<N, Or<NullableOf<X>, NullableOf<Y>>>, G>
  /**
   * Does the regular expression match anywhere in the text? Its syntax is the part of RE2's that JavaScript has as well:
   * `. [a-z] [^&] \d \w \s`, groups, `|`, `* + ? {n,m}`, each lazy with a `?` behind it, `^` and `$` for the ends of the
   * text. Letters \d, \w and \s are those of ASCII. All else, and the repetition of what may match nothing, is LDB-1001. The
   * time it takes grows with the text and no faster.
   */
  regexpMatches(pattern: string): ExprOf<'bool', N, G>
  /**
   * What a group of the first match took: `f.url.regexpExtract('id=(\\d+)', 1)`. Of the matches that begin there it is the one
   * that Perl and RE2 find. Group 0 is all of it. Null where nothing matches, or where the group took no part.
   */
  regexpExtract(pattern: string, group?: number): ExprOf<'utf8', true, G>
}

/** What text and bytes can do besides. */
export interface Sequence<T extends BytesType, N extends boolean, G extends Scope> {
  /** How many bytes it has, of text in UTF-8. */
  octetLength(): ExprOf<'int64', N, G>
  /** The value with the parts behind it; null where one of them is. */
  concat<X extends Operand<T, G>>(...parts: readonly X[]): ExprOf<T, Or<N, NullableOf<X>>, G>
  /** Are the first bytes those of `x`? */
  startsWith<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Are the last bytes those of `x`? */
  endsWith<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Are the bytes of `x` somewhere in it? */
  contains<X extends Operand<T, G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
}

/** What booleans can do besides, in three-valued logic. */
export interface Logical<N extends boolean, G extends Scope> {
  /** False where one side is false, true where both are true, else null. */
  and<X extends Operand<'bool', G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** True where one side is true, false where both are false, else null. */
  or<X extends Operand<'bool', G>>(x: X): ExprOf<'bool', Or<N, NullableOf<X>>, G>
  /** Null stays null. */
  not(): ExprOf<'bool', N, G>
}

/** What timestamps and dates can do besides. There are no time zones. */
export interface Temporal<T extends TimestampType | 'date', N extends boolean, G extends Scope> {
  /** The start of the unit that holds the time: `f.at.truncate('month')`. */
  truncate(unit: TruncUnit): ExprOf<T, N, G>
  /** A part of the time as a number: `f.at.extract('hour')`. */
  extract(field: ExtractField): ExprOf<'int64', N, G>
  /**
   * The time as a text: `f.at.dateFormat('yyyy-MM-dd HH:mm:ss.SSS')`. There are `yyyy`, `MM`, `dd`, `DDD` (day of the year),
   * `HH`, `mm`, `ss` and `S` to `SSSSSSSSS` (of the second, cut off); other letters stand in single quotes, all else for itself.
   * A year that has not four digits rejects the row with LDB-2005.
   */
  dateFormat(format: string): ExprOf<'utf8', N, G>
}

/** What timestamps can do besides. */
export interface Instant<T extends TimestampType, N extends boolean, G extends Scope> {
  /** So much later; a time that does not fit rejects the row with LDB-9002. */
  plus(duration: Duration): ExprOf<T, N, G>
  /** So much earlier; a time that does not fit rejects the row with LDB-9002. */
  minus(duration: Duration): ExprOf<T, N, G>
  /** Ticks from `x` to this time, in the unit of the column. */
  since<X extends Typed<T, boolean, G>>(x: X): ExprOf<'int64', Or<N, NullableOf<X>>, G>
}

/** An expression of type `T`: only the operations that its type has. A list has none. */
export type ExprOf<T extends DataType, N extends boolean, G extends Scope> = Typed<T, N, G> &
  (T extends ListType ? unknown : Common<T, N, G> & (T extends 'bool' ? Logical<N, G> : Ordered<T, N, G>)) &
  (T extends NumericType ? Numeric<T, N, G> : unknown) &
  (T extends IntegerType ? Wrapping<T, N, G> : unknown) &
  (T extends DecimalType ? Exact<N, G> : unknown) &
  (T extends BytesType ? Sequence<T, N, G> : unknown) &
  (T extends 'utf8' ? Text<N, G> : unknown) &
  (T extends TimestampType | 'date' ? Temporal<T, N, G> : unknown) &
  (T extends TimestampType ? Instant<T, N, G> : unknown)

/** The columns of a stream as expressions. What a change is no expression reads: weights would not add up. */
export type ColumnsOf<S extends Columns> = {
  readonly [K in keyof S as K extends '$op' ? never : K]: ExprOf<S[K]['type'], S[K]['nullable'], 'row'>
}

/** The schema of a record of expressions. */
export type SchemaOf<O extends Readonly<Record<string, Typed>>> = {
  readonly [K in keyof O]: ColumnType<O[K]['type'], O[K]['nullable']>
}

/** Names of the columns of a type. */
export type NamesOf<S extends Columns, T extends DataType> = {
  [K in keyof S & string]: S[K]['type'] extends T ? K : never
}[keyof S & string]

/** The same properties, written out. */
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
