/**
 * The types of columns: one row per type with what every layer needs to know of it.
 * Only the mapping to Arrow is here; converting data is the business of runtime/io.
 */
import type { FieldType, ValueType } from './kernel/node.ts'

/** The tick of a timestamp: a second, a thousandth, a millionth or a billionth of it. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'
/** Two's complement, by width in bits. */
export type SignedType = 'int8' | 'int16' | 'int32' | 'int64'
/** Integers that are never negative, by width in bits. */
export type UnsignedType = 'uint8' | 'uint16' | 'uint32' | 'uint64'
/** Integers: what does not fit is a fault of its row, nothing is rounded. */
export type IntegerType = SignedType | UnsignedType
/** IEEE 754. */
export type FloatType = 'float32' | 'float64'
/** What can be counted with. */
export type NumericType = IntegerType | FloatType
/** Ticks since 1970-01-01 00:00 in 64 bits, without a time zone. */
export type TimestampType = `timestamp[${TimeUnit}]`
/** Values of any length: text, and bytes that mean nothing to the engine. */
export type BytesType = 'utf8' | 'binary'

/** So many digits, of which the second number says how many stand behind the point: `decimal(12,2)`. */
export type DecimalType = `decimal(${number},${number})`

/** Types that have a row of their own in the table of types. */
type PlainType = 'bool' | NumericType | BytesType | TimestampType | 'date'
/** The type of a single value. */
export type ElementType = PlainType | DecimalType
/** Values one after the other; with a `?` some of them may be null. What aggregates give; nothing is computed from it. */
export type ListType<T extends ElementType = ElementType> = `list<${T}>` | `list<${T}?>`

/** A column type; its text is canonical and part of the plan hash. */
export type DataType = ElementType | ListType

/** The JavaScript value a user sees for a (non-null) value of type `T`. */
export type JsValue<T extends DataType> = T extends `list<${infer E extends ElementType}?>`
  ? readonly (JsElement<E> | null)[]
  : T extends `list<${infer E extends ElementType}>`
    ? readonly JsElement<E>[]
    : JsElement<T>

type JsElement<T extends DataType> = T extends 'bool'
  ? boolean
  : T extends 'int64' | 'uint64' | TimestampType | DecimalType
    ? bigint
    : T extends NumericType | 'date'
      ? number
      : T extends 'utf8'
        ? string
        : Uint8Array

export type TypeClass =
  | 'bool'
  | 'signed'
  | 'unsigned'
  | 'float'
  | 'decimal'
  | 'bytes'
  | 'timestamp'
  | 'date'
  | 'list'

export interface TypeFacts {
  readonly class: TypeClass
  /** Type of its value in kernels; `bytes` values are (offset, length) pairs into the bytes region. */
  readonly value: ValueType | 'bytes'
  /** How one value is stored in a column; `bytes` columns store i32 offsets. */
  readonly field: FieldType
  /** Width of the range in bits (the precision of an integer, 32 or 64 of a float). */
  readonly bits: number
  /** Name of the Arrow type. */
  readonly arrow: string
}

const facts = (cls: TypeClass, value: TypeFacts['value'], field: FieldType, bits: number, arrow: string) =>
  ({ class: cls, value, field, bits, arrow }) satisfies TypeFacts

export const typeTable: Readonly<Record<PlainType, TypeFacts>> = {
  bool: facts('bool', 'bool', 'bit', 1, 'Bool'),
  int8: facts('signed', 'i32', 'i8', 8, 'Int8'),
  int16: facts('signed', 'i32', 'i16', 16, 'Int16'),
  int32: facts('signed', 'i32', 'i32', 32, 'Int32'),
  int64: facts('signed', 'i64', 'i64', 64, 'Int64'),
  uint8: facts('unsigned', 'i32', 'u8', 8, 'Uint8'),
  uint16: facts('unsigned', 'i32', 'u16', 16, 'Uint16'),
  uint32: facts('unsigned', 'i64', 'u32', 32, 'Uint32'),
  uint64: facts('unsigned', 'i64', 'i64', 64, 'Uint64'),
  float32: facts('float', 'f64', 'f32', 32, 'Float32'),
  float64: facts('float', 'f64', 'f64', 64, 'Float64'),
  utf8: facts('bytes', 'bytes', 'i32', 0, 'Utf8'),
  binary: facts('bytes', 'bytes', 'i32', 0, 'Binary'),
  'timestamp[s]': facts('timestamp', 'i64', 'i64', 64, 'TimestampSecond'),
  'timestamp[ms]': facts('timestamp', 'i64', 'i64', 64, 'TimestampMillisecond'),
  'timestamp[us]': facts('timestamp', 'i64', 'i64', 64, 'TimestampMicrosecond'),
  'timestamp[ns]': facts('timestamp', 'i64', 'i64', 64, 'TimestampNanosecond'),
  date: facts('date', 'i32', 'i32', 32, 'DateDay'),
}

/** A list is a range of bytes that compiler/lower/lib/list-bytes lays out. */
const listFacts = facts('list', 'bytes', 'i32', 0, 'List')

/** A decimal is a whole number of units. */
const decimalFacts = facts('decimal', 'i64', 'i64', 64, 'Decimal (18 digits)')

/** Types whose arithmetic is exact: what does not fit is a fault of its row. */
export type ExactType = IntegerType | DecimalType

/** The types of single values; some decimals stand for all. */
export const dataTypes: readonly ElementType[] = [
  ...(Object.keys(typeTable) as PlainType[]),
  ...(['decimal(18,3)', 'decimal(6,2)'] as const),
]

export function factsOf(type: DataType): TypeFacts {
  if (isList(type)) return listFacts
  return isDecimal(type) ? decimalFacts : typeTable[type]
}

/** The most digits that a decimal may have. */
export const DIGITS_MAX = 18

export const isDecimal = (type: DataType): type is DecimalType => type.startsWith('decimal(')
export const decimalOf = (precision: number, scale: number): DecimalType => `decimal(${precision},${scale})`

/** How many digits a decimal has, and how many of them stand behind the point. */
export function decimalParts(type: DecimalType): { readonly precision: number; readonly scale: number } {
  const [precision, scale] = type.slice('decimal('.length, -1).split(',').map(Number)
  return { precision, scale }
}

export const isList = (type: DataType): type is ListType => type.startsWith('list<')
export const listOf = <T extends ElementType>(element: T, hasNulls: boolean): ListType<T> =>
  hasNulls ? `list<${element}?>` : `list<${element}>`

/** What a list holds: values of a type, and whether some may be null. */
export function elementOf(type: ListType): { readonly type: ElementType; readonly nullable: boolean } {
  const nullable = type.endsWith('?>')
  return { type: type.slice('list<'.length, nullable ? -2 : -1) as ElementType, nullable }
}

/** Is a value of it a range of the bytes region? */
export const isRange = (type: DataType): boolean => factsOf(type).value === 'bytes'

export const isInteger = (type: DataType): type is IntegerType =>
  factsOf(type).class === 'signed' || factsOf(type).class === 'unsigned'
export const isUnsigned = (type: DataType): type is UnsignedType => factsOf(type).class === 'unsigned'
export const isFloat = (type: DataType): type is FloatType => factsOf(type).class === 'float'
export const isNumeric = (type: DataType): type is NumericType => isInteger(type) || isFloat(type)
export const isBytes = (type: DataType): type is BytesType => factsOf(type).class === 'bytes'
export const isTimestamp = (type: DataType): type is TimestampType => factsOf(type).class === 'timestamp'
/** 64-bit integers whose order and division are unsigned. */
export const isUnsigned64 = (type: DataType): boolean => type === 'uint64'

const integerTypes = [...[8, 16, 32, 64].flatMap(bits => [`int${bits}`, `uint${bits}`])] as IntegerType[]

/** Smallest and largest value of each integer type. */
export const integerRange: Readonly<Record<IntegerType, { readonly min: bigint; readonly max: bigint }>> =
  Object.fromEntries(
    integerTypes.map(type => {
      const bits = BigInt(factsOf(type).bits)
      const unsigned = isUnsigned(type)
      const min = unsigned ? 0n : -(1n << (bits - 1n))
      const max = unsigned ? (1n << bits) - 1n : (1n << (bits - 1n)) - 1n
      return [type, { min, max }]
    }),
  ) as Record<IntegerType, { min: bigint; max: bigint }>

/** Ticks of each unit in one second. */
export const ticksPerSecond: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1_000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
}

export const unitOf = (type: TimestampType): TimeUnit => type.slice(10, -1) as TimeUnit
