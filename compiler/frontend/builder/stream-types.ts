/** Types of what streams become. */
import type { Columns, ColumnType } from '../../../ir/schema.ts'
import type { Or, Typed } from './types.ts'

/** Columns of the same names and types as those of `S`. */
export type SameColumns<S extends Columns> = { readonly [K in keyof S]: ColumnType<S[K]['type'], boolean> }
export type UnionOf<S extends Columns, O extends SameColumns<S>> = {
  readonly [K in keyof S]: ColumnType<S[K]['type'], Or<S[K]['nullable'], O[K]['nullable']>>
}

export type WindowColumnsOf<S extends Columns, K extends keyof S> = {
  readonly window_start: ColumnType<S[K]['type'], false>
  readonly window_end: ColumnType<S[K]['type'], false>
}

export type NumberColumn = Readonly<Record<'window_number', ColumnType<'int64', false>>>

/** Every value must be made of aggregates: a bare column would have no single value in a group. */
export type GroupScoped<O> = {
  readonly [K in keyof O]: Typed<never, boolean, 'group'> | (Typed & { readonly scope: 'group' })
}
