/**
 * What a row learns of those before and behind it in its partition. Frames end with the row itself: `rows` are so many rows before
 * it, `range` all whose time is no further back, those of its own time that come behind it among them; `running` are all rows
 * up to it, in the order in which they come.
 */
import { MillraceError } from '../errors.ts'
import { type Aggregate, type AggregateName, aggregateRow, printAggregate } from '../expr/aggregates.ts'
import { refuseList } from '../expr/build.ts'
import { retractRow } from '../expr/changes.ts'
import type { Literal } from '../expr/expr.ts'
import { printExpr, printName } from '../expr/print.ts'
import { type Column, findColumn, type Schema } from '../schema.ts'
import { refusal } from './mode.ts'
import { checkColumns } from './relation.ts'

export type Frame =
  | { readonly kind: 'running' }
  | { readonly kind: 'rows'; readonly preceding: number }
  | { readonly kind: 'range'; readonly ticks: bigint }

/** The value of the row so many before or behind; `otherwise` where there is none. */
interface ShiftedBy<K extends string> {
  readonly kind: K
  readonly column: string
  readonly offset: number
  readonly otherwise: Literal | undefined
}

export type Shifted = ShiftedBy<'lag'> | ShiftedBy<'lead'>

/** The value of a row of a frame by its number from 1 on; null where there are not so many. */
interface Numbered {
  readonly kind: 'nth'
  readonly column: string
  readonly number: number
  readonly frame: Frame
}

/** The value of the last row of a frame. */
interface Last {
  readonly kind: 'last'
  readonly column: string
  readonly frame: Frame
}

export type Placed = Numbered | Last

/** What the rows of a frame come to; the arguments are columns. */
export interface Framed {
  readonly kind: 'aggregate'
  readonly call: Aggregate
  readonly frame: Frame
}

export type HistoryCall = Shifted | Placed | Framed

export interface NamedCall {
  readonly name: string
  readonly call: HistoryCall
}

/** Rows that may lie between a row and what it learns of. */
export const DISTANCE_MAX = 1_048_576

export const frameOf = (call: HistoryCall): Frame | undefined => ('frame' in call ? call.frame : undefined)

/** The columns whose values it learns of, in the order of its arguments. */
export const readBy = (call: HistoryCall): readonly string[] =>
  call.kind === 'aggregate'
    ? call.call.args.flatMap(arg => (arg.kind === 'column' ? [arg.name] : []))
    : [call.column]

/** The column that it becomes. Refuses what it does not mean. */
export function columnOf({ name, call }: NamedCall, schema: Schema): Column {
  checkNumbers(call)
  if (call.kind === 'aggregate') {
    checkAggregate(call, schema)
    return { name, type: call.call.type, nullable: call.call.nullable }
  }
  const column = findColumn(schema, call.column)
  if (!column) throw new MillraceError('LDB-1100', `no column '${call.column}' whose history is kept`)
  refuseList(`the history of '${call.column}'`, column.type)
  const otherwise = 'otherwise' in call ? call.otherwise : undefined
  if (otherwise && otherwise.type !== column.type)
    throw new MillraceError('LDB-1200', `a default of type ${otherwise.type} for '${call.column}'`)
  return { name, type: column.type, nullable: column.nullable || mayMiss(call) }
}

/** May there be no row to learn of? */
function mayMiss(call: Shifted | Placed): boolean {
  if (call.kind === 'last') return false
  return call.kind === 'nth' ? call.number > 1 : call.otherwise?.nullable !== false
}

function checkNumbers(call: HistoryCall): void {
  if (call.kind === 'lag' || call.kind === 'lead') checkWhole('an offset', call.offset, 1)
  if (call.kind === 'nth') {
    checkWhole('the number', call.number, 1)
    checkPlace(call.number, call.frame)
  }
  const frame = frameOf(call)
  if (frame?.kind === 'rows') checkWhole('a frame', frame.preceding, 0)
  if (frame?.kind === 'range' && (frame.ticks < 0n || frame.ticks >= 1n << 62n))
    throw new MillraceError('LDB-2003', `a frame of ${frame.ticks} ticks`)
}

/** No frame of rows has more of them than it has. */
function checkPlace(number: number, frame: Frame): void {
  if (frame.kind === 'rows' && number > frame.preceding + 1)
    throw new MillraceError('LDB-0001', `row ${number} of a frame of ${frame.preceding + 1} rows`)
  if (frame.kind === 'range' && number > 1)
    throw refusal(
      `row ${number} of a range of time`,
      'ask for the first, for the last, or for a row of a frame of rows',
    )
}

function checkWhole(what: string, rows: number, least: number): void {
  if (!Number.isInteger(rows) || rows < least || rows > DISTANCE_MAX)
    throw new MillraceError(
      'LDB-0001',
      `${what} of ${rows} rows; it must be from ${least} to ${DISTANCE_MAX}`,
    )
}

/** What is too much to be read after each row, or is meant for groups. */
const unread: ReadonlySet<AggregateName> = new Set([
  'fold',
  'latest',
  'approx_count_distinct',
  'approx_quantile',
])

/** Rows come to something after each of them: it must be read at once, and of frames rows must be taken back again. */
function checkAggregate({ call, frame }: Framed, schema: Schema): void {
  const { fn, args } = call
  for (const arg of args) checkColumns(arg, schema, fn)
  if (args.some(({ kind }) => kind !== 'column')) throw new Error(`${fn} over what is no column`)
  const row = aggregateRow(fn)
  if (row.limitMax !== undefined || row.ordered || unread.has(fn))
    throw refusal(
      `${fn} over the rows up to each row`,
      'aggregate the rows of windows, or of countWindow(..)',
    )
  if (frame.kind !== 'running' && !retractRow(call))
    throw refusal(
      `${fn} over a frame, which rows leave again`,
      'leave the frame out: all rows up to each row',
    )
}

export function printCall({ name, call }: NamedCall): string {
  const frame = frameOf(call)
  return `${printWhat(call)}${frame ? printFrame(frame) : ''} as ${printName(name)}`
}

function printWhat(call: HistoryCall): string {
  switch (call.kind) {
    case 'aggregate':
      return printAggregate(call.call)
    case 'last':
      return `last_value(${printName(call.column)})`
    case 'nth':
      return `nth_value(${printName(call.column)}, ${call.number})`
    default: {
      const otherwise = call.otherwise ? `, ${printExpr(call.otherwise)}` : ''
      return `${call.kind}(${printName(call.column)}, ${call.offset}${otherwise})`
    }
  }
}

function printFrame(frame: Frame): string {
  if (frame.kind === 'running') return ''
  return frame.kind === 'rows' ? ` rows ${frame.preceding}` : ` range ${frame.ticks}`
}
