/** What lists of values mean: those of a group in the order of their panes, in each pane in the order of arrival. */
import { MillraceError } from '../errors.ts'
import type { DataType } from '../types.ts'
import { RowFault, type Value } from './expr.ts'
import { compareValues } from './order.ts'

/** The most values that a group keeps where no limit is given: the row that brings one more is refused. */
export const LIST_VALUES_MAX = 65_536
/** The largest limit there is; values that `top_k` may keep, which looks at each of them for a row. */
export const LIMIT_MAX = 1 << 20
export const TOP_MAX = 1000
/** Bytes of a separator. */
export const SEPARATOR_BYTES_MAX = 1024

/** The first so many values; without a limit all of them, which must not be too many. */
export function firstOf<T>(values: readonly T[], limit: number | undefined): readonly T[] {
  if (limit === undefined && values.length > LIST_VALUES_MAX) throw new RowFault('LDB-9007')
  return values.slice(0, limit)
}

/** The `k` largest values (the smallest where `sign` is negative), of equal ones those that came first. */
export function topOf(
  values: readonly Value[],
  type: DataType,
  sign: 1 | -1,
  k: number | undefined,
): readonly Value[] {
  return values.toSorted((a, b) => sign * compareValues(type, b, a)).slice(0, k)
}

/** Throws LDB-0001 where it is no whole number from 1 to `max`. */
export function checkLimit(what: string, limit: unknown, max: number): void {
  if (Number.isInteger(limit) && (limit as number) >= 1 && (limit as number) <= max) return
  throw new MillraceError('LDB-0001', `${what} takes a whole number from 1 to ${max}, not ${limit}`)
}

/** Throws LDB-0001 where it is no text, or too long a one. */
export function checkSeparator(what: string, separator: unknown): void {
  const bytes = typeof separator === 'string' ? Buffer.byteLength(separator) : Number.POSITIVE_INFINITY
  if (bytes <= SEPARATOR_BYTES_MAX && !/\p{Surrogate}/u.test(String(separator))) return
  throw new MillraceError(
    'LDB-0001',
    `${what} takes a separator: a text of ${SEPARATOR_BYTES_MAX} bytes at the most`,
  )
}
