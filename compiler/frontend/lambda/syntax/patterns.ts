/** The parameters of a function: names of the row and of the params, or patterns that take them apart. */
import type { AssignmentProperty, Pattern, RestElement } from 'acorn'
import type { Context } from '../context.ts'
import { assign } from '../context.ts'
import { type Place, refuse } from '../refusal.ts'
import { columnOf, paramValue } from './names.ts'
import type { Variable } from './scope.ts'

export type Whole = 'row' | 'params'

export function bindParameters(cx: Context): void {
  const [row, params] = cx.node.params
  if (row) bindPattern(cx, row, 'row')
  if (params) bindPattern(cx, params, 'params')
}

export function bindPattern(cx: Context, pattern: Pattern, whole: Whole): void {
  switch (pattern.type) {
    case 'Identifier':
      if (cx.writes.has(pattern.name)) refuseAssigned(pattern, pattern.name)
      cx.scope.declare(pattern.name, { kind: whole })
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

function bindProperty(cx: Context, property: AssignmentProperty | RestElement, whole: Whole): void {
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
  assign(cx, variable, whole === 'row' ? columnOf(cx, name, key) : paramValue(cx, name, key))
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
