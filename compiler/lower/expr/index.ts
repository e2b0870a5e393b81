/** Expressions to kernel code: one recursive walk; each kind of function lives in the file of its family. */
import type { Literal, Expr as PlanExpr } from '../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../ir/expr/functions/index.ts'
import { bool, f64, i32, i64, load, ne } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, factsOf, isBytes } from '../../../ir/types.ts'
import type { ExprScope } from '../scope.ts'
import { bind, FALSE, type Value, valueTypeOf, zeroOf } from '../value.ts'
import { arithmetic } from './arithmetic.ts'
import type { CallLowering } from './call.ts'
import { lowerCast } from './cast.ts'
import { compare } from './compare.ts'
import { dateFormat } from './date-format.ts'
import { js } from './js.ts'
import { logic } from './logic.ts'
import { math } from './math.ts'
import { parts } from './parts.ts'
import { regexp } from './regexp.ts'
import { string } from './string.ts'
import { time } from './time.ts'

const lowerings: Readonly<Record<FunctionName, CallLowering>> = {
  ...arithmetic,
  ...compare,
  ...logic,
  ...string,
  ...parts,
  ...regexp,
  ...math,
  ...time,
  ...dateFormat,
  ...js,
}

/** The columns of the row under way by name. */
export type RowColumns = ReadonlyMap<string, Value>

export function columnOf(columns: RowColumns, name: string): Value {
  const value = columns.get(name)
  if (!value) throw new Error(`column ${name} is not part of the row`)
  return value
}

/** Writes the code of an expression; what it returns may be used any number of times. */
export function lowerExpr(cx: ExprScope, columns: RowColumns, expr: PlanExpr): Value {
  switch (expr.kind) {
    case 'column':
      return bind(cx.k, expr.name, columnOf(columns, expr.name))
    case 'literal':
      return lowerLiteral(cx, expr)
    case 'param':
      return lowerParam(cx, expr.name, expr.type, expr.nullable)
    case 'cast':
      return bind(cx.k, 'cast', lowerCast(cx, lowerExpr(cx, columns, expr.arg), expr))
    case 'call': {
      const args = expr.args.map(arg => lowerExpr(cx, columns, arg))
      return bind(cx.k, expr.fn, lowerings[expr.fn](cx, args, expr))
    }
  }
}

function lowerLiteral(cx: ExprScope, { value, type }: Literal): Value {
  const isNull = bool(value === null)
  if (!isBytes(type)) {
    const constant =
      value === null ? zeroOf(valueTypeOf(type)) : constantOf(type, value as number | bigint | boolean)
    return { kind: 'scalar', type, value: constant, isNull, faults: [] }
  }
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode((value ?? '') as string)
  return { kind: 'bytes', type, ...cx.plan.constants.range(bytes), isFixed: true, isNull, faults: [] }
}

function constantOf(type: DataType, value: number | bigint | boolean): Expr {
  switch (factsOf(type).value) {
    case 'bool':
      return bool(Boolean(value))
    case 'i32':
      return i32(Number(value))
    case 'i64':
      return i64(BigInt(value))
    default:
      return f64(Number(value))
  }
}

/** Parameters lie in one row of their own; a text of a parameter lies among the constants of the instance. */
function lowerParam(cx: ExprScope, name: string, type: DataType, nullable: boolean): Value {
  const { mem, fields } = cx.plan.params
  const field = fields.get(name)
  if (field === undefined) throw new Error(`parameter ${name} has no place`)
  const flag = (name: string): Expr => ne(load(mem, name), i32(0))
  const isNull = nullable ? flag(`${field}_null`) : FALSE
  if (isBytes(type)) {
    const [offset, length] = [load(mem, `${field}_offset`), load(mem, `${field}_length`)]
    return { kind: 'bytes', type, offset, length, isFixed: true, isNull, faults: [] }
  }
  return { kind: 'scalar', type, value: type === 'bool' ? flag(field) : load(mem, field), isNull, faults: [] }
}
