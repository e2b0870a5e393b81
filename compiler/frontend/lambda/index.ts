/**
 * Plain arrow functions as expressions of plans. A compiled function means exactly what JavaScript means by it over
 * the values of its columns: bool boolean, integers up to 32 bits, floats and dates number, 64-bit integers and
 * timestamps bigint, utf8 string, null null. Where JavaScript would throw, the row is at fault or the function is
 * refused. Differences: a bigint result beyond int64 is a fault (LDB-9002), and text is well-formed (see js_slice).
 */

import { MillraceError } from '../../../ir/errors.ts'
import type { Expr } from '../../../ir/expr/expr.ts'
import type { NamedExpr } from '../../../ir/logical/project.ts'
import type { Schema } from '../../../ir/schema.ts'
import { callSite } from './call-site.ts'
import type { Context, LambdaParams } from './context.ts'
import { after, choose } from './meaning/exprs.ts'
import { Refusal } from './refusal.ts'
import { columnsOf } from './results.ts'
import { readExpression } from './syntax/expressions.ts'
import { readTest } from './syntax/operators.ts'
import { bindParameters } from './syntax/patterns.ts'
import { countWrites, Scope } from './syntax/scope.ts'
import {
  type ParsedFunction,
  parseFunction,
  type RowFunction,
  Source,
  textOfFunction,
} from './syntax/source.ts'
import { readBody } from './syntax/statements.ts'

export type { LambdaParams } from './context.ts'
export { paramValues } from './params.ts'
export type { RowFunction } from './syntax/source.ts'

/** The truth of what the function returns: a bool that is never null. Throws LDB-1003, LDB-1100, LDB-1200, LDB-1201. */
export const compilePredicate = (fn: RowFunction, columns: Schema, params: LambdaParams = {}): Expr =>
  compile(fn, columns, params, cx =>
    readBody(cx, {
      read: node => readTest(cx, node),
      join: (_at, test, then, otherwise) => choose(test, then, otherwise),
      after,
    }),
  )

/** The columns of the object that the function returns. Throws as compilePredicate does. */
export const compileProjection = (
  fn: RowFunction,
  columns: Schema,
  params: LambdaParams = {},
): readonly NamedExpr[] => compile(fn, columns, params, columnsOf)

function compile<T>(fn: RowFunction, columns: Schema, params: LambdaParams, read: (cx: Context) => T): T {
  const text = textOfFunction(fn)
  let source = new Source(text)
  try {
    const parsed = parseFunction(text)
    source = parsed.source
    const cx = contextOf(parsed, columns, params)
    bindParameters(cx)
    return read(cx)
  } catch (error) {
    if (error instanceof Refusal) throw errorOf(error, source, callSite())
    throw error
  }
}

function contextOf({ source, node }: ParsedFunction, columns: Schema, params: LambdaParams): Context {
  const cx: Context = {
    source,
    node,
    columns,
    params,
    writes: countWrites(node),
    scope: new Scope(),
    guards: [],
    assigned: [],
    nodesRead: 0,
    read: one => readExpression(cx, one),
  }
  return cx
}

const errorOf = (
  { code, message, fix, place }: Refusal,
  source: Source,
  at: string | undefined,
): MillraceError =>
  new MillraceError(code, message, { fix, span: source.span(place), ...(at !== undefined && { at }) })
