/** Random joins of two streams: by times that are bound, by windows, or by nothing but keys. */
import fc from 'fast-check'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { intervalJoin, joinTypes } from '../../ir/logical/interval-join.ts'
import { columnsOfBoth, rightNames } from '../../ir/logical/join-columns.ts'
import { withoutCode } from '../../ir/logical/mode.ts'
import type { Schema } from '../../ir/schema.ts'
import { isList, isTimestamp } from '../../ir/types.ts'
import { exprOf, ref } from './exprs.ts'

const DEPTH = 2

/** Columns of event time, of which joins keep their distance. */
export const timesOf = ({ relation: { schema, time } }: LogicalNode): Schema =>
  schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))

/** Joins of two streams by any of their columns; one alone where they cannot be joined. */
export function joinsOf(left: LogicalNode, right: LogicalNode): fc.Arbitrary<LogicalNode> {
  const window = left.relation.time?.window
  const pairs = timesOf(left).flatMap(a =>
    timesOf(right)
      .filter(b => a.type === b.type)
      .map(b => [a, b] as const),
  )
  const isFree =
    (window && !window.isInRows) || left.relation.schema.some(({ name }) => name.startsWith('right_'))
  const hasLists = [left, right].some(({ relation }) => relation.schema.some(({ type }) => isList(type)))
  if (isFree || hasLists) return fc.constant(left)
  const names = rightNames(left.relation.schema, right.relation.schema)
  const both = columnsOfBoth(left.relation.schema, right.relation.schema, names)
  const equal = withoutCode(left.relation.schema).flatMap(a =>
    withoutCode(right.relation.schema)
      .filter(b => a.type === b.type && !isList(a.type))
      .map(b => ({ left: ref(a), right: ref(b) })),
  )
  const keys = fc.subarray(equal, { maxLength: Math.min(2, equal.length) })
  const residual = fc.option(exprOf('bool', both, DEPTH), { nil: undefined, freq: 2 })
  const ranges =
    pairs.length === 0
      ? fc.constant(undefined)
      : fc
          .tuple(fc.constantFrom(...pairs), fc.array(distances, { minLength: 2, maxLength: 2 }))
          .map(([[a, b], ends]) => {
            const [lower, upper] = ends.toSorted((x, y) => (x < y ? -1 : 1))
            return { left: a.name, right: b.name, lower, upper }
          })
  return fc
    .tuple(
      fc.constantFrom(...joinTypes),
      keys,
      window ? fc.constant(undefined) : fc.option(ranges, { nil: undefined, freq: 3 }),
      residual,
    )
    .map(([type, keys, range, residual]) =>
      intervalJoin(left, right, {
        type,
        condition: { keys, range, residual },
        names,
        maxRows: range || window ? undefined : ROWS_KEPT,
      }),
    )
}

/** More than there ever are. */
const ROWS_KEPT = 1 << 11

const distances = fc.constantFrom(
  -(1n << 62n),
  -1000n,
  -10n,
  -3n,
  -1n,
  0n,
  0n,
  1n,
  2n,
  5n,
  10n,
  1000n,
  1n << 62n,
)
