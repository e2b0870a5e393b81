/** Names: columns, parameters, variables, and what the language itself provides. */
import type { Expression, Identifier, MemberExpression, Super } from 'acorn'
import type { Expr } from '../../../../ir/expr/expr.ts'
import { didYouMean } from '../../builder/did-you-mean.ts'
import type { Context } from '../context.ts'
import { numberConstant } from '../meaning/convert.ts'
import { double, required } from '../meaning/exprs.ts'
import { exprOf, leafwise } from '../meaning/join.ts'
import { mathConstant } from '../meaning/math.ts'
import { elementAt, lengthOf } from '../meaning/methods.ts'
import { doubleOf } from '../meaning/numeric.ts'
import { isPresent } from '../meaning/tests.ts'
import { describe, isPlain, type JsValue, ofExpr, plain, UNDEFINED } from '../meaning/values.ts'
import { paramOf } from '../params.ts'
import { type Place, refuse, refuseTypes } from '../refusal.ts'
import type { Binding, Variable, Whole } from './scope.ts'

/** A column of a row, or a field of a state. */
export function namedValue({ kind, values }: Whole, name: string, at: Place): JsValue {
  const what = kind === 'row' ? 'column' : 'field of the state'
  return (
    values.get(name) ??
    refuse(at, `there is no ${what} '${name}'`, didYouMean(name, [...values.keys()]), 'LDB-1100')
  )
}

export const paramValue = (cx: Context, name: string, at: Place): JsValue =>
  ofExpr(paramOf(cx.params, name, at))

const globals: Readonly<Record<string, JsValue>> = {
  undefined: UNDEFINED,
  NaN: plain('number', double(Number.NaN)),
  Infinity: plain('number', double(Number.POSITIVE_INFINITY)),
}

export function readIdentifier(cx: Context, node: Identifier): JsValue {
  const binding = cx.scope.find(node.name)
  switch (binding?.kind) {
    case 'row':
    case 'state':
      return refuseWhole(node, binding)
    case 'params':
      return refuse(node, 'the parameters cannot be used as a value', `name one: ${node.name}.limit`)
    case 'variable':
      return binding.value ?? refuseUnassigned(node)
    default:
      return Object.hasOwn(globals, node.name) ? globals[node.name] : refuseCaptured(cx, node)
  }
}

function refuseWhole(node: Identifier, { kind, values }: Whole): never {
  const [what, first = what] = [kind === 'row' ? 'column' : 'field', ...values.keys()]
  return refuse(node, `the whole ${kind} cannot be used as a value`, `name a ${what}: ${node.name}.${first}`)
}

const refuseUnassigned = (node: Identifier): never =>
  refuse(node, `'${node.name}' has no value on every way to here`, `use: const ${node.name} = test ? a : b`)

export function refuseCaptured(cx: Context, place: Place): never {
  const name = cx.source.slice(place)
  return refuse(
    place,
    `'${name}' is captured from outside: the compiler sees the text of the function, not its variables`,
    cx.passIn(place),
  )
}

/** The name of a property that the text alone tells, or undefined. */
export function staticName(node: MemberExpression): string | undefined {
  const { property, computed } = node
  if (!computed) return property.type === 'Identifier' ? property.name : undefined
  if (property.type === 'Literal' && typeof property.value === 'string') return property.value
  const isText = property.type === 'TemplateLiteral' && property.expressions.length === 0
  return isText ? (property.quasis[0].value.cooked ?? undefined) : undefined
}

/** The name of an object that the function itself does not define: `Math` of `Math.abs`. */
export function globalName(cx: Context, node: Expression | Super): string | undefined {
  return node.type === 'Identifier' && !cx.scope.find(node.name) ? node.name : undefined
}

export function readMember(cx: Context, node: MemberExpression): JsValue {
  const { object } = node
  if (object.type === 'Identifier') {
    const binding = cx.scope.find(object.name)
    if (binding && binding.kind !== 'variable') return readField(cx, node, binding)
  }
  const name = staticName(node)
  const global = globalName(cx, object)
  if (global !== undefined) return readGlobal(cx, node, global, name)
  if (isFreePath(cx, object)) return refuseCaptured(cx, node)
  return readProperty(cx, node, name)
}

function readField(cx: Context, node: MemberExpression, of: Exclude<Binding, Variable>): JsValue {
  const name = staticName(node)
  if (name !== undefined)
    return of.kind === 'params' ? paramValue(cx, name, node.property) : namedValue(of, name, node.property)
  const what = { row: 'column', state: 'field', params: 'parameter' }[of.kind]
  return refuse(
    node.property,
    `which ${what} this is cannot be seen in the text of the function`,
    `write the name of the ${what}: ${cx.source.slice(node.object)}.name`,
  )
}

function readGlobal(cx: Context, node: MemberExpression, object: string, name: string | undefined): JsValue {
  let constant: Expr | undefined
  if (name !== undefined && object === 'Math') constant = mathConstant(name)
  if (name !== undefined && object === 'Number') constant = numberConstant(name)
  if (constant) return plain('number', constant)
  if (object === 'Math' || object === 'Number') {
    const what = cx.source.slice(node)
    return refuse(node, `${what} is not supported here`, 'call it, or write its value')
  }
  return refuseCaptured(cx, node)
}

/** Is it `config.limits`, where the function defines no `config`? */
function isFreePath(cx: Context, node: Expression | Super): boolean {
  if (node.type !== 'MemberExpression') return false
  return globalName(cx, node.object) !== undefined || isFreePath(cx, node.object)
}

/** The object before a dot; `?.` guards the rest of the chain. */
export function readObject(cx: Context, node: MemberExpression): JsValue {
  if (node.object.type === 'Super')
    return refuse(node.object, "'super' is not available", 'use the row alone')
  const object = cx.read(node.object)
  if (node.optional) cx.guards.push(isPresent(object))
  return object
}

function readProperty(cx: Context, node: MemberExpression, name: string | undefined): JsValue {
  const object = readObject(cx, node)
  if (name === 'length') return lengthOf(node, object)
  if (name === undefined && node.computed && node.property.type !== 'PrivateIdentifier') {
    return readUnit(node, object, cx.read(node.property))
  }
  return refuse(
    node,
    `.${name ?? cx.source.slice(node.property)} is not supported`,
    'texts have .length and methods',
  )
}

/** `text[i]`: undefined where `i` is no position of the text. */
function readUnit(node: MemberExpression, object: JsValue, index: JsValue): JsValue {
  return leafwise(object, leaf => {
    if (!isPlain(leaf, 'string')) {
      return refuseTypes(node, `${describe(leaf)} has no parts`, 'only a text has characters')
    }
    const at = exprOf(index, one => {
      if (isPlain(one, 'number') && !one.expr.nullable) return doubleOf(node, one, 'a position')
      return refuseTypes(node.property, `${describe(one)} is not a position`, 'use .charAt(i)')
    })
    return elementAt(required(leaf.expr), at)
  })
}
