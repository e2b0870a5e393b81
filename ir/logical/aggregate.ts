/**
 * aggregate: one row per group. Groups of a window are emitted when the watermark passes its end; without a
 * window, when the input ends; by windows of rows, with the row that fills one.
 */
import { MillraceError } from '../errors.ts'
import { type Aggregate as AggregateCall, aggregateRow, printAggregate } from '../expr/aggregates.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { type Column, checkSchema, findColumn } from '../schema.ts'
import {
  CHANGE,
  changeColumn,
  checkEmit,
  type Emit,
  emitsChanges,
  isEager,
  isRefined,
  ON_CLOSE,
  printEmit,
  saysChanges,
  takesBack,
} from './emit.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE, refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import { type AssignedWindow, checkColumns, type Relation } from './relation.ts'
import { checkRetraction } from './retraction.ts'
import { checkRowWindow, numberColumn, overlaps, printRowWindow, type RowWindow } from './row-window.ts'

export interface NamedAggregate {
  readonly name: string
  readonly call: AggregateCall
}

export interface Aggregate {
  readonly kind: 'aggregate'
  readonly input: LogicalNode
  /** The window whose end closes the groups; its columns come first in the output. */
  readonly window: AssignedWindow | undefined
  readonly keys: readonly string[]
  readonly aggregates: readonly NamedAggregate[]
  readonly emit: Emit
  /** Set where the number of its rows says when a group hands out results. */
  readonly rows: RowWindow | undefined
  /** A column of booleans: where it is true a row takes its whole group back. */
  readonly deletes: string | undefined
  readonly relation: Relation
}

/**
 * Is a row taken into each of its windows for itself? So it is where these give results while they are open, or where rows are
 * taken back. Else windows that overlap share what is kept of a row.
 */
export const splitsByWindow = ({
  window,
  emit,
  input,
}: Pick<Aggregate, 'window' | 'emit' | 'input'>): boolean =>
  (window?.spec.kind === 'hop' || window?.spec.kind === 'cumulate') &&
  (isEager(emit) || isRefined(emit) || input.relation.isChangelog)

/** Do results leave with rows, and not with the watermark? */
export const leavesWithRows = ({ emit, rows }: Pick<Aggregate, 'emit' | 'rows'>): boolean =>
  isEager(emit) || rows !== undefined

export function aggregate(
  input: LogicalNode,
  keys: readonly string[],
  aggregates: readonly NamedAggregate[],
  emit: Emit = ON_CLOSE,
  rows?: RowWindow,
  deletes?: string,
): Aggregate {
  const { schema, time } = input.relation
  checkRetraction(input.relation, { keys, aggregates, emit, rows, deletes })
  if (rows) checkRows(rows, emit, time?.window)
  const window = time?.window
  const hasTime = time !== undefined && time.columns.length > 0
  const isSession = window?.spec.kind === 'session'
  checkEmit(emit, { hasWindow: window !== undefined, hasSessions: isSession, hasTime })
  if (takesBack(emit)) checkCanBeKept(aggregates)
  if (combinesPanes({ window, rows, emit, input })) checkCanBeMerged(aggregates)
  if (isSession && isEager(emit)) checkCanJoin(aggregates)
  if (isSession && deletes !== undefined)
    throw refusal(`sessions that '${deletes}' deletes`, 'use other windows')
  const bounds = window ? [window.start, window.end] : []
  const columns = keys.map(name => {
    const column = findColumn(schema, name)
    if (!column) throw new MillraceError('LDB-1100', `no column '${name}' to group by`)
    refuseList(`a group key '${name}'`, column.type)
    return column
  })
  for (const { name, call } of aggregates) for (const arg of call.args) checkColumns(arg, schema, name)
  const results = aggregates.map(
    ({ name, call }): Column => ({ name, type: call.type, nullable: call.nullable }),
  )
  const isChangelog = emitsChanges(emit, input.relation.isChangelog)
  return {
    kind: 'aggregate',
    input,
    window,
    keys,
    aggregates,
    emit,
    rows,
    deletes,
    relation: {
      schema: checkSchema([
        ...(rows?.sizeRows === undefined ? [] : [numberColumn]),
        ...bounds.map(name => ({ name, type: window?.type ?? 'int64', nullable: false })),
        ...columns,
        ...results,
        ...(isChangelog ? [changeColumn] : []),
      ]),
      isChangelog,
      time: window && { columns: timesOf(window), window: undefined },
    },
  }
}

/** Are groups those of panes, which are combined to what their windows hold? */
export const combinesPanes = (node: Pick<Aggregate, 'window' | 'rows' | 'emit' | 'input'>): boolean => {
  const { window, rows } = node
  if (rows) return overlaps(rows)
  return window !== undefined && window.spec.kind !== 'tumble' && !splitsByWindow(node)
}

/** Must a group have a result behind each of its rows? It leaves with the row, or may have to be taken back as it was. */
export const resultsFollowRows = (node: Pick<Aggregate, 'emit' | 'rows' | 'window' | 'input'>): boolean =>
  takesBack(node.emit) || (leavesWithRows(node) && !(node.rows && overlaps(node.rows)))

function checkCanBeMerged(aggregates: readonly NamedAggregate[]): void {
  if (!aggregates.some(({ call }) => call.fold && !call.fold.merge)) return
  throw new MillraceError('LDB-1001', 'fold without `merge`, in windows that are made of panes', {
    fix: 'give the definition of the aggregate a `merge`, or use windows that do not overlap',
  })
}

/** What is taken back is what was handed out, which is kept for that, as a copy of the fields of the group. */
function checkCanBeKept(aggregates: readonly NamedAggregate[]): void {
  const large = aggregates.find(({ call }) => aggregateRow(call.fn).outgrowsEntry)
  if (!large) return
  throw new MillraceError('LDB-1001', `${large.call.fn} as changes: what it came to before is not kept`, {
    fix: "leave `changes` out, or use 'changelog'",
  })
}

/** Sessions that have told their results are joined in one step. */
function checkCanJoin(aggregates: readonly NamedAggregate[]): void {
  const large = aggregates.find(({ call }) => aggregateRow(call.fn).outgrowsEntry)
  if (!large) return
  throw new MillraceError('LDB-1001', `${large.call.fn} of sessions, told with every row`, {
    fix: "emit on 'close'",
  })
}

function checkRows(rows: RowWindow, emit: Emit, window: AssignedWindow | undefined): void {
  if (window) {
    throw new MillraceError(
      'LDB-1001',
      `results by the number of rows, of rows in ${window.spec.kind} windows`,
      {
        fix: 'aggregate the rows of each window first, or leave one of the two out',
      },
    )
  }
  if (emit.strategy !== 'close' || isRefined(emit) || saysChanges(emit)) {
    throw new MillraceError('LDB-1001', `results by the number of rows, and${printEmit(emit)}`, {
      fix: 'leave the emit option out: the row that fills a window hands out its result',
    })
  }
  checkRowWindow(rows)
}

/** A session may have begun at any time before its end. */
const timesOf = ({ spec, start, end }: AssignedWindow): readonly string[] =>
  spec.kind === 'session' ? [end] : [start, end]

export const aggregateRule: OperatorRule<Aggregate> = {
  inputs: node => [node.input],
  exprs: node => node.aggregates.flatMap(({ call }) => call.args),
  accepts: ANY_MODE,
  print: ({ window, keys, aggregates, emit, rows, deletes }) => {
    const by = [...(window ? [window.start, window.end] : []), ...keys].map(printName).join(', ')
    const calls = aggregates.map(({ name, call }) => `${printAggregate(call)} as ${printName(name)}`)
    const taken = deletes === undefined ? '' : ` deleted by ${printName(deletes)}`
    const counted = rows ? printRowWindow(rows) : ''
    return `aggregate by (${by})${counted}: ${calls.join(', ')}${taken}${printEmit(emit)}`
  },
}

/** The columns that say whether a row is taken back, or takes its group back. */
export const weightsOf = ({ input, deletes }: Aggregate): readonly string[] => [
  ...(input.relation.isChangelog ? [CHANGE] : []),
  ...(deletes === undefined ? [] : [deletes]),
]
