/** Calls: of what the language provides, and of methods of values. All other functions are unknown to the compiler. */
import type { CallExpression, Expression, MemberExpression, SpreadElement } from 'acorn'
import type { Context } from '../context.ts'
import { askConverted, askNumber, asSigned, isQuestion, toBigint, toNumber } from '../meaning/convert.ts'
import { isOneOf } from '../meaning/equality.ts'
import { double, text } from '../meaning/exprs.ts'
import { mathCall } from '../meaning/math.ts'
import { callMethod } from '../meaning/methods.ts'
import { truthOf } from '../meaning/tests.ts'
import { stringOf } from '../meaning/text.ts'
import { isPlain, type JsValue, plain, UNDEFINED } from '../meaning/values.ts'
import { type Place, refuse } from '../refusal.ts'
import { isCounter } from './counters.ts'
import { globalName, readObject, staticName } from './names.ts'

/** What gives another answer each time: a recovered query would not repeat its results. */
const impure = new Map<string, string>([
  ['Date', 'compare with an event time column, or pass the time in as a parameter'],
  ['Date.now', 'compare with an event time column, or pass the time in as a parameter'],
  ['performance.now', 'compare with an event time column, or pass the time in as a parameter'],
  ['process.hrtime', 'compare with an event time column, or pass the time in as a parameter'],
  ['Math.random', 'pass a number in as a parameter, or sample by a column'],
  ['crypto.randomUUID', 'make the id where the rows are made'],
])

type GlobalCall = (at: Place, args: readonly JsValue[]) => JsValue

const [ZERO, EMPTY] = [plain('number', double(0)), plain('string', text(''))]

const globalCalls: Readonly<Record<string, GlobalCall>> = {
  Number: (at, args) => (args.length === 0 ? ZERO : toNumber(at, args[0])),
  String: (at, args) => (args.length === 0 ? EMPTY : plain('string', stringOf(at, args[0]))),
  Boolean: (_at, [value = UNDEFINED]) => plain('boolean', truthOf(value)),
  BigInt: (at, [value = UNDEFINED]) => toBigint(at, value),
  isNaN: (at, [value = UNDEFINED]) => plain('boolean', askConverted(at, 'isNaN', value)),
  isFinite: (at, [value = UNDEFINED]) => plain('boolean', askConverted(at, 'isFinite', value)),
}

export function readCall(cx: Context, node: CallExpression): JsValue {
  const callee = withoutCounters(node.callee as Expression)
  if (callee.type === 'MemberExpression') return readMethodCall(cx, node, callee)
  const name = globalName(cx, callee)
  if (name === undefined || !Object.hasOwn(globalCalls, name)) return refuseCall(cx, node, callee)
  if (node.arguments.length > 1)
    refuse(node.arguments[1], `${name}() is supported with one argument`, 'drop the others')
  return globalCalls[name](node, readArguments(cx, node))
}

/** `(0, f)` as bundlers write it, and counters before the function. */
export function withoutCounters(callee: Expression): Expression {
  if (callee.type !== 'SequenceExpression') return callee
  const ignored = callee.expressions.slice(0, -1).every(one => one.type === 'Literal' || isCounter(one))
  return ignored ? callee.expressions[callee.expressions.length - 1] : callee
}

function readArguments(cx: Context, node: CallExpression): readonly JsValue[] {
  return node.arguments.map(arg => cx.read(noSpread(arg)))
}

const noSpread = (node: Expression | SpreadElement | null): Expression =>
  node === null || node.type === 'SpreadElement'
    ? refuse(
        node ?? { start: 0, end: 0 },
        'a spread is only possible in the result: ({ ...row, x })',
        'name the values',
      )
    : node

function readMethodCall(cx: Context, node: CallExpression, callee: MemberExpression): JsValue {
  const name = staticName(callee)
  const object = globalName(cx, callee.object)
  if (name === undefined) return refuseCall(cx, node, callee)
  if (object !== undefined) return readNamespaceCall(cx, node, callee, object, name)
  if (callee.object.type === 'ArrayExpression' && name === 'includes') {
    const elements = callee.object.elements.map(element => cx.read(noSpread(element)))
    const [value] = readArguments(cx, node)
    return plain('boolean', isOneOf(node, value ?? UNDEFINED, elements))
  }
  if (isFreeObject(cx, callee.object as Expression)) return refuseCall(cx, node, callee)
  const receiver = readObject(cx, callee)
  return callMethod(node, receiver, name, readArguments(cx, node))
}

function isFreeObject(cx: Context, node: Expression): boolean {
  if (node.type === 'MemberExpression') return isFreeObject(cx, node.object as Expression)
  return globalName(cx, node) !== undefined
}

function readNamespaceCall(
  cx: Context,
  node: CallExpression,
  callee: MemberExpression,
  object: string,
  name: string,
): JsValue {
  if (impure.has(`${object}.${name}`)) return refuseCall(cx, node, callee)
  if (object === 'Math') return mathCall(node, name, readArguments(cx, node))
  if (object === 'Number' && isQuestion(name)) {
    const [value = UNDEFINED] = readArguments(cx, node)
    return plain('boolean', askNumber(name, value))
  }
  if (object === 'BigInt' && name === 'asIntN') return readAsIntN(cx, node)
  return refuseCall(cx, node, callee)
}

function readAsIntN(cx: Context, node: CallExpression): JsValue {
  const [bits, value] = readArguments(cx, node)
  const is64 =
    bits &&
    bits.form === 'plain' &&
    isPlain(bits, 'number') &&
    bits.expr.kind === 'literal' &&
    bits.expr.value === 64
  return is64 && value
    ? asSigned(node, value)
    : refuse(node, 'BigInt.asIntN is supported with 64 bits', 'write BigInt.asIntN(64, x)')
}

function refuseCall(cx: Context, node: CallExpression, callee: Expression): never {
  const name = cx.source.slice(callee)
  const fix = impure.get(name) ?? impure.get(name.split('.').slice(0, 2).join('.'))
  if (fix) return refuse(node, `${name}() has another value each time: results could not be repeated`, fix)
  return refuse(
    node,
    `the function '${name}' is not known to the compiler`,
    'write what it computes in place of the call',
  )
}

/** `new Date()` and the like. */
export function refuseNew(cx: Context, node: Expression & { type: 'NewExpression' }): never {
  const name = cx.source.slice(node.callee)
  const fix = name === 'Date' ? impure.get(name) : undefined
  return refuse(
    node,
    `objects cannot be made here: new ${name}`,
    fix ?? 'compute numbers, texts and booleans only',
  )
}
