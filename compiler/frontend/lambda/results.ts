/** The columns of a projection: every value must be of one kind, and so have one column type. */
import type { Expr } from '../../../ir/expr/expr.ts'
import type { NamedExpr } from '../../../ir/logical/project.ts'
import type { Context } from './context.ts'
import { leafwise } from './meaning/join.ts'
import { asDouble, asInt64 } from './meaning/numbers.ts'
import { describe, type Leaf, NULL, type Plain } from './meaning/values.ts'
import { refuse, refuseTypes } from './refusal.ts'
import { afterFields, type Field, type Fields, joinFields, readFields } from './syntax/columns.ts'
import { readBody } from './syntax/statements.ts'

/** The values of the object that the function returns. */
export const readObject = (cx: Context): Fields =>
  readBody<Fields>(cx, {
    read: node => readFields(cx, node),
    join: joinFields,
    after: afterFields,
  })

export function columnsOf(cx: Context): readonly NamedExpr[] {
  const fields = readObject(cx)
  if (fields.size === 0)
    refuse(cx.node.body, 'the result has no columns', 'return an object: row => ({ name: row.name })')
  return [...fields].map(([name, field]) => ({ name, expr: columnOf(name, field) }))
}

function columnOf(name: string, field: Field): Expr {
  const whole = oneOf(field, `column '${name}'`)
  if (whole.form === 'plain') return columnExpr(whole)
  return refuseTypes(field.at, `column '${name}' is always null: it has no type`, 'leave it out')
}

/** A value of one kind, or null; `what` is to hold it. What is undefined is null there. */
export function oneOf({ value, at }: Field, what: string): Leaf {
  const whole = leafwise(value, leaf => (leaf.form === 'nothing' ? NULL : leaf))
  if (whole.form !== 'choice') return whole
  return refuseTypes(
    at,
    `${what} would hold ${describe(value)}`,
    'bring all its values to one type: String(x), Number(x), or x ?? fallback',
  )
}

/** A column of the row passes as it is; a computed number is float64 and a computed bigint int64 (uint64 stays). */
function columnExpr({ kind, expr }: Plain): Expr {
  if (expr.kind === 'column') return expr
  if (kind === 'number') return asDouble(expr)
  return kind === 'bigint' ? asInt64(expr) : expr
}
