/**
 * How a list lies in the bytes region: its values one after the other, a word for each (for a text where it lies: offset
 * and length); behind them, where some may be null, a byte for each that says whether it is.
 */
import { type ElementType, elementOf, factsOf, type ListType } from './types.ts'

/** Bytes of the word of a value. */
export function wordBytes(type: ElementType): 4 | 8 {
  const { value } = factsOf(type)
  return value === 'bool' || value === 'i32' ? 4 : 8
}

/** Bytes that each value of a list takes. */
export function valueBytes(list: ListType): number {
  const { type, nullable } = elementOf(list)
  return wordBytes(type) + (nullable ? 1 : 0)
}
