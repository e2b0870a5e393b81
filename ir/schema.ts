/** Schemas: named, typed, nullable columns; at run time a list in order, in TypeScript types a record. */
import { MillraceError } from './errors.ts'
import { printName } from './expr/print.ts'
import type { DataType, JsValue } from './types.ts'

/** A column as the type system sees it. */
export interface ColumnType<T extends DataType = DataType, N extends boolean = boolean> {
  /** What its values are. */
  readonly type: T
  /** May a value be null? */
  readonly nullable: N
}

/** A schema as the type system sees it: column types by name. */
export type Columns = Readonly<Record<string, ColumnType>>

/** A column as the engine sees it. */
export interface Column extends ColumnType {
  /** Not empty, and no other column of the schema has it. */
  readonly name: string
}

/** The columns of a stream, in order. */
export type Schema = readonly Column[]

/** The row objects of a schema: what users pass in and get out. */
export type RowOf<S extends Columns> = {
  [K in keyof S]: S[K]['nullable'] extends false ? JsValue<S[K]['type']> : JsValue<S[K]['type']> | null
}

export function findColumn(schema: Schema, name: string): Column | undefined {
  return schema.find(column => column.name === name)
}

/** Refuses two columns of one name and names that nobody could write. */
export function checkSchema(schema: Schema): Schema {
  const seen = new Set<string>()
  for (const { name } of schema) {
    if (name === '') throw new MillraceError('LDB-0006', 'a column has an empty name')
    if (seen.has(name)) throw new MillraceError('LDB-1102', `column '${name}' occurs twice`)
    seen.add(name)
  }
  return schema
}

export const printColumn = (column: Column): string =>
  `${printName(column.name)} ${column.type}${column.nullable ? '' : ' not null'}`

export const printSchema = (schema: Schema): string => schema.map(printColumn).join(', ')
