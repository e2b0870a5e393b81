/** What the reading of one function is done against. */
import type { Expression } from 'acorn'
import type { Expr, Value } from '../../../ir/expr/expr.ts'
import type { JsValue } from './meaning/values.ts'
import type { Place } from './refusal.ts'
import type { Scope, Variable } from './syntax/scope.ts'
import type { FunctionNode, Source } from './syntax/source.ts'

export type LambdaParams = Readonly<Record<string, Value>>

export interface Context {
  readonly source: Source
  readonly node: FunctionNode
  readonly params: LambdaParams
  /** What to do instead of reading a variable from outside. */
  readonly passIn: (place: Place) => string
  readonly writes: ReadonlyMap<string, number>
  /** The names that are visible at the place under way. */
  scope: Scope
  /** Tests that `?.` has made since the chain under way began. */
  guards: Expr[]
  /** Variables in the order in which they got their values. */
  readonly assigned: Variable[]
  /** Nodes that were read; a limit, since statements behind an `if` may be read once for each way to them. */
  nodesRead: number
  /** Reads any expression: the family files do not know each other. */
  readonly read: (node: Expression) => JsValue
}

/** Reads code that does not always run: what it assigns is not known behind it. */
export function conditionally<T>(cx: Context, read: () => T): T {
  const before = cx.assigned.length
  const result = read()
  for (const variable of cx.assigned.splice(before)) variable.value = undefined
  return result
}

/** Reads code with names of its own. */
export function within<T>(cx: Context, scope: Scope, read: () => T): T {
  const outer = cx.scope
  cx.scope = scope
  const result = read()
  cx.scope = outer
  return result
}

export function assign(cx: Context, variable: Variable, value: JsValue): void {
  variable.value = value
  cx.assigned.push(variable)
}
