/** Methods and properties of texts, by UTF-16 position. Half of a surrogate pair becomes U+FFFD (see js_slice). */
import { type Expr, isLiteral } from '../../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../../ir/expr/functions/index.ts'
import { type Place, refuse, refuseTypes } from '../refusal.ts'
import { apply, choose, coalesce, double, required, text } from './exprs.ts'
import { exprOf, join, leafwise } from './join.ts'
import { asDouble } from './numbers.ts'
import { doubleOf } from './numeric.ts'
import { isPresent } from './tests.ts'
import { concat, stringOf } from './text.ts'
import { describe, isOpaque, isPlain, type JsValue, type Plain, plain, UNDEFINED } from './values.ts'

interface Method {
  readonly least: number
  readonly most: number
  readonly call: (at: Place, receiver: Expr, args: readonly JsValue[]) => JsValue
}

const string = (expr: Expr): Plain => plain('string', expr)

/** A number as a position; undefined is as if it were not given. */
const position = (at: Place, value: JsValue | undefined, absent: number): Expr =>
  exprOf(value ?? UNDEFINED, leaf => {
    if (leaf.form === 'nothing' && leaf.value === undefined) return double(absent)
    return doubleOf(at, leaf, 'a position')
  })

const changing = (fn: FunctionName): Method => ({
  least: 0,
  most: 0,
  call: (_at, receiver) => string(apply(fn, receiver)),
})

const searching = (fn: FunctionName): Method => ({
  least: 1,
  most: 1,
  call: (at, receiver, [part]) => plain('boolean', apply(fn, receiver, stringOf(at, part))),
})

const same: Method = { least: 0, most: 0, call: (_at, receiver) => string(receiver) }

const isZero = (expr: Expr): boolean => isLiteral(expr) && expr.value === 0
const isInfinite = (expr: Expr): boolean => isLiteral(expr) && expr.value === Number.POSITIVE_INFINITY

function slice(receiver: Expr, start: Expr, end: Expr): Plain {
  if (!isInfinite(end)) return string(apply('js_slice', receiver, start, end))
  return string(isZero(start) ? receiver : apply('js_slice', receiver, start))
}

/** Both positions are counted from the start, and exchanged where they are the wrong way round. */
function substring(at: Place, receiver: Expr, [first, second]: readonly JsValue[]): Plain {
  const [a, b] = [position(at, first, 0), position(at, second, Number.POSITIVE_INFINITY)].map(x =>
    choose(apply('gt', x, double(0)), x, double(0)),
  )
  const ordered = apply('lt', a, b)
  return slice(receiver, choose(ordered, a, b), choose(ordered, b, a))
}

/** The code unit at a position, or undefined outside of the text. */
function unitAt(receiver: Expr, at: Expr): JsValue {
  const unit = apply('js_char', receiver, at)
  return join(isPresent(string(unit)), string(unit), UNDEFINED)
}

/** `text[i]`: only whole numbers name an element. */
export const elementAt = (receiver: Expr, at: Expr): JsValue =>
  unitAt(receiver, choose(apply('eq', apply('mod', at, double(1)), double(0)), at, double(-1)))

/** Negative positions count from the end. */
function at(place: Place, receiver: Expr, [index]: readonly JsValue[]): JsValue {
  const given = apply('trunc', position(place, index, 0))
  const fromEnd = apply('add', asDouble(apply('js_length', receiver)), given)
  return unitAt(receiver, choose(apply('lt', given, double(0)), fromEnd, given))
}

const writtenText = (expr: Expr): string | undefined =>
  isLiteral(expr) && typeof expr.value === 'string' ? expr.value : undefined

/** Halves of surrogate pairs and empty texts stand where bytes do not, and a $ stands for what was found. */
function replaceAll(at: Place, receiver: Expr, [from, to]: readonly JsValue[]): JsValue {
  const [what, by] = [stringOf(at, from), stringOf(at, to)]
  const isPlainText =
    !/^$|\p{Surrogate}/u.test(writtenText(what) ?? '') && /^[^$\p{Surrogate}]*$/u.test(writtenText(by) ?? '$')
  if (isPlainText) return string(apply('replace', receiver, what, by))
  const fix = 'write out both: what is replaced is not empty, and what it is replaced by has no $'
  return refuse(at, '.replaceAll() is supported with two texts that are written out', fix)
}

const methods: Readonly<Record<string, Method>> = {
  toUpperCase: changing('js_upper'),
  toLowerCase: changing('js_lower'),
  trim: changing('js_trim'),
  trimStart: changing('js_trim_start'),
  trimEnd: changing('js_trim_end'),
  startsWith: searching('starts_with'),
  endsWith: searching('ends_with'),
  includes: searching('contains'),
  toString: same,
  toWellFormed: same,
  concat: {
    least: 0,
    most: Number.POSITIVE_INFINITY,
    call: (at, receiver, args) => string(concat([receiver, ...args.map(arg => stringOf(at, arg))])),
  },
  slice: {
    least: 0,
    most: 2,
    call: (at, receiver, [start, end]) =>
      slice(receiver, position(at, start, 0), position(at, end, Number.POSITIVE_INFINITY)),
  },
  substring: { least: 1, most: 2, call: substring },
  replaceAll: { least: 2, most: 2, call: replaceAll },
  charAt: {
    least: 0,
    most: 1,
    call: (at, receiver, [index]) =>
      string(coalesce(apply('js_char', receiver, position(at, index, 0)), text(''))),
  },
  at: { least: 0, most: 1, call: at },
}

/** Calls a method of whatever the value is. */
export const callMethod = (at: Place, receiver: JsValue, name: string, args: readonly JsValue[]): JsValue =>
  leafwise(receiver, leaf => {
    if (isPlain(leaf, 'string')) return callOnText(at, required(leaf.expr), name, args)
    if (leaf.form === 'plain' && !isOpaque(leaf) && name === 'toString' && args.length === 0) {
      return string(stringOf(at, { ...leaf, expr: required(leaf.expr) }))
    }
    return refuseTypes(at, `.${name}() is not supported on ${describe(leaf)}`, 'convert it first: String(x)')
  })

function callOnText(at: Place, receiver: Expr, name: string, args: readonly JsValue[]): JsValue {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) {
    const names = Object.keys(methods).map(one => `.${one}()`)
    return refuse(at, `.${name}() is not supported on texts`, `there are ${names.join(', ')}`)
  }
  if (args.length >= method.least && args.length <= method.most) return method.call(at, receiver, args)
  const wanted = method.least === method.most ? method.least : `${method.least} to ${method.most}`
  return refuse(at, `.${name}() is supported with ${wanted} arguments`, 'change the number of arguments')
}

/** `x.length` */
export const lengthOf = (at: Place, receiver: JsValue): JsValue =>
  leafwise(receiver, leaf => {
    if (isPlain(leaf, 'string')) return plain('number', apply('js_length', required(leaf.expr)))
    return refuseTypes(at, `.length is not supported on ${describe(leaf)}`, 'only texts have a length')
  })
