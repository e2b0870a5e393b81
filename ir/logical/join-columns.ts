/** The columns of two streams side by side, as they are called behind a join. */
import { printName } from '../expr/print.ts'
import { type Column, findColumn, type Schema } from '../schema.ts'
import { CHANGE } from './emit.ts'
import { withoutCode } from './mode.ts'
import { keepTime, type Relation } from './relation.ts'

/** A column of the right side whose name the left one has, too, is called `right_` and its name. */
export const rightNames = (left: Schema, right: Schema): ReadonlyMap<string, string> =>
  new Map(withoutCode(right).map(({ name }) => [name, findColumn(left, name) ? `right_${name}` : name]))

/** The columns that a condition is over. */
export const columnsOfBoth = (left: Schema, right: Schema, names: ReadonlyMap<string, string>): Schema => [
  ...withoutCode(left),
  ...renamed(withoutCode(right), names),
]

/** The columns of the right side by the names that they have behind the join. */
export const renamed = (schema: Schema, names: ReadonlyMap<string, string>): Schema =>
  schema.map(column => ({ ...column, name: names.get(column.name) ?? column.name }))

/** Columns of a side that a result may have no row of. */
export const orNull = (schema: Schema, isOuter: boolean): readonly Column[] =>
  isOuter ? schema.map(column => ({ ...column, nullable: true })) : schema

/** Of a relation the columns that are read; all where nothing is said. */
export function narrowed(relation: Relation, columns: readonly string[] | undefined): Relation {
  if (!columns) return relation
  const { schema, time, isChangelog } = relation
  const kept = new Map(columns.map(name => [name, name]))
  return {
    schema: schema.filter(({ name }) => name === CHANGE || kept.has(name)),
    time: keepTime(time, kept),
    isChangelog,
  }
}

/** Which columns of the right side have other names behind the join, and which are given where not all are, as text. */
export function printColumns(
  names: ReadonlyMap<string, string>,
  columns: readonly string[] | undefined,
): string {
  const changed = [...names].filter(([own, name]) => own !== name).map(([own, name]) => `${own} as ${name}`)
  return [
    ...(changed.length > 0 ? [` right ${changed.join(', ')}`] : []),
    ...(columns ? [` gives ${columns.map(printName).join(', ')}`] : []),
  ].join('')
}
