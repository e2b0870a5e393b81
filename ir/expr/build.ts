/** Calls and casts with their types checked: the only way expressions come to be. */
import { MillraceError } from '../errors.ts'
import { type DataType, isList } from '../types.ts'
import { isCastable } from './cast.ts'
import type { Call, Cast, Expr } from './expr.ts'
import { type FunctionName, functionRow } from './functions/index.ts'

/** A call of a function; throws LDB-1200 where its arguments do not fit. */
export function call(fn: FunctionName, ...given: readonly Expr[]): Call {
  for (const { type } of given) refuseList(fn, type)
  const row = functionRow(fn)
  const { type, args } = row.resolve(given)
  const nullable = row.nullable ? row.nullable(args) : args.some(arg => arg.nullable)
  return { kind: 'call', fn, args, type, nullable }
}

/** A cast; throws LDB-1200 where there is none. `attempt` turns a misfit into null. */
export function cast(arg: Expr, type: DataType, attempt = false): Cast {
  for (const one of [arg.type, type]) refuseList('cast', one)
  if (!isCastable(arg.type, type)) {
    throw new MillraceError('LDB-1200', `there is no cast from ${arg.type} to ${type}`)
  }
  return { kind: 'cast', arg, type, nullable: arg.nullable || attempt, attempt }
}

/** Lists go from where they are made to the result as they are. */
export function refuseList(what: string, type: DataType): void {
  if (!isList(type)) return
  throw new MillraceError('LDB-1200', `${what} of a list (${type})`, {
    fix: 'hand the list on as it is, and compute from the values before they are aggregated',
  })
}
