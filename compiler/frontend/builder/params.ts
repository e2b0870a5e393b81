/** The parameters of a stream: values from outside that its arrow functions know by name. */
import { type Expr, rewrite, type Value } from '../../../ir/expr/expr.ts'

/** What parameters are called where some are there already, and the values of all of them. */
export interface NamedParams {
  readonly names: ReadonlyMap<string, string>
  readonly values: ReadonlyMap<string, Value>
}

/** Names for the parameters of one more arrow function, told apart from those there are. */
export function nameParams(
  known: ReadonlyMap<string, Value>,
  params: Readonly<Record<string, Value>>,
): NamedParams {
  const names = new Map<string, string>()
  const values = new Map(known)
  for (const [name, value] of Object.entries(params)) {
    let unique = name
    for (let n = 2; values.has(unique) && !Object.is(values.get(unique), value); n++) unique = `${name}_${n}`
    names.set(name, unique)
    values.set(unique, value)
  }
  return { names, values }
}

export const renameParams = (expr: Expr, names: ReadonlyMap<string, string>): Expr =>
  rewrite(expr, one => (one.kind === 'param' ? { ...one, name: names.get(one.name) ?? one.name } : one))
