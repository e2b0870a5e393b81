/** Plans in which a fault makes a value null: what can fault can be null, and so can what is made of it. */
import { call, cast } from '../../../ir/expr/build.ts'
import { canFault } from '../../../ir/expr/can-fault.ts'
import type { ColumnRef, Expr } from '../../../ir/expr/expr.ts'
import { rewrite } from '../../../ir/expr/expr.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { type ColumnType, findColumn, type Schema } from '../../../ir/schema.ts'
import { mapPlan } from './rewrite.ts'

export const makeLenient = (plan: LogicalNode): LogicalNode =>
  mapPlan(plan, (expr, schema) => rewrite(expr, one => nullable(one, schema)))

/** A list of what can be null is of another type. */
function typeOf(schema: Schema, column: ColumnRef): ColumnType {
  const { type, nullable } = findColumn(schema, column.name) ?? column
  return { type, nullable }
}

function nullable(expr: Expr, schema: Schema): Expr {
  switch (expr.kind) {
    case 'column':
      return { ...expr, ...typeOf(schema, expr) }
    case 'call': {
      const rebuilt = call(expr.fn, ...expr.args)
      return { ...rebuilt, nullable: rebuilt.nullable || canFault({ ...rebuilt, args: [] }) }
    }
    case 'cast':
      return cast(expr.arg, expr.type, true)
    default:
      return expr
  }
}
