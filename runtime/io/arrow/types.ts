/**
 * Arrow types and ours, both ways. A dictionary counts as the type of its values, the large and view forms of
 * text and bytes as the plain form; a timestamp keeps its unit and loses its time zone, which is display only.
 */
import {
  Schema as ArrowSchema,
  TimeUnit as ArrowTimeUnit,
  type DataType as ArrowType,
  Binary,
  Bool,
  DateDay,
  type Date_ as DateType,
  DateUnit,
  Decimal,
  type Dictionary,
  Field,
  type Float,
  Float32,
  Float64,
  type Int,
  Int8,
  Int16,
  Int32,
  Int64,
  List,
  Precision,
  type Timestamp,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Type,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { MillraceError } from '../../../ir/errors.ts'
import { type Column, checkSchema, type Schema } from '../../../ir/schema.ts'
import {
  type DataType,
  type DecimalType,
  DIGITS_MAX,
  dataTypes,
  decimalOf,
  decimalParts,
  type ElementType,
  elementOf,
  factsOf,
  type IntegerType,
  isDecimal,
  isList,
  type ListType,
  listOf,
  type TimeUnit,
} from '../../../ir/types.ts'

const arrowTypes: Readonly<Record<Exclude<ElementType, DecimalType>, ArrowType>> = {
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
  'timestamp[s]': new TimestampSecond(),
  'timestamp[ms]': new TimestampMillisecond(),
  'timestamp[us]': new TimestampMicrosecond(),
  'timestamp[ns]': new TimestampNanosecond(),
  date: new DateDay(),
}

const timeUnits: Readonly<Record<ArrowTimeUnit, TimeUnit>> = {
  [ArrowTimeUnit.SECOND]: 's',
  [ArrowTimeUnit.MILLISECOND]: 'ms',
  [ArrowTimeUnit.MICROSECOND]: 'us',
  [ArrowTimeUnit.NANOSECOND]: 'ns',
}

/**
 * The type that a column has inside: a decimal is a column of its units, 64 bits each, from the door to the result.
 */
export function arrowTypeOf(type: DataType): ArrowType {
  if (isList(type)) return listTypeOf(type)
  return isDecimal(type) ? arrowTypes.int64 : arrowTypes[type]
}

/** Made once each. */
const decimalTypes = new Map<DecimalType, Decimal>()

export function arrowDecimalOf(type: DecimalType): Decimal {
  const { precision, scale } = decimalParts(type)
  const made = decimalTypes.get(type) ?? new Decimal(scale, precision)
  decimalTypes.set(type, made)
  return made
}

/** Made once each: the schema of the results stays the same. */
const listTypes = new Map<ListType, List>()

function listTypeOf(list: ListType): List {
  const { type, nullable } = elementOf(list)
  const made =
    listTypes.get(list) ??
    new List(new Field('item', isDecimal(type) ? arrowDecimalOf(type) : arrowTypes[type], nullable))
  listTypes.set(list, made)
  return made
}

/** The Arrow types that can enter, for messages. */
export const supportedArrowTypes = [
  ...new Set(dataTypes.map(type => factsOf(type).arrow)),
  'LargeUtf8',
  'LargeBinary',
  'Utf8View',
  'BinaryView',
  'Dictionary of any of these',
].join(', ')

/** Our type for an Arrow type, or undefined where we have none. */
export function dataTypeOf(type: ArrowType): DataType | undefined {
  switch (type.typeId) {
    case Type.Bool:
      return 'bool'
    case Type.Int:
      return integerOf(type as Int)
    case Type.Float:
      return floatOf(type as Float)
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Utf8View:
      return 'utf8'
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
      return 'binary'
    case Type.Timestamp:
      return `timestamp[${timeUnits[(type as Timestamp).unit]}]`
    case Type.Date:
      return (type as DateType).unit === DateUnit.DAY ? 'date' : undefined
    case Type.Decimal:
      return decimalFrom(type as Decimal)
    case Type.List:
      return listTypeFrom(type as List)
    case Type.Dictionary:
      return dictionaryOf(type as Dictionary)
    default:
      return undefined
  }
}

/** The wider forms, of 256 bits, and those of more digits than fit are none of ours. */
function decimalFrom({ precision, scale, bitWidth }: Decimal): DataType | undefined {
  const fits = bitWidth === 128 && precision <= DIGITS_MAX && scale >= 0 && scale <= precision
  return fits ? decimalOf(precision, scale) : undefined
}

const integerOf = ({ isSigned, bitWidth }: Int): IntegerType => `${isSigned ? '' : 'u'}int${bitWidth}`

function floatOf({ precision }: Float): DataType | undefined {
  if (precision === Precision.SINGLE) return 'float32'
  return precision === Precision.DOUBLE ? 'float64' : undefined
}

function listTypeFrom({ children: [{ type, nullable }] }: List): DataType | undefined {
  const element = dataTypeOf(type)
  return element === undefined || isList(element) ? undefined : listOf(element, nullable)
}

/** Codes of 64 bits are refused: no dictionary is that long. */
function dictionaryOf({ dictionary, indices }: Dictionary): DataType | undefined {
  const isNested = dictionary.typeId === Type.Dictionary
  const width: number = (indices as Int).bitWidth
  return isNested || width > 32 ? undefined : dataTypeOf(dictionary)
}

/** Our schema for an Arrow schema; a column of a type that we do not have is LDB-5021. */
export function schemaOf({ fields }: ArrowSchema): Schema {
  return checkSchema(fields.map(columnOf))
}

function columnOf({ name, type, nullable }: Field): Column {
  const ours = dataTypeOf(type)
  if (ours && !isList(ours)) return { name, type: ours, nullable }
  throw new MillraceError('LDB-5021', `column '${name}' has the Arrow type ${type}, which is not supported`, {
    fix: `cast it to one of ${supportedArrowTypes}`,
  })
}

export const arrowSchemaOf = (schema: Schema): ArrowSchema => new ArrowSchema(schema.map(arrowFieldOf))

const arrowFieldOf = ({ name, type, nullable }: Column): Field =>
  new Field(name, isDecimal(type) ? arrowDecimalOf(type) : arrowTypeOf(type), nullable)
