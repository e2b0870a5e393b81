/** Object literals as lists of columns: `{ ...row, late: row.delay > 15n }`, however a build tool spells the spread. */
import type { CallExpression, Expression, ObjectExpression, Property, SpreadElement } from 'acorn'
import { canFault } from '../../../../ir/expr/can-fault.ts'
import type { Expr } from '../../../../ir/expr/expr.ts'
import type { Context } from '../context.ts'
import { after, alwaysEvaluates } from '../meaning/exprs.ts'
import { join } from '../meaning/join.ts'
import type { JsValue } from '../meaning/values.ts'
import { type Place, refuse } from '../refusal.ts'
import { withoutCounters } from './calls.ts'
import { globalName, staticName } from './names.ts'
import { chosen, lastOf } from './operators.ts'

/** A value for each column, and where it stands in the source. */
export interface Field {
  readonly value: JsValue
  readonly at: Place
}
export type Fields = ReadonlyMap<string, Field>

/** Helpers that compilers spell a spread with: esbuild, TypeScript, swc and babel. */
const SPREADERS =
  /^(__spreadValues|__spreadProps|__assign|_extends|_object_?spread(_props)?|_objectSpread2?)\d*$/i

export function readFields(cx: Context, node: Expression): Fields {
  switch (node.type) {
    case 'ObjectExpression':
      return readObject(cx, node)
    case 'ConditionalExpression':
      return chosen(
        cx,
        node,
        one => readFields(cx, one),
        (test, a, b) => joinFields(node, test, a, b),
      )
    case 'SequenceExpression':
      return readFields(cx, lastOf(cx, node))
    case 'ParenthesizedExpression':
      return readFields(cx, node.expression)
    case 'CallExpression':
      return isSpreader(cx, node)
        ? merged(node.arguments.map(arg => readPart(cx, arg)))
        : refuseMaker(cx, node)
    default:
      return readWholeRow(cx, node) ?? refuseResult(node)
  }
}

const refuseResult = (node: Place): never =>
  refuse(node, 'the result must be an object of columns', 'return an object: row => ({ name: row.name })')

const refuseMaker = (cx: Context, node: CallExpression): never =>
  refuse(
    node,
    `the function '${cx.source.slice(node.callee)}' is not known to the compiler`,
    'return an object; if a build tool made this call of { ...row }, let it build for es2018 or later',
  )

/** Later fields win, in the place of the earlier ones. */
function merged(parts: readonly Fields[]): Fields {
  const all = new Map<string, Field>()
  for (const part of parts) for (const [name, field] of part) all.set(name, field)
  return all
}

const readObject = (cx: Context, node: ObjectExpression): Fields =>
  merged(
    node.properties.map(property =>
      property.type === 'SpreadElement' ? readPart(cx, property.argument) : readProperty(cx, property),
    ),
  )

function readProperty(cx: Context, property: Property): Fields {
  const { key, computed, kind, method, value } = property
  if (kind !== 'init' || method)
    return refuse(property, 'a column cannot be a function', 'give the column a value')
  const name = !computed && key.type === 'Identifier' ? key.name : literalKey(key)
  if (name === undefined) {
    return refuse(key, 'the name of a column must be seen in the text of the function', 'write the name')
  }
  if (name === '__proto__') return refuse(key, "a column cannot be named '__proto__'", 'use another name')
  return new Map([[name, { value: cx.read(value), at: value }]])
}

const literalKey = (key: Expression): string | undefined =>
  key.type === 'Literal' && typeof key.value === 'string' ? key.value : undefined

/** What may be spread: the row, other literals of columns, and choices between such. */
function readPart(cx: Context, node: Expression | SpreadElement): Fields {
  if (node.type === 'SpreadElement')
    return refuse(node, 'only the row can be spread', 'write: ({ ...row, x })')
  const isObject = ['ObjectExpression', 'ConditionalExpression', 'ParenthesizedExpression'].includes(
    node.type,
  )
  if (isObject || (node.type === 'CallExpression' && isSpreader(cx, node))) return readFields(cx, node)
  return readWholeRow(cx, node) ?? refuse(node, 'only the row can be spread', 'write: ({ ...row, x })')
}

function readWholeRow(cx: Context, node: Expression): Fields | undefined {
  const whole = node.type === 'Identifier' ? cx.scope.find(node.name) : undefined
  if (whole?.kind !== 'row' && whole?.kind !== 'state') return undefined
  return new Map([...whole.values].map(([name, value]) => [name, { value, at: node }]))
}

/** `Object.assign`, or a helper: as `__assign`, `tslib.__assign`, `(0, helpers._)` of a spread. */
function isSpreader(cx: Context, { callee }: CallExpression): boolean {
  const fn = withoutCounters(callee as Expression)
  if (fn.type === 'Identifier') return globalName(cx, fn) !== undefined && SPREADERS.test(fn.name)
  if (fn.type !== 'MemberExpression' || fn.object.type !== 'Identifier') return false
  if (globalName(cx, fn.object) === undefined) return false
  const name = staticName(fn) ?? ''
  if (fn.object.name === 'Object') return name === 'assign'
  return SPREADERS.test(name) || (name === '_' && SPREADERS.test(fn.object.name))
}

/** Two ways to a result must give the same columns. */
export function joinFields(at: Place, test: Expr, then: Fields, otherwise: Fields): Fields {
  const missing =
    [...then.keys()].find(name => !otherwise.has(name)) ?? [...otherwise.keys()].find(name => !then.has(name))
  if (missing !== undefined) {
    refuse(
      at,
      `one way to the result has a column '${missing}', another has not`,
      `return ${missing}: null there`,
    )
  }
  return new Map(
    [...then].map(([name, field]) => {
      const other = otherwise.get(name) ?? field
      return [name, { value: join(test, field.value, other.value), at }]
    }),
  )
}

/** The first column that is not always null carries the faults that no column would meet. */
export function afterFields(evaluated: readonly Expr[], fields: Fields): Fields {
  const lost = evaluated.filter(expr => ![...fields.values()].some(({ value }) => meets(value, expr)))
  if (lost.every(expr => !canFault(expr))) return fields
  const carrier = [...fields].find(([, { value }]) => value.form !== 'nothing')
  if (!carrier) return refuseLost([...fields.values()])
  const [name, { value, at }] = carrier
  return new Map(fields).set(name, { value: afterValue(lost, value), at })
}

function refuseLost([first]: readonly Field[]): Fields {
  if (!first) return new Map()
  return refuse(
    first.at,
    'beside nulls there is nothing that what comes before is computed for',
    'leave it out',
  )
}

const meets = (value: JsValue, expr: Expr): boolean =>
  value.form !== 'nothing' && alwaysEvaluates(value.form === 'plain' ? value.expr : value.test, expr)

function afterValue(evaluated: readonly Expr[], value: JsValue): JsValue {
  if (value.form === 'plain') return { ...value, expr: after(evaluated, value.expr) }
  return value.form === 'choice' ? { ...value, test: after(evaluated, value.test) } : value
}
