/** A function as its source text says: parsed, whatever form a build tool gave it. */
import {
  type ArrowFunctionExpression,
  type Expression,
  type FunctionExpression,
  type Options,
  parseExpressionAt,
} from 'acorn'
import type { SourceSpan } from '../../../../ir/errors.ts'
import { type Place, refuse } from '../refusal.ts'

/** Any function; which of its parameters are rows is the business of the caller's types. */
export type RowFunction = (...args: never[]) => unknown
export type FunctionNode = ArrowFunctionExpression | FunctionExpression

const OPTIONS: Options = { ecmaVersion: 'latest', sourceType: 'script', allowSuperOutsideMethod: true }
const METHOD_PREFIX = '({'

/** The text of a function, and how far places in what was parsed lie behind places in it. */
export class Source {
  readonly text: string
  readonly #shift: number

  constructor(text: string, shift = 0) {
    this.text = text
    this.#shift = shift
  }

  span({ start, end }: Place): SourceSpan {
    const inside = (at: number): number => Math.min(Math.max(at - this.#shift, 0), this.text.length)
    return { text: this.text, start: inside(start), end: inside(end) }
  }

  slice(place: Place): string {
    const { start, end } = this.span(place)
    return this.text.slice(start, end)
  }
}

export interface ParsedFunction {
  readonly source: Source
  readonly node: FunctionNode
}

export const textOfFunction = (fn: RowFunction): string => Function.prototype.toString.call(fn)

/** Refuses what is not a function of plain JavaScript. */
export function parseFunction(text: string): ParsedFunction {
  const whole: Place = { start: 0, end: text.length }
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    refuse(
      whole,
      'the function is native or bound: its source text is not available',
      'pass the arrow function itself, not a built-in function nor the result of .bind()',
    )
  }
  if (/^class\b/.test(text))
    refuse({ start: 0, end: 5 }, 'a class is not a function of a row', 'pass an arrow function')
  const parsed = parseAsExpression(text) ?? parseAsMethod(text)
  if (!parsed) refuse(whole, 'the source text of the function could not be read', 'pass an arrow function')
  checkForm(parsed.node)
  return parsed
}

const isFunction = (node: Expression): node is FunctionNode =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'

function parse(text: string): Expression | undefined {
  try {
    return parseExpressionAt(text, 0, OPTIONS)
  } catch {
    return undefined
  }
}

function parseAsExpression(text: string): ParsedFunction | undefined {
  const node = parse(text)
  return node && isFunction(node) ? { source: new Source(text), node } : undefined
}

/** `{ f(row) { ... } }.f` prints as `f(row) { ... }`, which is only a function inside of an object. */
function parseAsMethod(text: string): ParsedFunction | undefined {
  const object = parse(`${METHOD_PREFIX}${text}})`)
  const property = object?.type === 'ObjectExpression' ? object.properties[0] : undefined
  if (property?.type !== 'Property' || property.kind !== 'init') return undefined
  const { value } = property
  return isFunction(value) ? { source: new Source(text, METHOD_PREFIX.length), node: value } : undefined
}

function checkForm(node: FunctionNode): void {
  if (node.async) {
    refuse(
      node,
      'an async function cannot be compiled',
      'compute from the row alone; look data up with a join',
    )
  }
  if (node.generator) refuse(node, 'a generator cannot be compiled', 'return one value')
}
