/**
 * Expressions of plans: typed trees over columns, literals and parameters, with SQL null logic. What a function
 * means is in its row of functions.ts; here are only the nodes.
 */
import type { DataType } from '../types.ts'
import type { FunctionName } from './functions/index.ts'

/** A single value in JavaScript; integers of 64 bits and timestamps are bigint. */
type Element = boolean | number | bigint | string | Uint8Array | null
/** A value of a column: a single one, or a list of them. */
export type Value = Element | readonly Element[]

export interface ColumnRef {
  readonly kind: 'column'
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
}
export interface Literal {
  readonly kind: 'literal'
  readonly value: Value
  readonly type: DataType
  readonly nullable: boolean
}
/** A value fixed when the plan is opened; plans that differ only in it share their code. */
export interface Param {
  readonly kind: 'param'
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
}
export interface Call {
  readonly kind: 'call'
  readonly fn: FunctionName
  readonly args: readonly Expr[]
  readonly type: DataType
  readonly nullable: boolean
}
export interface Cast {
  readonly kind: 'cast'
  readonly arg: Expr
  readonly type: DataType
  readonly nullable: boolean
  /** A value that does not fit becomes null instead of an error. */
  readonly attempt: boolean
}
export type Expr = ColumnRef | Literal | Param | Call | Cast

export const literal = (value: Value, type: DataType): Literal => ({
  kind: 'literal',
  value,
  type,
  nullable: value === null,
})

export const nullOf = (type: DataType): Literal => literal(null, type)

export const isLiteral = (expr: Expr): expr is Literal => expr.kind === 'literal'

export function childrenOf(expr: Expr): readonly Expr[] {
  if (expr.kind === 'call') return expr.args
  return expr.kind === 'cast' ? [expr.arg] : []
}

/** The same node over other children. */
export function withChildren(expr: Expr, children: readonly Expr[]): Expr {
  if (expr.kind === 'call') return { ...expr, args: children }
  return expr.kind === 'cast' ? { ...expr, arg: children[0] } : expr
}

/** Rewrites a tree from its leaves up. */
export function rewrite(expr: Expr, change: (expr: Expr) => Expr): Expr {
  const children = childrenOf(expr)
  if (children.length === 0) return change(expr)
  return change(
    withChildren(
      expr,
      children.map(child => rewrite(child, change)),
    ),
  )
}

export function visit(expr: Expr, onExpr: (expr: Expr) => void): void {
  onExpr(expr)
  for (const child of childrenOf(expr)) visit(child, onExpr)
}

/** Names of the columns that an expression reads, each once. */
export function columnsOf(exprs: readonly Expr[]): readonly string[] {
  const names = new Set<string>()
  for (const expr of exprs) visit(expr, node => node.kind === 'column' && names.add(node.name))
  return [...names]
}

/** A fault of one row: the row goes to the error output under this code. */
export class RowFault extends Error {
  readonly code: 'LDB-9002' | 'LDB-9003' | 'LDB-9004' | 'LDB-9005' | 'LDB-9006' | 'LDB-9007' | 'LDB-2005'

  constructor(code: RowFault['code']) {
    super(code)
    this.code = code
  }
}
