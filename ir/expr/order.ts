/**
 * The total order of each type: for min, max, sorting and group keys. NaN is the largest number and equal to
 * itself, -0 equals 0, text is ordered by its UTF-8 bytes. Predicates compare floats as IEEE says instead.
 */
import { type DataType, isFloat } from '../types.ts'
import type { Value } from './expr.ts'

const encoder = new TextEncoder()

/** Negative, zero or positive, as `a` comes before, with or after `b`; neither is null. */
export function compareValues(type: DataType, a: Value, b: Value): number {
  if (type === 'utf8') return compareBytes(encoder.encode(a as string), encoder.encode(b as string))
  if (type === 'binary') return compareBytes(a as Uint8Array, b as Uint8Array)
  if (isFloat(type)) return compareFloats(a as number, b as number)
  const [x, y] = [a as number, b as number]
  return x < y ? -1 : x > y ? 1 : 0
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

/** The same text for two values exactly when they belong to the same group; null is a group of its own. */
export function groupKey(value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `b${value.join(',')}`
  if (typeof value === 'number') return `n${value === 0 ? 0 : value}`
  return `${typeof value}:${value}`
}
