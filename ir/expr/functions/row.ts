/** What a row of the function table says, and the small vocabulary that its families share. */
import { MillraceError } from '../../errors.ts'
import type { DataType } from '../../types.ts'
import type { Expr, Value } from '../expr.ts'

/** A call whose argument types were checked: casts are in place, the result type is known. */
export interface Resolved {
  readonly type: DataType
  readonly args: readonly Expr[]
}

export type Thunk = () => Value

export interface FunctionRow {
  /** Checks the arguments and brings them to the types that `evaluate` expects; throws LDB-1200. */
  readonly resolve: (args: readonly Expr[]) => Resolved
  /** Can the result be null? Default: if any argument can. */
  readonly nullable?: (args: readonly Expr[]) => boolean
  /** Meaning on values that are not null; a null argument makes the result null. */
  readonly evaluate?: (args: readonly Value[], type: DataType, argTypes: readonly DataType[]) => Value
  /** Meaning where nulls or the order of evaluation matter; rows have this or `evaluate`. */
  readonly lazy?: (args: readonly Thunk[], type: DataType, argTypes: readonly DataType[]) => Value
  /** Can a call raise a RowFault? Default: no. */
  readonly faults?: (type: DataType) => boolean
  /** Only the host can compute it, bit for bit: such a plan stays on the JavaScript tier. */
  readonly host?: true
}

export const refuse = (what: string, args: readonly Expr[], expects: string): never => {
  const given = args.map(arg => arg.type).join(', ')
  throw new MillraceError('LDB-1200', `${what} takes ${expects}, not (${given})`)
}

/** Fixed argument types and result type. */
export const takes =
  (what: string, argTypes: readonly DataType[], type: DataType) =>
  (args: readonly Expr[]): Resolved => {
    const fits = args.length === argTypes.length && args.every((arg, i) => arg.type === argTypes[i])
    return fits ? { type, args } : refuse(what, args, `(${argTypes.join(', ')})`)
  }
