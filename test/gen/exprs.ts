/** Random expressions of a type over the columns of a schema, with literals and parameters. */
import fc from 'fast-check'
import { call } from '../../ir/expr/build.ts'
import { type Expr, literal, nullOf } from '../../ir/expr/expr.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, isList } from '../../ir/types.ts'
import { callsOf } from './calls.ts'
import { valuesOf } from './values.ts'

export const ref = ({ name, type, nullable }: Column): Expr => ({ kind: 'column', name, type, nullable })

type Arb = fc.Arbitrary<Expr>

/** An expression of that type; deeper than `depth` there are only columns, literals and parameters. */
export function exprOf(type: DataType, schema: Schema, depth: number): Arb {
  const leaf = leafOf(type, schema)
  if (depth <= 0) return leaf
  const inner = (of: DataType): Arb => exprOf(of, schema, depth - 1)
  return fc.oneof(
    { weight: 2, arbitrary: leaf },
    ...callsOf(type, inner).map(arbitrary => ({ weight: 1, arbitrary })),
  )
}

function leafOf(type: DataType, schema: Schema): Arb {
  const columns = schema.filter(column => column.type === type).map(ref)
  const constant = fc.oneof(
    { weight: 5, arbitrary: valuesOf(type).map((value): Expr => literal(value, type)) },
    { weight: 1, arbitrary: fc.constant<Expr>(nullOf(type)) },
    { weight: 1, arbitrary: paramOf(type) },
  )
  if (columns.length === 0) return constant
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...columns) }, { weight: 1, arbitrary: constant })
}

/** The name says all, so that two uses of a parameter never disagree. */
const paramOf = (type: DataType): Arb =>
  fc.record({ nullable: fc.boolean(), n: fc.integer({ min: 0, max: 1 }) }).map(({ nullable, n }): Expr => {
    const name = `${type.replaceAll(/\W+/g, '_')}_${nullable ? 'or_null_' : ''}${n}`
    return { kind: 'param', name, type, nullable }
  })

/** Conditions that hold for some rows: comparisons of a column with a value of its type. */
export const conditionsOn = (schema: Schema): fc.Arbitrary<Expr> =>
  fc
    .constantFrom(...schema.filter(({ type }) => !isList(type)))
    .chain(column =>
      fc
        .tuple(fc.constantFrom('eq' as const, 'le' as const, 'ge' as const), valuesOf(column.type))
        .map(([fn, value]) =>
          call(column.type === 'bool' ? 'eq' : fn, ref(column), literal(value, column.type)),
        ),
    )
