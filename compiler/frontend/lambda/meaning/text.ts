/** ToString and what joins texts. */
import { type Expr, isLiteral } from '../../../../ir/expr/expr.ts'
import { isFloat } from '../../../../ir/types.ts'
import { type Place, refuseTypes } from '../refusal.ts'
import { apply, coalesce, convert, text } from './exprs.ts'
import { exprOf } from './join.ts'
import { asDouble, asInt64, numeral } from './numbers.ts'
import type { JsValue, Leaf, Plain } from './values.ts'

/** The text of a value as String(x) gives it; never null. */
export const stringOf = (at: Place, value: JsValue): Expr => exprOf(value, leaf => textOf(at, leaf))

export function textOf(at: Place, leaf: Leaf): Expr {
  if (leaf.form === 'nothing') return text(String(leaf.value))
  return coalesce(textOfPlain(at, leaf), text('null'))
}

function textOfPlain(at: Place, { kind, expr }: Plain): Expr {
  switch (kind) {
    case 'string':
      return expr
    case 'boolean':
      return convert(expr, 'utf8')
    case 'bigint':
      return convert(asInt64(expr), 'utf8')
    case 'number':
      return numberText(expr)
    case 'binary':
    case 'decimal':
    case 'list':
      return refuseTypes(at, `a ${kind} column has no text`, 'test it for null only')
  }
}

/** Integers are printed natively; only the host prints doubles as JavaScript does. */
function numberText(expr: Expr): Expr {
  if (isLiteral(expr) && typeof expr.value === 'number') return text(String(expr.value))
  const number = numeral(expr)
  return isFloat(number.type) ? apply('js_number_to_string', asDouble(number)) : convert(number, 'utf8')
}

/** Texts one after the other, neighbouring literals made one: `a + "x" + "y"` is `a + "xy"`. */
export function concat(parts: readonly Expr[]): Expr {
  const flat = parts.flatMap(part => (part.kind === 'call' && part.fn === 'concat' ? part.args : [part]))
  const joined = flat.reduce<Expr[]>((sofar, part) => {
    const last = sofar.at(-1)
    if (last && isLiteral(last) && isLiteral(part))
      sofar[sofar.length - 1] = text(`${last.value}${part.value}`)
    else sofar.push(part)
    return sofar
  }, [])
  const needed = joined.filter(part => !isLiteral(part) || part.value !== '')
  if (needed.length === 0) return text('')
  return needed.length === 1 ? needed[0] : apply('concat', ...needed)
}
