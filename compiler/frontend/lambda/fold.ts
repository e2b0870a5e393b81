/**
 * Aggregates that are written as arrow functions over a state: an object of numbers (float64), bigints (int64), texts and
 * booleans. What is null at first gets its type from what `add` makes of it; a field can be null where any function says so.
 * As long as that is not known of all fields, the functions are read again with what is.
 */
import { MillraceError } from '../../../ir/errors.ts'
import { type Expr, literal, nullOf, type Value } from '../../../ir/expr/expr.ts'
import {
  argName,
  type Fold,
  refusedText,
  type StateField,
  sideName,
  stateName,
  TEXT_ADVICE,
} from '../../../ir/expr/fold.ts'
import type { DataType } from '../../../ir/types.ts'
import { compile, type Frame } from './compile.ts'
import type { Context } from './context.ts'
import { convert } from './meaning/exprs.ts'
import { asDouble, asInt64, bigintType } from './meaning/numbers.ts'
import { describe, type JsValue, kindOf, NULL, ofExpr, type Plain } from './meaning/values.ts'
import { refuse, refuseTypes } from './refusal.ts'
import { oneOf, readObject } from './results.ts'
import { afterFields, type Field, type Fields, joinFields } from './syntax/columns.ts'
import { bindStates } from './syntax/patterns.ts'
import type { Whole } from './syntax/scope.ts'
import type { RowFunction } from './syntax/source.ts'
import { readBody } from './syntax/statements.ts'

/** What an aggregate is made of, whatever the types of its state. */
export interface FoldFunctions {
  readonly init: () => object
  readonly add: RowFunction
  readonly merge?: RowFunction | undefined
  readonly remove?: RowFunction | undefined
  readonly result: RowFunction
}

/** What is known of a field so far. */
interface Known {
  readonly name: string
  readonly init: Value
  readonly type: DataType | undefined
  readonly nullable: boolean
}

/** What becomes of each field; undefined where that is null and its type not known. */
type Step = readonly (Expr | undefined)[]

/** The functions over arguments of some types, none of which is null. Throws LDB-1003, LDB-1100, LDB-1200, LDB-1201. */
export function compileFold(functions: FoldFunctions, argTypes: readonly DataType[]): Fold {
  const args = argTypes.map((type, i) => ofExpr({ kind: 'column', name: argName(i), type, nullable: false }))
  let fields = initialFields(functions.init())
  for (;;) {
    const { add, merge, remove } = readSteps(functions, fields, args)
    const refined = fields.map((field, i) => refine(field, [add, merge, remove], i))
    const isSettled = refined.every(
      (one, i) => one.type === fields[i].type && one.nullable === fields[i].nullable,
    )
    if (isSettled) {
      const state = fields.map(stateField)
      const result = readResult(functions.result, wholeOf(fields))
      return {
        state,
        add: settled(add),
        merge: merge && settled(merge),
        remove: remove && settled(remove),
        result,
      }
    }
    fields = refined
  }
}

/** Merging and removing are read when all types are known. */
function readSteps(functions: FoldFunctions, fields: readonly Known[], args: readonly JsValue[]) {
  const step = (fn: RowFunction | undefined, states: readonly Whole[], values: readonly JsValue[]) =>
    fn && compile(fn, frameOf(states, values), cx => readStep(cx, fields, fn === functions.merge))
  const state = [wholeOf(fields)]
  const isKnown = fields.every(({ type }) => type !== undefined)
  const sides = (['a', 'b'] as const).map(side => wholeOf(fields, name => sideName(side, name)))
  return {
    add: step(functions.add, state, args) ?? [],
    merge: isKnown ? step(functions.merge, sides, []) : undefined,
    remove: isKnown ? step(functions.remove, state, args) : undefined,
  }
}

const frameOf = (states: readonly Whole[], values: readonly JsValue[]): Frame => ({
  params: {},
  bind: cx => bindStates(cx, states, values),
  passIn: () =>
    'give it to the aggregate as an argument of `add`, and keep it in the state where others need it',
})

const wholeOf = (fields: readonly Known[], nameOf = stateName): Whole => ({
  kind: 'state',
  values: new Map(
    fields.map(({ name, type, nullable }) => [
      name,
      type === undefined ? NULL : ofExpr({ kind: 'column', name: nameOf(name), type, nullable }),
    ]),
  ),
})

function initialFields(state: unknown): readonly Known[] {
  if (typeof state !== 'object' || state === null || Array.isArray(state))
    throw refused('`init` gives no object', 'return the state: () => ({ sum: 0 })')
  return Object.entries(state).map(([name, init]) => ({
    name,
    init,
    type: typeOfValue(name, init),
    nullable: init === null,
  }))
}

const refused = (reason: string, fix: string): MillraceError => new MillraceError('LDB-1200', reason, { fix })

function typeOfValue(name: string, value: unknown): DataType | undefined {
  switch (typeof value) {
    case 'number':
      return 'float64'
    case 'boolean':
      return 'bool'
    case 'bigint':
      if (bigintType(value) === 'int64') return 'int64'
      throw refused(
        `field '${name}' of the state does not fit int64: ${value}`,
        'start with a smaller bigint',
      )
    case 'string':
      if (!/\p{Surrogate}/u.test(value)) return 'utf8'
      throw refused(`field '${name}' of the state is no well-formed text`, 'write value.toWellFormed()')
    default:
      if (value === null) return undefined
      throw refused(
        `field '${name}' of the state is ${Array.isArray(value) ? 'an array' : typeof value}`,
        'keep numbers, bigints, texts, booleans and null',
      )
  }
}

function readStep(cx: Context, fields: readonly Known[], isMerge: boolean): Step {
  const given = readObject(cx)
  for (const [name, { at }] of given)
    if (!fields.some(field => field.name === name))
      refuse(at, `the state has no field '${name}'`, `give it a value in init: ${name}: 0`)
  return fields.map(field => {
    const one =
      given.get(field.name) ??
      refuse(cx.node.body, `field '${field.name}' of the state is missing`, `return ({ ...state, ... })`)
    const expr = valueFor(field, one)
    if (expr && isMerge) checkText(expr, 'merge', one)
    return expr
  })
}

function valueFor({ name, type }: Known, field: Field): Expr | undefined {
  const what = `field '${name}' of the state`
  const whole = oneOf(field, what)
  if (whole.form === 'nothing') return type && nullOf(type)
  const expr = stateExpr(whole, field)
  if (type !== undefined && expr.type !== type)
    refuseTypes(
      field.at,
      `${what} is a ${kindOf(type)}, and here a ${describe(whole)}`,
      'keep it of one type',
    )
  return expr
}

function checkText(expr: Expr, where: 'merge' | 'result', { at }: Field): void {
  const reason = refusedText(expr, where)
  if (reason !== undefined) refuse(at, reason, TEXT_ADVICE, 'LDB-1001')
}

/** A value as a state keeps it. */
function stateExpr({ kind, expr }: Plain, { at }: Field): Expr {
  switch (kind) {
    case 'number':
      return asDouble(expr)
    case 'bigint':
      return convert(asInt64(expr), 'int64')
    case 'string':
    case 'boolean':
      return expr
    default:
      return refuseTypes(at, `bytes are no part of a state`, 'keep numbers, bigints, texts and booleans')
  }
}

function refine(field: Known, steps: readonly (Step | undefined)[], i: number): Known {
  const exprs = steps.flatMap(step => (step ? [step[i]] : []))
  return {
    ...field,
    type: field.type ?? exprs.find(expr => expr)?.type,
    nullable: field.nullable || exprs.some(expr => expr === undefined || expr.nullable),
  }
}

function stateField({ name, init, type, nullable }: Known): StateField {
  if (type === undefined)
    throw refused(`field '${name}' of the state is always null: it has no type`, 'leave it out')
  return { name, type, nullable, init: literal(init, type) }
}

const settled = (step: Step): readonly Expr[] => step.flatMap(expr => expr ?? [])

const RESULT = 'result'

function readResult(fn: RowFunction, state: Whole): Expr {
  return compile(fn, frameOf([state], []), cx => {
    const fields = readBody<Fields>(cx, {
      read: node => new Map([[RESULT, { value: cx.read(node), at: node }]]),
      join: joinFields,
      after: afterFields,
    })
    const field = fields.get(RESULT) ?? refuse(cx.node.body, 'there is no result', 'return a value')
    const whole = oneOf(field, 'the result')
    if (whole.form === 'nothing')
      return refuseTypes(field.at, 'the result is always null: it has no type', 'return a value of the state')
    const expr = stateExpr(whole, field)
    checkText(expr, 'result', field)
    return expr
  })
}
