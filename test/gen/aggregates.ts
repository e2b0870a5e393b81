/** Random calls of aggregates over a schema. */
import fc from 'fast-check'
import { type Aggregate, aggregateOver } from '../../ir/expr/aggregates.ts'
import { call } from '../../ir/expr/build.ts'
import { type Expr, literal, nullOf } from '../../ir/expr/expr.ts'
import type { Schema } from '../../ir/schema.ts'
import { type DataType, dataTypes, isDecimal, isInteger, isNumeric } from '../../ir/types.ts'
import { exprOf } from './exprs.ts'
import { foldsOver } from './folds.ts'
import { types } from './values.ts'

type CallArb = fc.Arbitrary<Aggregate>

/** Over changes only what can take rows back. */
export function callOver(schema: Schema, isChangelog: boolean): CallArb {
  const any = types.chain(type => exprOf(type, schema, 1))
  const among = (fits: (type: DataType) => boolean): fc.Arbitrary<Expr> =>
    fc.constantFrom(...dataTypes.filter(fits)).chain(type => exprOf(type, schema, 1))
  const where = fc.option(exprOf('bool', schema, 1), { nil: undefined, freq: 3 })
  const plain = fc.constantFrom('count', 'min', 'max', 'first', 'last', 'latest', 'approx_count_distinct')
  const fractions = fc.oneof(fc.constantFrom(0, 0.5, 0.99, 1), fc.double({ min: 0, max: 1, noNaN: true }))
  const counts: CallArb = where.map(cond =>
    aggregateOver({ fn: 'count' }, cond ? [filteredBy(literal(true, 'bool'), cond)] : []),
  )
  const over = (fns: fc.Arbitrary<Aggregate['fn']>, ...args: readonly fc.Arbitrary<Expr>[]): CallArb =>
    fc.tuple(fns, fc.tuple(...args), where, fractions).map(([fn, list, cond, fraction]) =>
      aggregateOver(
        { fn, fraction },
        list.map(arg => (cond ? filteredBy(arg, cond) : arg)),
      ),
    )
  const retracted = [
    counts,
    over(fc.constantFrom('sum', 'avg'), among(isNumeric)),
    over(fc.constantFrom('sum'), among(isDecimal)),
    over(fc.constantFrom('bool_and', 'bool_or'), exprOf('bool', schema, 1)),
    over(fc.constantFrom('bit_xor'), among(isInteger)),
    over(fc.constantFrom('count_distinct', 'mode', 'quantile_disc'), any),
    foldsOver(fc.array(any, { maxLength: 2 }), where, isChangelog),
  ]
  const overChanges = [
    over(fc.constantFrom('min', 'max'), any),
    over(fc.constantFrom('quantile'), among(isNumeric)),
  ]
  if (isChangelog) return fc.oneof(...retracted, ...overChanges)
  return fc.oneof(
    ...retracted,
    { weight: 3, arbitrary: over(plain, any) },
    { weight: 2, arbitrary: listsOver(schema, any, where) },
    over(fc.constantFrom('approx_quantile', 'quantile'), among(isNumeric)),
    over(fc.constantFrom('var_pop', 'var_samp', 'stddev_pop', 'stddev_samp'), among(isNumeric)),
    over(fc.constantFrom('covar_pop', 'covar_samp', 'corr'), among(isNumeric), among(isNumeric)),
    over(fc.constantFrom('bit_and', 'bit_or'), among(isInteger)),
  )
}

/** Values as a list, joined, or the first in their order: limits that a group passes, reaches, and those it does not. */
function listsOver(schema: Schema, any: fc.Arbitrary<Expr>, where: fc.Arbitrary<Expr | undefined>): CallArb {
  const limits = fc.constantFrom(1, 2, 3, 40, 1000)
  const options = fc.record(
    { limit: fc.oneof(limits, fc.constant(undefined)), separator: fc.constantFrom('', ', ', '日') },
    { noNullPrototype: true },
  )
  const listed = fc
    .tuple(any, where, options)
    .map(([arg, cond, given]) => aggregateOver({ fn: 'array_agg', ...given }, cond ? [arg, cond] : [arg]))
  const joined = fc
    .tuple(exprOf('utf8', schema, 1), where, options)
    .map(([arg, cond, given]) =>
      aggregateOver({ fn: 'string_agg', ...given }, [cond ? filteredBy(arg, cond) : arg]),
    )
  const ranked = fc
    .tuple(fc.constantFrom('top_k' as const, 'bottom_k' as const), any, where, limits)
    .map(([fn, arg, cond, limit]) => aggregateOver({ fn, limit }, [cond ? filteredBy(arg, cond) : arg]))
  return fc.oneof(listed, joined, ranked)
}

/** What `where` of an aggregate is: rows that the condition leaves out count as null. */
const filteredBy = (arg: Expr, cond: Expr): Expr => call('case', cond, arg, nullOf(arg.type))
