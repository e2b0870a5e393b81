/**
 * sort: rows wait until the watermark has passed them, and leave in the order of event time. Where they belong to windows they
 * wait until their window closes, and leave window by window. What comes behind the watermark is late; so the order that
 * rows leave in does not depend on when they leave.
 */

import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { LogicalNode } from './index.ts'
import { refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { AssignedWindow, EventTime, Relation } from './relation.ts'

/** A column that rows are in the order of: numbers by value with NaN as the largest, texts by their bytes. */
export interface SortKey {
  readonly column: string
  readonly descending: boolean
  /** Do rows without a value come before all others? */
  readonly nullsFirst: boolean
}

export interface Sort {
  readonly kind: 'sort'
  readonly input: LogicalNode
  /** The column of event time whose order is that of the rows; undefined where windows say when they leave. */
  readonly column: string | undefined
  /** What tells rows of one time, or of one window, apart; those that are alike stay in the order of their arrival. */
  readonly keys: readonly SortKey[]
  /** Rows that leave of each window at most. */
  readonly limit: number | undefined
  readonly relation: Relation
}

export const SORT_LIMIT_MAX = 2 ** 31 - 1

/** Without a column the rows are those of windows. */
export function sort(
  input: LogicalNode,
  column: string | undefined,
  keys: readonly SortKey[],
  limit?: number,
): Sort {
  const { schema, time, isChangelog } = input.relation
  if (isChangelog)
    throw refusal('changes in another order', 'consolidate them, or read them as rows: asAppend(..)')
  for (const key of keys)
    if (!findColumn(schema, key.column))
      throw new MillraceError('LDB-1100', `no column '${key.column}' to sort by`)
  for (const { name, type } of schema) refuseList(`sort with '${name}'`, type)
  if (column === undefined) checkWindow(time?.window, limit)
  else checkColumn(input.relation, column, limit)
  const columns = time?.columns ?? []
  return {
    kind: 'sort',
    input,
    column,
    keys,
    limit,
    relation: { ...input.relation, time: { columns, window: undefined } },
  }
}

function checkWindow(window: AssignedWindow | undefined, limit: number | undefined): void {
  if (!window?.isInRows)
    throw refusal(
      window ? 'rows that belong to several windows, sorted' : 'all rows of a stream, sorted',
      window ? 'sort the rows of tumbling windows' : 'sort by event time first, or sort the rows of windows',
    )
  if (limit === undefined || (Number.isInteger(limit) && limit > 0 && limit <= SORT_LIMIT_MAX)) return
  throw new MillraceError('LDB-0001', `a limit of ${limit} rows of a window`)
}

function checkColumn({ schema, time }: Relation, column: string, limit: number | undefined): void {
  if (time?.window)
    throw refusal('rows that belong to windows, sorted by time', 'sort them before windows are assigned')
  const type = findColumn(schema, column)?.type
  if (!isTimed(time, column) || !type || !isTimestamp(type))
    throw new MillraceError('LDB-2001', `'${column}' has no watermark, so no row would ever leave`, {
      fix: 'name a time column of the source',
    })
  if (limit !== undefined)
    throw refusal('a limit of rows that are sorted by time', 'limit the rows of windows, or rank them')
}

const isTimed = (time: EventTime | undefined, column: string): boolean =>
  time?.columns.includes(column) === true

/** The windows whose rows it sorts. */
export const sortedWindow = ({ column, input }: Sort): AssignedWindow | undefined =>
  column === undefined ? input.relation.time?.window : undefined

export const sortRule: OperatorRule<Sort> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['append'],
  print: ({ column, keys, limit }) => {
    const by = [...(column === undefined ? [] : [printName(column)]), ...keys.map(printKey)].join(', ')
    const rows = column === undefined ? 'sort windows' : 'sort'
    return `${rows} by (${by})${limit === undefined ? '' : ` limit ${limit}`}`
  },
}

const printKey = ({ column, descending, nullsFirst }: SortKey): string =>
  `${printName(column)}${descending ? ' desc' : ''}${nullsFirst === descending ? '' : nullsFirst ? ' nulls first' : ' nulls last'}`
