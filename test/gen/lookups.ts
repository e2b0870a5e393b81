/** Random lookups in tables that have rows for most keys. */
import fc from 'fast-check'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { lookup, lookupTypes } from '../../ir/logical/lookup.ts'
import { isHeldByPartition } from '../../ir/logical/sources.ts'
import { isList } from '../../ir/types.ts'
import { endlessTable } from '../support/endless-table.ts'

const KEYS_DRAWN_MAX = 2

/** In order of arrival: what follows may depend on it. */
export const lookedUp =
  (name: string) =>
  (input: LogicalNode): fc.Arbitrary<LogicalNode> =>
    isHeldByPartition(input) ? fc.constant(input) : lookupsIn(input, name, fc.constant(true))

/** By any columns; the input alone where there can be none. */
export function lookupsIn(
  input: LogicalNode,
  name: string,
  orders: fc.Arbitrary<boolean>,
): fc.Arbitrary<LogicalNode> {
  const { schema, time, isChangelog } = input.relation
  const isRefused = isChangelog || time?.window || schema.some(({ type }) => isList(type))
  if (isRefused || schema.some(one => one.name.startsWith('right_'))) return fc.constant(input)
  return fc
    .record({
      keys: fc.subarray([...schema], { minLength: 1, maxLength: Math.min(KEYS_DRAWN_MAX, schema.length) }),
      type: fc.constantFrom(...lookupTypes),
      isOrdered: orders,
      ttlMs: fc.constantFrom(undefined, undefined, 1n, 30n),
      cacheRows: fc.constantFrom(1, 2, 1000),
    })
    .map(({ keys, ...rules }) => {
      const table = endlessTable(
        name,
        keys.map(({ type }) => type),
      )
      return lookup(input, { ...rules, table, on: keys.map(one => one.name), waitingRows: 1 << 10 })
    })
}
