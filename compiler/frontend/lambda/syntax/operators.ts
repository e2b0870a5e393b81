/** Operators, choices and assignments: which operands are read, and under which conditions. */
import type {
  AssignmentExpression,
  BinaryExpression,
  ConditionalExpression,
  Expression,
  LogicalExpression,
  PrivateIdentifier,
  SequenceExpression,
  UnaryExpression,
} from 'acorn'
import { type Expr, isLiteral } from '../../../../ir/expr/expr.ts'
import { assign, type Context, conditionally } from '../context.ts'
import { type ArithmeticOperator, arithmetic, negative } from '../meaning/arithmetic.ts'
import { positive } from '../meaning/convert.ts'
import { looseEquality, strictEquality } from '../meaning/equality.ts'
import { allOf, anyOf, choose, not } from '../meaning/exprs.ts'
import { join } from '../meaning/join.ts'
import { type RelationalOperator, relational } from '../meaning/relational.ts'
import { fallback, truthOf } from '../meaning/tests.ts'
import { type JsValue, plain, UNDEFINED } from '../meaning/values.ts'
import { refuse } from '../refusal.ts'
import { isCounter } from './counters.ts'

const boolean = (test: Expr): JsValue => plain('boolean', test)

/** An expression of which only the truth counts. */
export function readTest(cx: Context, node: Expression): Expr {
  switch (node.type) {
    case 'LogicalExpression':
      return node.operator === '??' ? truthOf(cx.read(node)) : readChain(cx, node)
    case 'UnaryExpression':
      return node.operator === '!' ? not(readTest(cx, node.argument)) : truthOf(cx.read(node))
    case 'ConditionalExpression':
      return chosen(cx, node, one => readTest(cx, one), choose)
    case 'SequenceExpression':
      return readTest(cx, lastOf(cx, node))
    default:
      return truthOf(cx.read(node))
  }
}

function readChain(cx: Context, { operator, left, right }: LogicalExpression): Expr {
  const first = readTest(cx, left)
  if (isDecided(first, operator === '||')) return first
  const tests = [first, conditionally(cx, () => readTest(cx, right))]
  return operator === '&&' ? allOf(tests) : anyOf(tests)
}

/** Code that never runs is not read: what it does may make no sense, as with what is null behind a test for null. */
const isDecided = (test: Expr, value: boolean): boolean => isLiteral(test) && test.value === value

/** Reads both sides of `test ? a : b` as something, and joins them; only one where the test is known. */
export function chosen<T>(
  cx: Context,
  node: ConditionalExpression,
  read: (node: Expression) => T,
  joined: (test: Expr, then: T, otherwise: T) => T,
): T {
  const test = readTest(cx, node.test)
  const side = (one: Expression): T => conditionally(cx, () => read(one))
  if (isLiteral(test)) return side(test.value === true ? node.consequent : node.alternate)
  const then = side(node.consequent)
  return joined(test, then, side(node.alternate))
}

export const readConditional = (cx: Context, node: ConditionalExpression): JsValue =>
  chosen(cx, node, cx.read, join)

export function readLogical(cx: Context, node: LogicalExpression): JsValue {
  const left = cx.read(node.left)
  if (node.operator !== '??' && isDecided(truthOf(left), node.operator === '||')) return left
  const right = conditionally(cx, () => cx.read(node.right))
  switch (node.operator) {
    case '&&':
      return join(truthOf(left), right, left)
    case '||':
      return join(truthOf(left), left, right)
    case '??':
      return fallback(left, right)
  }
}

const unsupported = (cx: Context, node: Expression, operator: string, fix: string): never =>
  refuse(node, `the operator ${operator} is not supported: ${cx.source.slice(node)}`, fix)

export function readUnary(cx: Context, node: UnaryExpression): JsValue {
  const { operator, argument } = node
  switch (operator) {
    case '!':
      return boolean(not(readTest(cx, argument)))
    case '-':
      return negative(node, cx.read(argument))
    case '+':
      return positive(node, cx.read(argument))
    case 'void':
      if (argument.type === 'Literal') return UNDEFINED
      return unsupported(cx, node, 'void', 'write undefined')
    case '~':
      return unsupported(cx, node, '~', 'use Math.trunc(x) for whole numbers')
    case 'typeof':
      return unsupported(cx, node, 'typeof', 'columns have one type each; test for null with x === null')
    case 'delete':
      return unsupported(cx, node, 'delete', 'name the columns to keep in the result')
  }
}

const BITS_FIX = 'bits of integers are not available; Math.trunc(x) takes the whole number'

export function readBinary(cx: Context, node: BinaryExpression): JsValue {
  const { operator } = node
  switch (operator) {
    case 'in':
    case 'instanceof':
      return unsupported(cx, node, operator, 'test for null with x !== null')
    case '&':
    case '|':
    case '^':
    case '<<':
    case '>>':
    case '>>>':
      return unsupported(cx, node, operator, BITS_FIX)
    default: {
      const left = readOperand(cx, node.left)
      return combine(node, operator, left, readOperand(cx, node.right))
    }
  }
}

function readOperand(cx: Context, node: Expression | PrivateIdentifier): JsValue {
  return node.type === 'PrivateIdentifier'
    ? refuse(node, 'private names are not available', 'name a column')
    : cx.read(node)
}

type Combining = ArithmeticOperator | RelationalOperator | '===' | '!==' | '==' | '!='

function combine(at: BinaryExpression, operator: Combining, a: JsValue, b: JsValue): JsValue {
  switch (operator) {
    case '===':
      return boolean(strictEquality(at, a, b))
    case '!==':
      return boolean(not(strictEquality(at, a, b)))
    case '==':
      return boolean(looseEquality(at, operator, a, b))
    case '!=':
      return boolean(not(looseEquality(at, operator, a, b)))
    case '<':
    case '<=':
    case '>':
    case '>=':
      return boolean(relational(at, operator, a, b))
    default:
      return arithmetic(at, operator, a, b)
  }
}

/** `x = ...`, once, to a variable of the function: build tools make such variables for `??` and `?.`. */
export function readAssignment(cx: Context, node: AssignmentExpression): JsValue {
  const target = node.left.type === 'Identifier' ? cx.scope.find(node.left.name) : undefined
  const name = node.left.type === 'Identifier' ? node.left.name : ''
  if (node.operator !== '=' || target?.kind !== 'variable' || cx.writes.get(name) !== 1) {
    return refuse(
      node,
      `'${cx.source.slice(node.left)}' is assigned`,
      'use const and an expression: const x = test ? a : b',
    )
  }
  const value = cx.read(node.right)
  assign(cx, target, value)
  return value
}

/** The last expression of a sequence; the ones before may only count coverage. */
export function lastOf(cx: Context, node: SequenceExpression): Expression {
  const last = node.expressions[node.expressions.length - 1]
  for (const one of node.expressions.slice(0, -1)) {
    if (one.type === 'AssignmentExpression') cx.read(one)
    else if (!isCounter(one) && one.type !== 'Literal') refuseEffect(cx, one)
  }
  return last
}

export const refuseEffect = (cx: Context, node: Expression): never =>
  refuse(
    node,
    node.type === 'UpdateExpression'
      ? `'${cx.source.slice(node.argument)}' is assigned`
      : 'a function of a row has no effects besides its result',
    'leave only what computes the result',
  )
