/** Plans in which a fault makes a value null: what can fault can be null, and so can what is made of it. */
import { call, cast } from '../../../ir/expr/build.ts'
import type { Expr } from '../../../ir/expr/expr.ts'
import { rewrite } from '../../../ir/expr/expr.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { findColumn } from '../../../ir/schema.ts'
import { canFault } from './faults.ts'
import { mapPlan } from './rewrite.ts'

export const makeLenient = (plan: LogicalNode): LogicalNode =>
  mapPlan(plan, (expr, input) => rewrite(expr, one => nullable(one, input)))

function nullable(expr: Expr, input: LogicalNode): Expr {
  switch (expr.kind) {
    case 'column':
      return { ...expr, nullable: findColumn(input.relation.schema, expr.name)?.nullable ?? expr.nullable }
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
