/** + - * / % ** and the signs. Numbers are float64, bigints checked int64. */

import { type Expr, isLiteral, literal } from '../../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../../ir/expr/functions/index.ts'
import { type Place, refuse, refuseTypes } from '../refusal.ts'
import { allOf, apply, double, required } from './exprs.ts'
import { join, leafwise, pairwise } from './join.ts'
import { bigintType } from './numbers.ts'
import { doubleOf, int64Of } from './numeric.ts'
import { concat, textOf } from './text.ts'
import { describe, isPlain, type JsValue, type Leaf, mayBeNull, NULL, type Plain, plain } from './values.ts'

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '**'

const functions: Readonly<Record<ArithmeticOperator, FunctionName>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  '%': 'mod',
  '**': 'power',
}

export function arithmetic(at: Place, operator: ArithmeticOperator, a: JsValue, b: JsValue): JsValue {
  return pairwise(a, b, (x, y) => (operator === '+' ? sum(at, x, y) : compute(at, operator, x, y)))
}

/** Joins texts where one operand is a text; a text that is null adds as a number, as null does. */
function sum(at: Place, a: Leaf, b: Leaf): JsValue {
  if (!isPlain(a, 'string') && !isPlain(b, 'string')) return compute(at, '+', a, b)
  if (isPlain(a, 'string') && mayBeNull(a) && !isSureText(b)) return split(a, part => sum(at, part, b))
  if (isPlain(b, 'string') && mayBeNull(b) && !isSureText(a)) return split(b, part => sum(at, a, part))
  return plain('string', concat([textOf(at, a), textOf(at, b)]))
}

const isSureText = (leaf: Leaf): boolean => isPlain(leaf, 'string') && !mayBeNull(leaf)

/** The value where it is not null, else null: each on its own. */
const split = (leaf: Plain, change: (leaf: Leaf) => JsValue): JsValue =>
  join(apply('is_null', leaf.expr), change(NULL), change({ ...leaf, expr: required(leaf.expr) }))

function compute(at: Place, operator: ArithmeticOperator, a: Leaf, b: Leaf): JsValue {
  if (isPlain(a, 'bigint') && isPlain(b, 'bigint')) return computeBigints(at, operator, a.expr, b.expr)
  if (isPlain(a, 'bigint') || isPlain(b, 'bigint')) return refuseMixed(at, operator, a, b)
  const fn = functions[operator]
  const what = `'${operator}'`
  return plain('number', apply(fn, doubleOf(at, a, what), doubleOf(at, b, what)))
}

const refuseMixed = (at: Place, operator: string, a: Leaf, b: Leaf): never =>
  refuseTypes(
    at,
    `'${operator}' does not mix ${describe(a)} with ${describe(b)}: JavaScript throws a TypeError`,
    'write an integer literal as 15n, or convert one side: BigInt(x) or Number(x)',
  )

/** A null beside a bigint is a TypeError, a fault of the row; two nulls are two zeros, which are numbers. */
function computeBigints(at: Place, operator: ArithmeticOperator, left: Expr, right: Expr): JsValue {
  if (operator === '**')
    return refuse(at, "'**' of bigints is not supported", 'convert both sides: Number(x) ** Number(y)')
  const [a, b] = [left, right].map(expr => int64Of(at, int64Literal(at, expr), `'${operator}'`))
  const result = plain('bigint', apply(functions[operator], required(a), required(b)))
  if (!a.nullable || !b.nullable) return result
  const bothNull = allOf([apply('is_null', a), apply('is_null', b)])
  return join(bothNull, compute(at, operator, NULL, NULL), result)
}

/** A bigint literal beyond int64 can only be compared. */
function int64Literal(at: Place, expr: Expr): Expr {
  if (!isLiteral(expr) || bigintType(expr.value as bigint) === 'int64') return expr
  return refuse(at, `${expr.value}n does not fit int64`, 'use a smaller literal, or Number(x)', 'LDB-1201')
}

export function negative(at: Place, value: JsValue): JsValue {
  return leafwise(value, leaf => {
    if (!isPlain(leaf, 'bigint')) return plain('number', apply('neg', doubleOf(at, leaf, "'-'")))
    if (isLiteral(leaf.expr) && leaf.expr.type === 'uint64')
      return negativeLiteral(at, leaf.expr.value as bigint)
    const operand = int64Of(at, leaf.expr, "'-'")
    const result = plain('bigint', apply('neg', required(operand)))
    if (!operand.nullable) return result
    return join(apply('is_null', operand), plain('number', double(-0)), result)
  })
}

/** The literal of the least int64 is written as the negation of one that int64 does not hold. */
function negativeLiteral(at: Place, value: bigint): JsValue {
  if (bigintType(-value) === 'int64') return plain('bigint', literal(-value, 'int64'))
  return refuse(at, `${-value}n does not fit int64`, 'use a smaller literal', 'LDB-1201')
}
