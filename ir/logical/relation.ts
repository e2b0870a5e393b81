/** What flows between logical operators: columns, and what is known about their event time. */
import { MillraceError } from '../errors.ts'
import { type Expr, visit } from '../expr/expr.ts'
import { findColumn, type Schema } from '../schema.ts'
import type { DataType } from '../types.ts'
import type { WindowSpec } from './window.ts'

/** The windows that the rows of a relation were assigned to. */
export interface AssignedWindow {
  readonly spec: WindowSpec
  /** The type of their bounds. */
  readonly type: DataType
  /** Does each row belong to one window, whose bounds are columns? Else they become columns where rows are aggregated. */
  readonly isInRows: boolean
  /** The names of those columns. */
  readonly start: string
  readonly end: string
}

/** Event time of a stream: the watermark promises that no column named here will fall below it again. */
export interface EventTime {
  readonly columns: readonly string[]
  readonly window: AssignedWindow | undefined
}

export interface Relation {
  readonly schema: Schema
  readonly time: EventTime | undefined
  /** Are its rows changes, which may take others back? Then they have the column `$op`: see emit.ts. */
  readonly isChangelog: boolean
}

/** The event time that is left when only `kept` columns go on, under the names that `rename` gives. */
export function keepTime(
  time: EventTime | undefined,
  rename: ReadonlyMap<string, string>,
): EventTime | undefined {
  if (!time) return undefined
  const columns = time.columns.flatMap(name => rename.get(name) ?? [])
  return { columns, window: time.window && keepWindow(time.window, rename) }
}

function keepWindow(window: AssignedWindow, rename: ReadonlyMap<string, string>): AssignedWindow | undefined {
  if (!window.isInRows) return window
  const [start, end] = [rename.get(window.start), rename.get(window.end)]
  return start && end ? { ...window, start, end } : undefined
}

/** Refuses an expression over columns that are not there, or of other types than it was built for. */
export function checkColumns(expr: Expr, schema: Schema, what: string): void {
  visit(expr, node => {
    if (node.kind !== 'column') return
    const column = findColumn(schema, node.name)
    if (!column) {
      const names = schema.map(one => one.name).join(', ')
      throw new MillraceError('LDB-1100', `${what}: no column '${node.name}'`, {
        fix: `columns are ${names}`,
      })
    }
    if (column.type !== node.type || column.nullable !== node.nullable) {
      throw new MillraceError('LDB-1200', `${what}: '${node.name}' is ${column.type}, not ${node.type}`)
    }
  })
}
