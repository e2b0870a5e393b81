/** Values that reach a plan from outside, told apart where several parts of it brought some of one name. */
import { type Expr, rewrite, type Value } from '../../../ir/expr/expr.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { mapPlan } from '../../passes/logical/rewrite.ts'

export type Params = ReadonlyMap<string, Value>

/** A plan and the values of its parameters. */
export interface PlanParts {
  readonly node: LogicalNode
  readonly params: Params
}

/** Names for more parameters, and all values by name. */
export interface NamedParams {
  readonly names: ReadonlyMap<string, string>
  readonly values: Params
}

/** Names that nothing else has: what has the same value may have the same name. */
export function nameParams(known: Params, more: Readonly<Record<string, Value>>): NamedParams {
  const names = new Map<string, string>()
  const values = new Map(known)
  for (const [name, value] of Object.entries(more)) {
    let unique = name
    for (let n = 2; values.has(unique) && !Object.is(values.get(unique), value); n++) unique = `${name}_${n}`
    names.set(name, unique)
    values.set(unique, value)
  }
  return { names, values }
}

export const renameParams = (expr: Expr, names: ReadonlyMap<string, string>): Expr =>
  rewrite(expr, one => (one.kind === 'param' ? { ...one, name: names.get(one.name) ?? one.name } : one))

/** Another plan whose parameters have names that differ from those that are known, or the same values. */
export function joinParams(known: Params, other: PlanParts): PlanParts {
  const { names, values } = nameParams(known, Object.fromEntries(other.params))
  return { node: mapPlan(other.node, expr => renameParams(expr, names)), params: values }
}
