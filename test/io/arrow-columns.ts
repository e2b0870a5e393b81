/** Arrow columns in every shape that a producer may give them. Built from buffers by hand, not by the code under test. */
import {
  Schema as ArrowSchema,
  type DataType as ArrowType,
  Binary,
  BinaryView,
  Bool,
  type Data,
  DateDay,
  Decimal,
  Dictionary,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeBinary,
  LargeUtf8,
  makeData,
  RecordBatch,
  Struct,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  Utf8View,
  Vector,
} from 'apache-arrow'
import fc from 'fast-check'
import type { Column, Schema } from '../../ir/schema.ts'
import {
  type DataType,
  decimalParts,
  integerRange,
  isBytes,
  isDecimal,
  isInteger,
  isTimestamp,
} from '../../ir/types.ts'

export type Value = boolean | number | bigint | string | Uint8Array | null

const arrowTypes: Readonly<Record<string, ArrowType>> = {
  bool: new Bool(),
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  int64: new Int64(),
  uint8: new Uint8(),
  uint16: new Uint16(),
  uint32: new Uint32(),
  uint64: new Uint64(),
  float32: new Float32(),
  float64: new Float64(),
  utf8: new Utf8(),
  binary: new Binary(),
  'timestamp[s]': new TimestampSecond('Europe/Berlin'),
  'timestamp[ms]': new TimestampMillisecond(),
  'timestamp[us]': new TimestampMicrosecond('UTC'),
  'timestamp[ns]': new TimestampNanosecond(),
  date: new DateDay(),
  'decimal(18,3)': new Decimal(3, 18),
  'decimal(6,2)': new Decimal(2, 6),
}

const indexTypes = {
  int8: new Int8(),
  int16: new Int16(),
  int32: new Int32(),
  uint8: new Uint8(),
  uint16: new Uint16(),
  uint32: new Uint32(),
}

/** How a column is laid out. */
export interface Arrangement {
  readonly encoding: 'plain' | 'large' | 'view' | 'dictionary'
  readonly index: keyof typeof indexTypes
  /** Rows of junk that a slice cuts off. */
  readonly before: number
  readonly after: number
  /** Elements that the buffers have too many. */
  readonly padding: number
  /** A bitmap although nothing is null. */
  readonly bitmapAnyway: boolean
  readonly isCounted: boolean
  readonly chunkedDictionary: boolean
  /** Null rows refer to a null in the dictionary. */
  readonly nullInDictionary: boolean
}

export const plainArrangement: Arrangement = {
  encoding: 'plain',
  index: 'int32',
  before: 0,
  after: 0,
  padding: 0,
  bitmapAnyway: false,
  isCounted: false,
  chunkedDictionary: false,
  nullInDictionary: false,
}

export const anyArrangement: fc.Arbitrary<Arrangement> = fc.record({
  encoding: fc.constantFrom('plain' as const, 'large' as const, 'view' as const, 'dictionary' as const),
  index: fc.constantFrom(...(Object.keys(indexTypes) as (keyof typeof indexTypes)[])),
  before: fc.nat(20),
  after: fc.nat(5),
  padding: fc.nat(3),
  bitmapAnyway: fc.boolean(),
  isCounted: fc.boolean(),
  chunkedDictionary: fc.boolean(),
  nullInDictionary: fc.boolean(),
})

const utf8Values = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', 'a', 'ß', '日本', '😀', '\ufeff', '\0', 'a longer text that is not inline'),
)
const binaryValues = fc.uint8Array({ maxLength: 20 })

/** Values of a type, with its edges. */
export function valuesOfType(type: DataType): fc.Arbitrary<Exclude<Value, null>> {
  if (isInteger(type) || isTimestamp(type)) {
    const { min, max } = integerRange[isInteger(type) ? type : 'int64']
    const longs = fc.oneof(fc.constantFrom(min, max), fc.bigInt({ min, max }))
    return type.endsWith('64') || isTimestamp(type) ? longs : longs.map(Number)
  }
  if (isDecimal(type)) {
    const max = 10n ** BigInt(decimalParts(type).precision) - 1n
    return fc.oneof(fc.constantFrom(-max, max, 0n), fc.bigInt({ min: -max, max }))
  }
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'float32':
      return fc.float()
    case 'float64':
      return fc.double()
    case 'utf8':
      return utf8Values
    case 'binary':
      return binaryValues
    default:
      return fc.oneof(fc.constantFrom(-(2 ** 31), 2 ** 31 - 1), fc.integer())
  }
}

/** A column of `values`, cut out of a longer one. */
export function arrange(type: DataType, values: readonly Value[], how: Arrangement): Data {
  const junk = (count: number): Value[] => Array.from({ length: count }, (_, i) => values[i] ?? null)
  const all = [...junk(how.before), ...values, ...junk(how.after)]
  const data = how.encoding === 'dictionary' ? dictionaryData(type, all, how) : valueData(type, all, how)
  return how.before + how.after === 0 ? data : data.slice(how.before, values.length)
}

function validity(values: readonly Value[], how: Arrangement) {
  const nulls = values.filter(value => value === null).length
  if (nulls === 0 && !how.bitmapAnyway) return { length: values.length }
  const nullBitmap = bits(values.map(value => value !== null))
  return { length: values.length, nullBitmap, ...(how.isCounted ? { nullCount: nulls } : {}) }
}

function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8))
  flags.forEach((flag, i) => {
    if (flag) bytes[i >> 3] |= 1 << (i & 7)
  })
  return bytes
}

/** Properties of any type of column; the overloads of Arrow want to know which. */
const make = (properties: object): Data => makeData(properties as never) as Data

function valueData(type: DataType, values: readonly Value[], how: Arrangement): Data {
  if (isBytes(type))
    return how.encoding === 'view' ? viewData(type, values, how) : textData(type, values, how)
  const common = { type: arrowTypes[type], ...validity(values, how) }
  if (type === 'bool') return make({ ...common, data: bits(values.map(value => value !== false)) })
  if (isDecimal(type)) return make({ ...common, data: decimalWords(values, how) })
  const data = new arrowTypes[type].ArrayType(values.length + how.padding)
  data.fill(arrowTypes[type].ArrayType === BigInt64Array || type === 'uint64' ? 77n : 77)
  values.forEach((value, i) => {
    if (value !== null) data[i] = value
  })
  return make({ ...common, data })
}

/** 128 bits each, the lowest word first. Under a null stands more than the type holds. */
function decimalWords(values: readonly Value[], how: Arrangement): Uint32Array {
  const words = new Uint32Array(4 * (values.length + how.padding)).fill(77)
  values.forEach((value, i) => {
    if (value === null) return
    for (let word = 0; word < 4; word++)
      words[4 * i + word] = Number(BigInt.asUintN(32, (value as bigint) >> BigInt(32 * word)))
  })
  return words
}

/** What a null row may hold. */
const garbage = Uint8Array.of(0xff, 0x80)

const bytesOf = (value: Value): Uint8Array =>
  value === null
    ? garbage
    : typeof value === 'string'
      ? new TextEncoder().encode(value)
      : (value as Uint8Array)

function textData(type: DataType, values: readonly Value[], how: Arrangement): Data {
  const texts = [Uint8Array.of(0xfe), ...values.map(bytesOf)]
  const ends: number[] = []
  let end = 0
  for (const text of texts) {
    end += text.length
    ends.push(end)
  }
  const offsets = [...ends, ...Array<number>(how.padding).fill(7)]
  const data = new Uint8Array([...Buffer.concat(texts), ...Array<number>(how.padding).fill(0xff)])
  const common = { ...validity(values, how), data }
  if (how.encoding !== 'large')
    return make({ ...common, type: arrowTypes[type], valueOffsets: Int32Array.from(offsets) })
  const large = type === 'utf8' ? new LargeUtf8() : new LargeBinary()
  return make({ ...common, type: large, valueOffsets: BigInt64Array.from(offsets.map(BigInt)) })
}

function viewData(type: DataType, values: readonly Value[], how: Arrangement): Data {
  const views = new DataView(new ArrayBuffer(16 * values.length))
  const buffers: Uint8Array[] = []
  values.forEach((value, i) => {
    const bytes = bytesOf(value)
    views.setInt32(16 * i, value === null ? -5 : bytes.length, true)
    if (bytes.length <= 12) {
      for (let at = 0; at < bytes.length; at++) views.setUint8(16 * i + 4 + at, bytes[at])
      return
    }
    views.setInt32(16 * i + 8, buffers.length, true)
    views.setInt32(16 * i + 12, 3, true)
    buffers.push(Uint8Array.of(1, 2, 3, ...bytes, 4))
  })
  const common = { ...validity(values, how), variadicBuffers: buffers, views: new Uint8Array(views.buffer) }
  return make({ ...common, type: type === 'utf8' ? new Utf8View() : new BinaryView() })
}

const keyOf = (value: Value): string => `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`

function dictionaryData(type: DataType, values: readonly Value[], how: Arrangement): Data {
  const distinct = new Map<string, Value>()
  for (const value of values) if (value !== null || how.nullInDictionary) distinct.set(keyOf(value), value)
  const keys = [...distinct.keys()]
  const codes = values.map(value =>
    value === null && !how.nullInDictionary ? 0x7f : keys.indexOf(keyOf(value)),
  )
  const rows = how.nullInDictionary ? values.map(value => value ?? 0) : values
  return make({
    type: new Dictionary(arrowTypes[type], indexTypes[how.index]),
    ...validity(rows, how),
    data: new indexTypes[how.index].ArrayType(codes),
    dictionary: dictionaryVector(type, [...distinct.values()], how),
  })
}

export function dictionaryVector(type: DataType, values: readonly Value[], how: Arrangement): Vector {
  const cut = how.chunkedDictionary ? values.length >> 1 : 0
  const parts = cut > 0 ? [values.slice(0, cut), values.slice(cut)] : [values]
  return new Vector(parts.map(part => valueData(type, part, { ...how, encoding: 'plain' })))
}

/** A batch of columns that are laid out already. */
export function batchOf(columns: Readonly<Record<string, Data>>, rows: number): RecordBatch {
  const fields = Object.entries(columns).map(([name, data]) => new Field(name, data.type, true))
  const children = Object.values(columns)
  const data = makeData({ type: new Struct(fields), length: rows, children })
  return new RecordBatch(new ArrowSchema(fields), data)
}

export const column = (name: string, type: DataType, nullable = true): Column => ({ name, type, nullable })

/** A schema and rows of it. */
export interface Sample {
  readonly schema: Schema
  readonly rows: readonly Readonly<Record<string, Value>>[]
  readonly batch: RecordBatch
}
