/** The canonical text of an expression: shown in plans, and part of the plan hash, hence without ambiguity. */
import { isFloat } from '../types.ts'
import type { Expr, Literal } from './expr.ts'

const infix: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  eq: '=',
  ne: '<>',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
  and: 'and',
  or: 'or',
}

export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'column':
      return printName(expr.name)
    case 'literal':
      return printLiteral(expr)
    case 'param':
      return `$${printName(expr.name)}::${expr.type}${expr.nullable ? '?' : ''}`
    case 'cast':
      return `${expr.attempt ? 'try_cast' : 'cast'}(${printExpr(expr.arg)} as ${expr.type})`
    case 'call': {
      const args = expr.args.map(printExpr)
      const operator = infix[expr.fn]
      return operator && args.length > 1
        ? `(${args.join(` ${operator} `)})`
        : `${expr.fn}(${args.join(', ')})`
    }
  }
}

/** What literals print as. */
const literalWords: ReadonlySet<string> = new Set(['true', 'false', 'NaN', 'Infinity'])

/** A name as it is where nothing else could be meant, else in double quotes. */
export const printName = (name: string): string =>
  /^[A-Za-z_]\w*$/.test(name) && !literalWords.has(name) ? name : JSON.stringify(name)

/** A text as SQL writes it, in single quotes: names have the double ones. */
const printText = (text: string): string => `'${JSON.stringify(text).slice(1, -1).replaceAll("'", "''")}'`

function printLiteral({ value, type }: Literal): string {
  if (value === null) return `null::${type}`
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return printText(value)
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`
  const text = Object.is(value, -0) ? '-0' : String(value)
  if (type === 'float64') return isFloat(type) && /^-?\d+$/.test(text) ? `${text}.0` : text
  return `${text}::${type}`
}
