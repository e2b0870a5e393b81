/** Any expression of a function as a value: one row of a table for each kind of node. */
import type { ChainExpression, Expression, Literal, TemplateLiteral } from 'acorn'
import { literal } from '../../../../ir/expr/expr.ts'
import { type Context, conditionally } from '../context.ts'
import { allOf, double, text } from '../meaning/exprs.ts'
import { join } from '../meaning/join.ts'
import { bigintType } from '../meaning/numbers.ts'
import { concat, stringOf } from '../meaning/text.ts'
import { type JsValue, leavesOf, NULL, plain, sizeOfValue, UNDEFINED } from '../meaning/values.ts'
import { type Place, refuse } from '../refusal.ts'
import { readCall, refuseNew } from './calls.ts'
import { readIdentifier, readMember } from './names.ts'
import {
  lastOf,
  readAssignment,
  readBinary,
  readConditional,
  readLogical,
  readUnary,
  refuseEffect,
} from './operators.ts'

/** Nodes of one expression, of values of different kinds in one choice, and nodes of the source that are read. */
const EXPR_NODES_MAX = 2_000
const LEAVES_MAX = 16
const NODES_READ_MAX = 5_000

/** What becomes of an expression; throws a Refusal. */
export function readExpression(cx: Context, node: Expression): JsValue {
  if (++cx.nodesRead > NODES_READ_MAX) refuseSize(node, 'the function')
  const value = readNode(cx, node)
  if (sizeOfValue(value) > EXPR_NODES_MAX || leavesOf(value).length > LEAVES_MAX) refuseSize(node, 'this')
  return value
}

const refuseSize = (node: Place, what: string): never =>
  refuse(node, `${what} becomes too large to compile`, 'compute a part of it in a step before, as a column')

function readNode(cx: Context, node: Expression): JsValue {
  switch (node.type) {
    case 'Literal':
      return readLiteral(node)
    case 'TemplateLiteral':
      return readTemplate(cx, node)
    case 'Identifier':
      return readIdentifier(cx, node)
    case 'MemberExpression':
      return readMember(cx, node)
    case 'ChainExpression':
      return readChain(cx, node)
    case 'CallExpression':
      return readCall(cx, node)
    case 'UnaryExpression':
      return readUnary(cx, node)
    case 'BinaryExpression':
      return readBinary(cx, node)
    case 'LogicalExpression':
      return readLogical(cx, node)
    case 'ConditionalExpression':
      return readConditional(cx, node)
    case 'AssignmentExpression':
      return readAssignment(cx, node)
    case 'SequenceExpression':
      return cx.read(lastOf(cx, node))
    case 'ParenthesizedExpression':
      return cx.read(node.expression)
    case 'UpdateExpression':
      return refuseEffect(cx, node)
    case 'NewExpression':
      return refuseNew(cx, node)
    default:
      return refuseNode(node)
  }
}

/** Why nodes of other kinds are refused, and what to write instead. */
const refusals: Readonly<Record<string, readonly [reason: string, fix: string]>> = {
  ThisExpression: ["'this' is not available", 'pass values in as parameters'],
  ArrowFunctionExpression: [
    'a function inside of the function cannot be compiled',
    'write its body in place',
  ],
  FunctionExpression: ['a function inside of the function cannot be compiled', 'write its body in place'],
  ClassExpression: ['a class cannot be compiled', 'compute from the row alone'],
  AwaitExpression: ['nothing can be awaited', 'look data up with a join'],
  YieldExpression: ['nothing can be yielded', 'return one value'],
  ObjectExpression: ['an object is only possible as the result of map', 'return a boolean, or name a column'],
  ArrayExpression: ['a list is only possible as [a, b].includes(x)', 'name one column for each value'],
  TaggedTemplateExpression: ['a tagged template cannot be compiled', 'use a plain template'],
  ImportExpression: ['nothing can be imported', 'pass values in as parameters'],
  MetaProperty: ['meta properties are not available', 'pass values in as parameters'],
}

function refuseNode(node: Expression): never {
  const [reason, fix] = refusals[node.type] ?? [`${node.type} is not supported`, 'use a plain expression']
  return refuse(node, reason, fix)
}

function readLiteral(node: Literal): JsValue {
  const { value } = node
  if (node.regex) {
    return refuse(
      node,
      'regular expressions are not supported',
      'use .startsWith(), .endsWith() or .includes()',
    )
  }
  switch (typeof value) {
    case 'number':
      return plain('number', double(value))
    case 'boolean':
      return plain('boolean', literal(value, 'bool'))
    case 'string':
      return plain('string', text(wellFormed(node, value)))
    case 'bigint':
      return plain('bigint', literal(value, bigintType(value) ?? refuseBigint(node, value)))
    default:
      return value === null ? NULL : UNDEFINED
  }
}

const refuseBigint = (node: Place, value: bigint): never =>
  refuse(node, `${value}n does not fit 64 bits`, 'use a smaller literal', 'LDB-1201')

/** Columns hold UTF-8, in which half of a surrogate pair cannot be. */
function wellFormed(node: Place, value: string): string {
  if (!/\p{Surrogate}/u.test(value)) return value
  return refuse(node, 'the text has half of a surrogate pair', 'write the whole character')
}

function readTemplate(cx: Context, node: TemplateLiteral): JsValue {
  const parts = node.quasis.flatMap((quasi, i) => {
    const cooked = text(wellFormed(quasi, quasi.value.cooked ?? ''))
    const expression = node.expressions[i]
    return expression ? [cooked, stringOf(expression, cx.read(expression))] : [cooked]
  })
  return plain('string', concat(parts))
}

/** `a?.b`: undefined where an object before a `?.` is null or undefined. */
function readChain(cx: Context, node: ChainExpression): JsValue {
  const outer = cx.guards
  cx.guards = []
  const value = conditionally(cx, () => cx.read(node.expression))
  const guards = cx.guards
  cx.guards = outer
  return join(allOf(guards), value, UNDEFINED)
}
