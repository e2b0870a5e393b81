/** Random values of every column type: edges, collisions, nulls and the ordinary. */
import fc from 'fast-check'
import type { Value } from '../../ir/expr/expr.ts'
import { ofInteger } from '../../ir/expr/promote.ts'
import type { Column } from '../../ir/schema.ts'
import { type DataType, integerRange, isFloat, isInteger, isTimestamp } from '../../ir/types.ts'

const longText = 'αβγ'.repeat(60)

const texts = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '',
      'a',
      'b',
      'ab',
      'A',
      ' a ',
      'LAX',
      'JFK',
      'straße',
      'ÅÄ',
      '日本',
      '😀x',
      '12',
      '-7',
      '%_\\',
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom(longText, 'x'.repeat(300), `${longText}a`) },
)

const floats = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.5,
    1.5,
    -2.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1e308,
    5e-324,
    2 ** 53,
    2 ** 63,
  ),
  fc.double(),
  fc.integer({ min: -20, max: 20 }).map(n => n / 4),
)

const bigEdges = (min: bigint, max: bigint): fc.Arbitrary<bigint> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: min < -9n ? -9n : min, max: max > 9n ? 9n : max }) },
    { weight: 1, arbitrary: fc.constantFrom(min, max, min + 1n, max - 1n, max / 2n) },
    { weight: 1, arbitrary: fc.bigInt({ min, max }) },
  )

const MIN64 = -(1n << 63n)
const MAX64 = (1n << 63n) - 1n

/** Values of a type, none of them null. */
export function valuesOf(type: DataType): fc.Arbitrary<Value> {
  if (isInteger(type)) {
    const { min, max } = integerRange[type]
    return bigEdges(min, max).map(value => ofInteger(value, type))
  }
  if (isFloat(type)) return floats.map(value => (type === 'float32' ? Math.fround(value) : value))
  if (isTimestamp(type))
    return bigEdges(MIN64, MAX64).chain(value => fc.constantFrom(value, value % 100_000_000_000n))
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'utf8':
      return texts
    case 'binary':
      return fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 6 }))
    default:
      return bigEdges(-(1n << 31n), (1n << 31n) - 1n).map(Number)
  }
}

export const columnValues = (column: Column): fc.Arbitrary<Value> =>
  column.nullable ? fc.option(valuesOf(column.type), { freq: 4 }) : valuesOf(column.type)

export const dataTypesDrawn: readonly DataType[] = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'utf8',
  'binary',
  'timestamp[s]',
  'timestamp[ms]',
  'timestamp[us]',
  'timestamp[ns]',
  'date',
]
