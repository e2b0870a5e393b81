/** What is told of values by their order: the meaning of the aggregates that keep all of them. */
import type { DataType } from '../types.ts'
import type { Value } from './expr.ts'
import { compareValues, groupKey } from './order.ts'

/** How many values are distinct; all NaN are one, and so are both zeros. */
export const distinctOf = (values: readonly Value[]): number => new Set(values.map(groupKey)).size

/**
 * The number at a part of the way through all of them in their order. Between two of them it is on the line from one to
 * the other; where they are so far apart that their distance is no number, each counts by its weight.
 */
export function quantileOf(numbers: readonly number[], fraction: number): number {
  const inOrder = numbers.toSorted((a, b) => compareValues('float64', a, b))
  const before = fraction * (inOrder.length - 1)
  const rank = Math.floor(before)
  const part = before - rank
  // A negative zero is a zero.
  return (part === 0 ? inOrder[rank] : between(inOrder[rank], inOrder[rank + 1], part)) + 0
}

function between(low: number, high: number, part: number): number {
  const gap = high - low
  return Number.isFinite(gap) ? low + gap * part : low * (1 - part) + high * part
}

/** The least value that with those before it makes up a part of all; of equal ones the first. */
export function valueAt(values: readonly Value[], type: DataType, fraction: number): Value {
  const inOrder = values.toSorted((a, b) => compareValues(type, a, b))
  return firstLike(values, type, inOrder[Math.max(0, Math.ceil(fraction * values.length) - 1)])
}

/** The value that occurs most often, of several the least; of equal ones the first. */
export function modeOf(values: readonly Value[], type: DataType): Value {
  const counts = new Map<string, number>()
  for (const key of values.map(groupKey)) counts.set(key, (counts.get(key) ?? 0) + 1)
  const most = Math.max(...counts.values())
  const often = values.filter(value => counts.get(groupKey(value)) === most)
  return often.reduce((least, value) => (compareValues(type, value, least) < 0 ? value : least))
}

const firstLike = (values: readonly Value[], type: DataType, wanted: Value): Value =>
  values.find(value => compareValues(type, value, wanted) === 0) ?? wanted
