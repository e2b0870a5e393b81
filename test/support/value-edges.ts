/** Edge values of each column type. */

import { unitsMax } from '../../ir/expr/decimal.ts'
import type { Value } from '../../ir/expr/expr.ts'
import {
  type DataType,
  type DecimalType,
  dataTypes,
  factsOf,
  type IntegerType,
  integerRange,
  isDecimal,
  isInteger,
} from '../../ir/types.ts'
import { edges } from './edges.ts'

const texts = [
  '',
  'a',
  'A',
  'abc',
  'ab',
  ' \u00a0x y\ufeff\n',
  'Straße',
  'ΑΣ ΣΑΣ',
  'İı\u0390',
  '😀',
  'a😀b',
  '\ud83c\udde9\ud83c\uddea',
  '\uffff',
  '\ue000z',
  '\u{10000}',
  '\u{10ffff}',
  '%a_',
  '12',
  '0.005',
  '-12.345',
  '.5',
  '1.',
  '1..2',
  '-0012',
  '9223372036854775808',
  '1e3',
  ' 0x1F ',
  'Infinity',
  'null',
]

const integers = (type: IntegerType): readonly Value[] => {
  const { min, max } = integerRange[type]
  const wide = factsOf(type).bits === 64
  const all = [
    min,
    min + 1n,
    -7n,
    -1n,
    0n,
    1n,
    2n,
    7n,
    100n,
    max - 1n,
    max,
    ...(wide ? (edges.i64 as bigint[]) : []),
  ]
  const fitting = [...new Set(all)].filter(value => value >= min && value <= max)
  return wide ? fitting : fitting.map(Number)
}

function decimals(type: DecimalType): readonly Value[] {
  const max = unitsMax(type)
  const units = [0n, 1n, 5n, 49n, 50n, 149n, 500n, 12_345n, 99_950n, max / 2n, max - 1n, max]
  return units.flatMap(one => (one === 0n ? [one] : [one, -one]))
}

const days = [0, 1, -1, 59, 60, 18_262, -719_162, 2_932_896, -2147483648, 2147483647]
const ticks: readonly Value[] = [
  ...(edges.i64 as bigint[]),
  86_399_999n,
  -86_400_000n,
  1_704_067_199_999n,
  -62_135_596_800_000n,
]

function edgesOf(type: DataType): readonly Value[] {
  if (isInteger(type)) return integers(type)
  if (isDecimal(type)) return decimals(type)
  switch (factsOf(type).class) {
    case 'bool':
      return [false, true]
    case 'float':
      return type === 'float64'
        ? (edges.f64 as number[])
        : [...new Set((edges.f64 as number[]).map(Math.fround))]
    case 'date':
      return days
    case 'timestamp':
      return ticks
    default:
      return type === 'utf8' ? texts : texts.map(text => new TextEncoder().encode(text))
  }
}

const withNull = (type: DataType): readonly [DataType, readonly Value[]] => [type, [...edgesOf(type), null]]

/** The edge values of a type, null the last of them. */
export const valueEdges = new Map(dataTypes.map(withNull))
