/** The parameters of a function: names of the row and of the params, or patterns that take them apart. */
import type { AssignmentProperty, Pattern, RestElement } from 'acorn'
import type { Context } from '../context.ts'
import { assign } from '../context.ts'
import type { JsValue } from '../meaning/values.ts'
import { type Place, refuse } from '../refusal.ts'
import { namedValue, paramValue } from './names.ts'
import type { Binding, Variable, Whole } from './scope.ts'

/** What a pattern can take apart. */
type Parts = Exclude<Binding, Variable>

/** `(row)` or `(row, params)`. */
export function bindRow(cx: Context, row: Whole): void {
  const [first, second, extra] = cx.node.params
  if (extra)
    refuse(extra, 'a function of a row takes (row) or (row, params)', 'put all other values into params')
  if (first) bindPattern(cx, first, row)
  if (second) bindPattern(cx, second, { kind: 'params' })
}

/** States, and behind them values. */
export function bindStates(cx: Context, states: readonly Whole[], values: readonly JsValue[]): void {
  for (const [i, param] of cx.node.params.entries()) {
    const [state, value] = [states.at(i), values.at(i - states.length)]
    if (state) bindPattern(cx, param, state)
    else if (value && i < states.length + values.length) bindValue(cx, param, value)
    else
      refuse(param, 'the aggregate is not given so many arguments', 'give it one more, or drop the parameter')
  }
}

function bindValue(cx: Context, pattern: Pattern, value: JsValue): void {
  if (pattern.type === 'AssignmentPattern') refuseDefault(pattern)
  if (pattern.type !== 'Identifier')
    refuse(pattern, 'an argument is a single value', 'give each argument a name')
  if (cx.writes.has(pattern.name)) refuseAssigned(pattern, pattern.name)
  const variable: Variable = { kind: 'variable', value: undefined }
  cx.scope.declare(pattern.name, variable)
  assign(cx, variable, value)
}

export function bindPattern(cx: Context, pattern: Pattern, whole: Parts): void {
  switch (pattern.type) {
    case 'Identifier':
      if (cx.writes.has(pattern.name)) refuseAssigned(pattern, pattern.name)
      cx.scope.declare(pattern.name, whole)
      return
    case 'ObjectPattern':
      for (const property of pattern.properties) bindProperty(cx, property, whole)
      return
    case 'AssignmentPattern':
      refuseDefault(pattern)
      return
    case 'RestElement':
      refuse(pattern, 'a rest parameter cannot be compiled', 'take (row) or (row, params)')
      return
    default:
      refuse(pattern, 'the row is an object', 'take it apart by names: ({ delay, distance }) => ...')
  }
}

function bindProperty(cx: Context, property: AssignmentProperty | RestElement, whole: Parts): void {
  if (property.type === 'RestElement') {
    refuse(
      property,
      'the rest of a row cannot be named',
      'name the columns, or take the whole row: ({ ...row })',
    )
  }
  const { key, value } = property
  const name = keyName(property)
  if (value.type === 'AssignmentPattern') refuseDefault(value)
  if (value.type !== 'Identifier') refuse(value, 'columns have no parts to be named', 'name the column alone')
  if (cx.writes.has(value.name)) refuseAssigned(value, value.name)
  const variable: Variable = { kind: 'variable', value: undefined }
  cx.scope.declare(value.name, variable)
  assign(cx, variable, whole.kind === 'params' ? paramValue(cx, name, key) : namedValue(whole, name, key))
}

function keyName({ key, computed }: AssignmentProperty): string {
  if (!computed && key.type === 'Identifier') return key.name
  if (key.type === 'Literal' && typeof key.value === 'string') return key.value
  return refuse(key, 'which column this is cannot be seen in the text of the function', 'write its name')
}

/** A default stands in for undefined, but what is missing in a column is null. */
const refuseDefault = (at: Place): never =>
  refuse(at, 'a default value replaces undefined, but columns hold null', 'write: name ?? fallback')

const refuseAssigned = (at: Place, name: string): never =>
  refuse(at, `'${name}' is assigned`, 'use const and an expression: const x = test ? a : b')
