/** The columns of two streams side by side, as they are called behind a join. */
import { type Column, findColumn, type Schema } from '../schema.ts'

/** A column of the right side whose name the left one has, too, is called `right_` and its name. */
export const rightNames = (left: Schema, right: Schema): ReadonlyMap<string, string> =>
  new Map(right.map(({ name }) => [name, findColumn(left, name) ? `right_${name}` : name]))

/** The columns of the right side by the names that they have behind the join. */
export const renamed = (schema: Schema, names: ReadonlyMap<string, string>): Schema =>
  schema.map(column => ({ ...column, name: names.get(column.name) ?? column.name }))

/** Columns of a side that a result may have no row of. */
export const orNull = (schema: Schema, isOuter: boolean): readonly Column[] =>
  isOuter ? schema.map(column => ({ ...column, nullable: true })) : schema

/** Which columns of the right side have other names behind the join, as text. */
export function printRenamed(names: ReadonlyMap<string, string>): string {
  const changed = [...names].filter(([own, name]) => own !== name).map(([own, name]) => `${own} as ${name}`)
  return changed.length > 0 ? ` right ${changed.join(', ')}` : ''
}
