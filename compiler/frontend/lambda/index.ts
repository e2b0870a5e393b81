/**
 * Plain arrow functions as expressions of plans. A compiled function means exactly what JavaScript means by it over
 * the values of its columns: bool boolean, integers up to 32 bits, floats and dates number, 64-bit integers and
 * timestamps bigint, utf8 string, null null. Where JavaScript would throw, the row is at fault or the function is
 * refused. Differences: a bigint result beyond int64 is a fault (LDB-9002), and text is well-formed (see js_slice).
 */

import type { Expr } from '../../../ir/expr/expr.ts'
import type { NamedExpr } from '../../../ir/logical/project.ts'
import type { Schema } from '../../../ir/schema.ts'
import { passItIn } from './advice.ts'
import { compile, type Frame } from './compile.ts'
import type { LambdaParams } from './context.ts'
import { after, choose } from './meaning/exprs.ts'
import { type JsValue, ofExpr } from './meaning/values.ts'
import { columnsOf } from './results.ts'
import { readTest } from './syntax/operators.ts'
import { bindRow } from './syntax/patterns.ts'
import type { RowFunction } from './syntax/source.ts'
import { readBody } from './syntax/statements.ts'

export type { LambdaParams } from './context.ts'
export { paramValues } from './params.ts'
export type { RowFunction } from './syntax/source.ts'

/** The truth of what the function returns: a bool that is never null. Throws LDB-1003, LDB-1100, LDB-1200, LDB-1201. */
export const compilePredicate = (fn: RowFunction, columns: Schema, params: LambdaParams = {}): Expr =>
  compile(fn, rowIn(columns, params), cx =>
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
): readonly NamedExpr[] => compile(fn, rowIn(columns, params), columnsOf)

/** A function of a row. */
const rowIn = (columns: Schema, params: LambdaParams): Frame => ({
  params,
  bind: cx => bindRow(cx, { kind: 'row', values: valuesOf(columns) }),
  passIn: passItIn,
})

const valuesOf = (columns: Schema): ReadonlyMap<string, JsValue> =>
  new Map(columns.map(column => [column.name, ofExpr({ kind: 'column', ...column })]))
