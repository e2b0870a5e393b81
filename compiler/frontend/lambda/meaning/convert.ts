/** Number, String, Boolean, BigInt, and the questions that Number answers about a value. */
import { type Expr, isLiteral, literal, nullOf } from '../../../../ir/expr/expr.ts'
import { isFloat } from '../../../../ir/types.ts'
import { type Place, refuseTypes } from '../refusal.ts'
import { after, allOf, apply, choose, coalesce, convert, double, FALSE, not, required } from './exprs.ts'
import { exprOf, leafwise } from './join.ts'
import { asDouble, asInt64, bigintType, numeral } from './numbers.ts'
import { numberOf, parsed } from './numeric.ts'
import { describe, isOpaque, isPlain, type JsValue, type Leaf, type Plain, plain } from './values.ts'

/** `Number(x)` */
export const toNumber = (at: Place, value: JsValue): JsValue =>
  leafwise(value, leaf => plain('number', numberOfLeaf(at, leaf)))

function numberOfLeaf(at: Place, leaf: Leaf): Expr {
  if (isPlain(leaf, 'string')) return coalesce(parsed(leaf.expr), double(0))
  if (isPlain(leaf, 'bigint')) return coalesce(convert(asInt64(leaf.expr), 'float64'), double(0))
  return numberOf(at, leaf, 'Number()')
}

/** `+x`, which throws for a bigint. */
export const positive = (at: Place, value: JsValue): JsValue =>
  leafwise(value, leaf => {
    if (!isPlain(leaf, 'bigint')) return plain('number', numberOfLeaf(at, leaf))
    return refuseTypes(at, "'+' does not take a bigint: JavaScript throws a TypeError", 'use Number(x)')
  })

/** `BigInt(x)`: a number that is no integer is a fault of the row, and so is one beyond int64. */
export const toBigint = (at: Place, value: JsValue): JsValue =>
  leafwise(value, leaf => {
    const parsedLiteral = literalBigint(leaf)
    if (parsedLiteral) return parsedLiteral
    if (leaf.form === 'plain' && leaf.kind !== 'string' && !isOpaque(leaf)) {
      return plain('bigint', bigintOf({ ...leaf, expr: required(leaf.expr) }))
    }
    const fix = 'pass a number or a boolean'
    return refuseTypes(at, `BigInt() does not take ${describe(leaf)}`, fix)
  })

/** `BigInt("15")`: how build tools write 15n for older engines. */
function literalBigint(leaf: Leaf): Plain | undefined {
  if (!isPlain(leaf, 'string') || !isLiteral(leaf.expr) || !/^\d+$/.test(String(leaf.expr.value)))
    return undefined
  const value = BigInt(String(leaf.expr.value))
  const type = bigintType(value)
  return type && plain('bigint', literal(value, type))
}

function bigintOf({ kind, expr }: Plain): Expr {
  if (kind === 'bigint') return expr
  const number = numeral(expr)
  if (!isFloat(number.type)) return convert(number, 'int64')
  const x = asDouble(number)
  return required(choose(isWhole(x), convert(x, 'int64'), nullOf('int64')))
}

const isWhole = (x: Expr): Expr => apply('eq', apply('mod', x, double(1)), double(0))

const SIGN_BIT = 1n << 63n

/** `BigInt.asIntN(64, x)`: the way from uint64 to int64. */
export const asSigned = (at: Place, value: JsValue): JsValue =>
  leafwise(value, leaf => {
    if (!isPlain(leaf, 'bigint')) {
      return refuseTypes(at, `BigInt.asIntN does not take ${describe(leaf)}`, 'pass a bigint')
    }
    const big = required(asInt64(leaf.expr))
    return plain('bigint', big.type === 'uint64' ? signed(big) : big)
  })

function signed(unsigned: Expr): Expr {
  const fits = apply('lt', unsigned, literal(SIGN_BIT, 'uint64'))
  const rest = convert(apply('sub', unsigned, literal(SIGN_BIT, 'uint64')), 'int64')
  return choose(fits, convert(unsigned, 'int64'), apply('add', rest, literal(-SIGN_BIT, 'int64')))
}

const INFINITY = double(Number.POSITIVE_INFINITY)
const magnitude = (x: Expr): Expr => apply('abs', x)

/** Questions about a double that is not null. */
const questions: Readonly<Record<string, (x: Expr) => Expr>> = {
  isNaN: x => not(apply('le', magnitude(x), INFINITY)),
  isFinite: x => apply('lt', magnitude(x), INFINITY),
  isInteger: isWhole,
  isSafeInteger: x => allOf([isWhole(x), apply('le', magnitude(x), double(Number.MAX_SAFE_INTEGER))]),
}

export const isQuestion = (name: string): boolean => Object.hasOwn(questions, name)

/** `Number.isInteger(x)` and its like: false for what is no number. */
export const askNumber = (name: string, value: JsValue): Expr =>
  exprOf(value, leaf => {
    if (isPlain(leaf, 'number')) return coalesce(questions[name](asDouble(leaf.expr)), FALSE)
    return after(leaf.form === 'plain' ? [leaf.expr] : [], FALSE)
  })

/** `isNaN(x)` and `isFinite(x)`: of the number that the value becomes. */
export const askConverted = (at: Place, name: string, value: JsValue): Expr =>
  askNumber(name, positive(at, value))

const numberConstants: Readonly<Record<string, number>> = {
  EPSILON: Number.EPSILON,
  MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER,
  MIN_SAFE_INTEGER: Number.MIN_SAFE_INTEGER,
  MAX_VALUE: Number.MAX_VALUE,
  MIN_VALUE: Number.MIN_VALUE,
  POSITIVE_INFINITY: Number.POSITIVE_INFINITY,
  NEGATIVE_INFINITY: Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
}

export const numberConstant = (name: string): Expr | undefined =>
  Object.hasOwn(numberConstants, name) ? double(numberConstants[name]) : undefined
