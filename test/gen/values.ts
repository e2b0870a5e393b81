/** Random values of every type: edges, collisions and the ordinary. None of them is null. */
import fc from 'fast-check'
import { unitsMax } from '../../ir/expr/decimal.ts'
import type { Value } from '../../ir/expr/expr.ts'
import { ofInteger } from '../../ir/expr/promote.ts'
import {
  type DataType,
  dataTypes,
  integerRange,
  isDecimal,
  isFloat,
  isInteger,
  isTimestamp,
} from '../../ir/types.ts'

type Arb<T> = fc.Arbitrary<T>

/** Types, those with the most functions more often. */
export const types: Arb<DataType> = fc.constantFrom(
  ...dataTypes,
  ...(['utf8', 'utf8', 'utf8', 'float64', 'float64', 'int64'] as const),
)

const knownTexts: readonly string[] = [
  ...['', 'a', 'b', 'ab', 'A', ' a ', 'LAX', 'JFK', '12', '-7', '%_\\'],
  ...['straße', 'ÅÄ', '日本', '😀x', '\n\r\u2028\u2029'],
]
const longText = 'αβγ'.repeat(60)

const texts: Arb<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...knownTexts) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom(longText, 'x'.repeat(300), `${longText}a`) },
)

/** As long as the columns of the tightest schedule may be: see schedules.ts. */
export const TEXT_BYTES_MAX = 4096

/** Two of these differ early or only at their ends; no search in one of them takes long. */
export const hugeTexts: Arb<string> = fc
  .record({
    start: fc.constantFrom('', 'x', 'é'),
    end: fc.constantFrom('', '!', '日'),
    bytes: fc.constantFrom(TEXT_BYTES_MAX, TEXT_BYTES_MAX - 1, 2000),
  })
  .map(({ start, end, bytes }) => {
    const rest = bytes - Buffer.byteLength(start) - Buffer.byteLength(end)
    return `${start}${digits.slice(0, rest)}${end}`
  })

const digits = Array.from({ length: TEXT_BYTES_MAX / 4 }, (_, i) => String(i + 1000)).join('')

const knownFloats: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 1.5, -2.5, 1e308, 5e-324, 2 ** 53, 2 ** 63],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
]

const floats: Arb<number> = fc.oneof(
  fc.constantFrom(...knownFloats),
  fc.double(),
  fc.integer({ min: -20, max: 20 }).map(n => n / 4),
)

const big = (min: bigint, max: bigint): Arb<bigint> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.bigInt({ min: min < -9n ? -9n : min, max: max > 9n ? 9n : max }) },
    { weight: 1, arbitrary: fc.constantFrom(min, max, min + 1n, max - 1n, max / 2n) },
    { weight: 1, arbitrary: fc.bigInt({ min, max }) },
  )

export const MIN64 = -(1n << 63n)
export const MAX64 = (1n << 63n) - 1n

/** Values of a type. */
export function valuesOf(type: DataType): Arb<Value> {
  if (isInteger(type)) {
    const { min, max } = integerRange[type]
    return big(min, max).map(value => ofInteger(value, type))
  }
  if (isDecimal(type)) return big(-unitsMax(type), unitsMax(type))
  if (isFloat(type)) return floats.map(value => (type === 'float32' ? Math.fround(value) : value))
  if (isTimestamp(type))
    return big(MIN64, MAX64).chain(value => fc.constantFrom(value, value % 100_000_000_000n))
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'utf8':
      return texts
    case 'binary':
      return fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ maxLength: 6 }))
    default:
      return big(-(1n << 31n), (1n << 31n) - 1n).map(Number)
  }
}
