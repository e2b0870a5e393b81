/** Random expressions of a type over the columns of a schema: every function that is not the host's own. */
import fc from 'fast-check'
import { call, cast } from '../../ir/expr/build.ts'
import { isCastable } from '../../ir/expr/cast.ts'
import { type Expr, literal, nullOf } from '../../ir/expr/expr.ts'
import type { FunctionName } from '../../ir/expr/functions/index.ts'
import { extractFields, truncUnits } from '../../ir/expr/functions/time.ts'
import type { Column, Schema } from '../../ir/schema.ts'
import { type DataType, isBytes, isInteger, isNumeric, isTimestamp } from '../../ir/types.ts'
import { dataTypesDrawn, valuesOf } from './values.ts'

export const ref = ({ name, type, nullable }: Column): Expr => ({ kind: 'column', name, type, nullable })

type Arb = fc.Arbitrary<Expr>

/** An expression of that type; deeper than `depth` there are only columns and literals. */
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
  )
  if (columns.length === 0) return constant
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...columns) }, { weight: 1, arbitrary: constant })
}

const apply = (fn: FunctionName, ...args: readonly Arb[]): Arb =>
  fc.tuple(...args).map(all => call(fn, ...all))
const oneOf = (names: readonly FunctionName[], ...args: readonly Arb[]): Arb =>
  fc.tuple(fc.constantFrom(...names), ...args).map(([fn, ...all]) => call(fn, ...(all as Expr[])))

/** Every way to compute a value of a type. */
function callsOf(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  return [...choices(type, inner), ...casts(type, inner), ...ownCalls(type, inner)]
}

function choices(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  return [
    apply('case', inner('bool'), inner(type), inner('bool'), inner(type), inner(type)),
    apply('coalesce', inner(type), inner(type)),
    apply('nullif', inner(type), inner(type)),
    oneOf(['greatest', 'least'], inner(type), inner(type)),
  ]
}

function casts(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  const sources = dataTypesDrawn.filter(from => from !== type && isCastable(from, type))
  if (sources.length === 0) return []
  const source = fc.constantFrom(...sources)
  return [fc.tuple(source.chain(inner), fc.boolean()).map(([arg, attempt]) => cast(arg, type, attempt))]
}

function ownCalls(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  if (type === 'bool') return boolCalls(inner)
  if (isNumeric(type)) return numberCalls(type, inner)
  if (type === 'utf8') return textCalls(inner)
  if (isBytes(type)) return [apply('concat', inner(type), inner(type))]
  return timeCalls(type, inner)
}

function boolCalls(inner: (type: DataType) => Arb): readonly Arb[] {
  const comparison = fc.constantFrom(...dataTypesDrawn).chain(of => {
    const names: readonly FunctionName[] = [
      'eq',
      'ne',
      'lt',
      'le',
      'gt',
      'ge',
      'is_distinct',
      'is_not_distinct',
    ]
    return fc.oneof(
      oneOf(names, inner(of), inner(of)),
      apply('in', inner(of), inner(of), inner(of)),
      oneOf(['is_null', 'is_not_null'], inner(of)),
    )
  })
  return [
    comparison,
    oneOf(['and', 'or'], inner('bool'), inner('bool')),
    apply('not', inner('bool')),
    oneOf(['like', 'starts_with', 'ends_with', 'contains'], inner('utf8'), inner('utf8')),
  ]
}

function numberCalls(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  const shared = [
    oneOf(['add', 'sub', 'mul', 'div', 'mod'], inner(type), inner(type)),
    oneOf(['neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round'], inner(type)),
  ]
  if (isInteger(type))
    shared.push(oneOf(['add_wrapping', 'sub_wrapping', 'mul_wrapping'], inner(type), inner(type)))
  if (type === 'float64') shared.push(apply('sqrt', inner('float64')))
  if (type === 'int64') shared.push(...longCalls(inner))
  return shared
}

function longCalls(inner: (type: DataType) => Arb): readonly Arb[] {
  const field = fc.constantFrom(...extractFields).map((name): Expr => literal(name, 'utf8'))
  const time = fc.constantFrom<DataType>('timestamp[us]', 'timestamp[s]', 'timestamp[ns]', 'date')
  return [
    apply('length', inner('utf8')),
    apply('octet_length', inner('binary')),
    apply('extract', field, time.chain(inner)),
    apply('timestamp_diff', inner('timestamp[us]'), inner('timestamp[us]')),
  ]
}

function textCalls(inner: (type: DataType) => Arb): readonly Arb[] {
  return [
    oneOf(['lower', 'upper', 'trim', 'ltrim', 'rtrim'], inner('utf8')),
    apply('substring', inner('utf8'), inner('int64')),
    apply('substring', inner('utf8'), inner('int8'), inner('int32')),
    apply('concat', inner('utf8'), inner('utf8'), inner('utf8')),
  ]
}

function timeCalls(type: DataType, inner: (type: DataType) => Arb): readonly Arb[] {
  const unit = fc.constantFrom(...truncUnits).map((name): Expr => literal(name, 'utf8'))
  const truncated = apply('date_trunc', unit, inner(type))
  return isTimestamp(type) ? [truncated, apply('timestamp_add', inner(type), inner('int64'))] : [truncated]
}
