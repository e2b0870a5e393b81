/** Rows in random orders, and with what they learn of each other. */
import fc from 'fast-check'
import { history, isInOrder, type Waiting } from '../../ir/logical/history.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { type SortKey, sort } from '../../ir/logical/sort.ts'
import { isHeldByPartition } from '../../ir/logical/sources.ts'
import type { Schema } from '../../ir/schema.ts'
import { isList, isTimestamp } from '../../ir/types.ts'
import { historyCallsOf } from './histories.ts'

type NodeArb = fc.Arbitrary<LogicalNode>

const KEYS_DRAWN_MAX = 3

/** By event time, where there is any. */
export const sortedBy = (input: LogicalNode): NodeArb => {
  const { schema, time } = input.relation
  const times = schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))
  if (time?.window || times.length === 0) return fc.constant(input)
  return fc
    .tuple(fc.constantFrom(...times), sortKeysOf(schema))
    .map(([{ name }, keys]) => sort(input, name, keys))
}

/** The rows of each window. */
export const sortedIn = (input: LogicalNode): NodeArb =>
  fc
    .tuple(sortKeysOf(input.relation.schema), fc.constantFrom(undefined, undefined, 1, 2))
    .map(([keys, limit]) => sort(input, undefined, keys, limit))

/** With what rows learn of those before them in the order in which they come. */
export const historied = (input: LogicalNode): NodeArb => {
  const { schema, time, isChangelog } = input.relation
  const columns = schema.filter(({ type }) => !isList(type))
  if (isChangelog || time?.window || isHeldByPartition(input) || columns.length === 0)
    return fc.constant(input)
  const keys = fc.subarray(
    columns.map(({ name }) => name),
    { maxLength: Math.min(KEYS_DRAWN_MAX, columns.length) },
  )
  return historiesOf(input).chain(({ kind, column }) =>
    fc
      .tuple(keys, historyCallsOf(schema, kind))
      .map(([names, calls]) => history(input, names, column, calls)),
  )
}

/** What calls wait for, and the time that their rows are in the order of. */
function historiesOf(
  input: LogicalNode,
): fc.Arbitrary<{ readonly kind: Waiting; readonly column: string | undefined }> {
  const { schema, time } = input.relation
  const column = time?.columns.find(name => isInOrder(input, name))
  const inOrder = fc.constantFrom(column, undefined).map(by => ({ kind: 'nothing' as const, column: by }))
  if (schema.some(({ type }) => isList(type))) return inOrder
  const behind = fc.constant({ kind: 'rows' as const, column })
  const ranges = fc.constant({ kind: 'time' as const, column })
  return fc.oneof(inOrder, behind, ...(column === undefined ? [] : [{ weight: 3, arbitrary: ranges }]))
}

const sortKeysOf = (schema: Schema): fc.Arbitrary<readonly SortKey[]> =>
  fc.uniqueArray(
    fc.record(
      {
        column: fc.constantFrom(...schema.map(({ name }) => name)),
        descending: fc.boolean(),
        nullsFirst: fc.boolean(),
      },
      { noNullPrototype: true },
    ),
    { maxLength: KEYS_DRAWN_MAX, selector: ({ column }) => column },
  )
