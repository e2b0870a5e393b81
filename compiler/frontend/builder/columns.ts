/** Columns of a schema, as the builder hands them to callbacks and gets them back. */
import { MillraceError } from '../../../ir/errors.ts'
import type { NamedExpr } from '../../../ir/logical/project.ts'
import { type Columns, findColumn, type Schema } from '../../../ir/schema.ts'
import { didYouMean } from './did-you-mean.ts'
import { Expression } from './expression.ts'
import type { ColumnsOf, Typed } from './types.ts'

/** Refuses keys that are no columns. */
export function keysOf(schema: Schema, keys: readonly string[], where = 'groupBy'): readonly string[] {
  for (const key of keys) if (!findColumn(schema, key)) throw unknownColumn(key, schema, where)
  return keys
}

/** A column as it is. */
export const passed = ({ name, type, nullable }: Schema[number]): NamedExpr => ({
  name,
  expr: { kind: 'column', name, type, nullable },
})

export const namedExprs = (columns: Readonly<Record<string, Typed>>): readonly NamedExpr[] =>
  Object.entries(columns).map(([name, expr]) => ({ name, expr: Expression.plan(expr) }))

/**
 * The columns of a schema as expressions; an unknown name is an error that says which there are. `names`: what they are called
 * in the plan, where that is another name.
 */
export function columnsOf<S extends Columns>(
  schema: Schema,
  names: ReadonlyMap<string, string> = new Map(),
): ColumnsOf<S> {
  const columns = Object.fromEntries(
    schema.map(({ name, type, nullable }) => [
      name,
      new Expression({ kind: 'column', name: names.get(name) ?? name, type, nullable }, 'row'),
    ]),
  )
  const checked = new Proxy(columns, {
    get(target, name) {
      if (typeof name === 'symbol') return undefined
      if (Object.hasOwn(target, name)) return target[name]
      throw unknownColumn(name, schema, 'expression')
    },
  })
  return checked as unknown as ColumnsOf<S>
}

export function unknownColumn(name: string, schema: Schema, where: string): MillraceError {
  const names = schema.map(column => column.name)
  return new MillraceError('LDB-1100', `${where}: no column '${name}'`, { fix: didYouMean(name, names) })
}
