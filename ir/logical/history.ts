/**
 * history: each row goes on with what it learns of others of its partition. Rows are taken as they come, which is the order of
 * event time behind `sort`. A row that learns of those before it goes on at once. One that learns of a range of time waits until
 * the watermark has passed it, for rows of its own time belong to the range. One that learns of rows behind it waits for
 * them or for the end of input, however long that takes: what follows has no event time.
 */
import { MillraceError } from '../errors.ts'
import { canRefuse } from '../expr/aggregates.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn, type Schema } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import { columnOf, frameOf, type HistoryCall, type NamedCall, printCall, readBy } from './history-call.ts'
import type { LogicalNode } from './index.ts'
import { refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

export interface History {
  readonly kind: 'history'
  readonly input: LogicalNode
  readonly keys: readonly string[]
  /** The column of event time that rows come in the order of; undefined where they come in any. */
  readonly column: string | undefined
  readonly calls: readonly NamedCall[]
  readonly relation: Relation
}

/** What a row waits for: nothing, that the watermark passes it, or rows behind it. */
export type Waiting = 'nothing' | 'time' | 'rows'

export const waitsFor = ({ calls }: Pick<History, 'calls'>): Waiting => {
  const kinds = new Set(calls.map(({ call }) => waitingOf(call)))
  return kinds.has('rows') ? 'rows' : kinds.has('time') ? 'time' : 'nothing'
}

function waitingOf(call: HistoryCall): Waiting {
  if (call.kind === 'lead') return 'rows'
  return frameOf(call)?.kind === 'range' ? 'time' : 'nothing'
}

/**
 * Rows with what each learns of others. What waits for rows behind waits last, so that all else is given in the order of time.
 */
export function histories(
  input: LogicalNode,
  keys: readonly string[],
  column: string | undefined,
  calls: readonly NamedCall[],
): LogicalNode {
  const leads = calls.filter(({ call }) => waitingOf(call) === 'rows')
  const others = calls.filter(({ call }) => waitingOf(call) !== 'rows')
  return [others, leads]
    .filter(part => part.length > 0)
    .reduce<LogicalNode>((node, part) => history(node, keys, column, part), input)
}

export function history(
  input: LogicalNode,
  keys: readonly string[],
  column: string | undefined,
  calls: readonly NamedCall[],
): History {
  const { relation } = input
  const { schema, time } = relation
  checkInput(relation, keys, column)
  const waits = waitsFor({ calls })
  if (waits === 'rows' && calls.some(({ call }) => call.kind !== 'lead'))
    throw new Error('what waits for rows behind waits by itself')
  if (waits === 'time' && column === undefined)
    throw refusal('a range of time over rows in order of arrival', 'order the rows by their event time')
  if (column !== undefined && !isInOrder(input, column))
    throw refusal(`rows that do not come in the order of '${column}'`, 'sort them first')
  if (waits !== 'nothing') for (const { name, type } of schema) refuseList(`history with '${name}'`, type)
  const columns = checkSchema([...schema, ...calls.map(call => columnOf(call, schema))])
  const isTimed = waits !== 'rows'
  return {
    kind: 'history',
    input,
    keys,
    column,
    calls,
    relation: { ...relation, schema: columns, time: isTimed ? time : undefined },
  }
}

function checkInput(
  { schema, time, isChangelog }: Relation,
  keys: readonly string[],
  column: string | undefined,
): void {
  if (isChangelog)
    throw refusal('the history of changes: one may take back another', 'read them as rows: asAppend(..)')
  if (time?.window)
    throw refusal('the history of rows that belong to windows', 'ask for it before windows are assigned')
  for (const name of keys) {
    const key = findColumn(schema, name)
    if (!key) throw new MillraceError('LDB-1100', `no column '${name}' to tell partitions by`)
    refuseList(`partitions by '${name}'`, key.type)
  }
  if (column !== undefined) checkTime(schema, time, column)
}

/** Do rows come in the order of a column of event time? */
export function isInOrder(node: LogicalNode, column: string): boolean {
  switch (node.kind) {
    case 'sort':
      return node.column === column
    case 'filter':
      return isInOrder(node.input, column)
    case 'history':
      return waitsFor(node) !== 'rows' && isInOrder(node.input, column)
    case 'project': {
      const expr = node.columns.find(({ name }) => name === column)?.expr
      return expr?.kind === 'column' && isInOrder(node.input, expr.name)
    }
    default:
      return false
  }
}

function checkTime(schema: Schema, time: Relation['time'], column: string): void {
  const type = findColumn(schema, column)?.type
  if (!time?.columns.includes(column) || !type || !isTimestamp(type))
    throw new MillraceError('LDB-2001', `'${column}' has no watermark, so its order is not known`, {
      fix: 'order by a time column of the source, or by arrival',
    })
}

/** May it refuse a row of its own accord? */
export const isRisky = ({ call }: NamedCall): boolean => call.kind === 'aggregate' && canRefuse(call.call)

/** The columns that it reads itself. */
export const columnsRead = ({
  keys,
  column,
  calls,
}: Pick<History, 'keys' | 'column' | 'calls'>): readonly string[] => [
  ...keys,
  ...(column === undefined ? [] : [column]),
  ...calls.flatMap(({ call }) => readBy(call)),
]

export const historyRule: OperatorRule<History> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['append'],
  print: ({ keys, column, calls }) => {
    const order = column === undefined ? '' : ` in order of ${printName(column)}`
    return `history by (${keys.map(printName).join(', ')})${order}: ${calls.map(printCall).join(', ')}`
  },
}
