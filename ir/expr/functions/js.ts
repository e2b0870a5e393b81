/**
 * What JavaScript means where SQL means something else: arrow functions become these. Positions and lengths count
 * UTF-16 code units, and text is ordered by them. A result is well-formed text: half of a surrogate pair becomes
 * U+FFFD, as in String.prototype.toWellFormed.
 */
import { type DataType, isNumeric } from '../../types.ts'
import { type Expr, RowFault, type Value } from '../expr.ts'
import { castTo } from '../promote.ts'
import { type FunctionRow, type Resolved, refuse, takes } from './row.ts'

const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd')

/** A text and positions, which are JavaScript numbers. */
const positions =
  (what: string, most: number) =>
  (args: readonly Expr[]): Resolved => {
    const [text, ...numbers] = args
    const fits = text?.type === 'utf8' && numbers.length >= 1 && numbers.length <= most
    if (!fits || !numbers.every(arg => isNumeric(arg.type)))
      return refuse(what, args, 'a text and its positions')
    return { type: 'utf8', args: [text, ...numbers.map(arg => castTo(arg, 'float64'))] }
  }

const doubles =
  (what: string, most: number) =>
  (args: readonly Expr[]): Resolved => {
    const fits = args.length >= 1 && args.length <= most && args.every(arg => isNumeric(arg.type))
    if (!fits) return refuse(what, args, 'numbers')
    return { type: 'float64', args: args.map(arg => castTo(arg, 'float64')) }
  }

const ofText = (what: string, change: (text: string) => string): FunctionRow => ({
  resolve: takes(what, ['utf8'], 'utf8'),
  evaluate: ([text]) => change(text as string),
})

const extreme = (what: string, compute: (...values: readonly number[]) => number): FunctionRow => ({
  resolve: doubles(what, Number.POSITIVE_INFINITY),
  evaluate: values => compute(...(values as readonly number[])),
})

/** The code unit at a position, or null outside of the text. */
function unitAt(text: string, position: number): Value {
  const unit = text.charAt(position)
  return unit === '' ? null : wellFormed(unit)
}

const typeOfLast = (what: string, args: readonly Expr[]): DataType =>
  args.at(-1)?.type ?? refuse(what, args, 'expressions')

export const js = {
  /** The value; a null is a fault of the row, where JavaScript would throw a TypeError. */
  js_require: {
    resolve: args =>
      args.length === 1 ? { type: args[0].type, args } : refuse('js_require', args, 'a value'),
    nullable: () => false,
    faults: () => true,
    lazy: ([arg]) => {
      const value = arg()
      if (value === null) throw new RowFault('LDB-9004')
      return value
    },
  },
  /** The last argument; the ones before are evaluated for the faults that they may raise. */
  js_sequence: {
    resolve: args => ({ type: typeOfLast('js_sequence', args), args }),
    nullable: args => args.at(-1)?.nullable === true,
    lazy: args => args.map(arg => arg()).at(-1) ?? null,
  },
  js_length: {
    resolve: takes('js_length', ['utf8'], 'int32'),
    evaluate: ([text]) => (text as string).length,
  },
  js_lt: {
    resolve: takes('js_lt', ['utf8', 'utf8'], 'bool'),
    evaluate: ([a, b]) => (a as string) < (b as string),
  },
  /** From a position to another or to the end; negative positions count from the end. */
  js_slice: {
    resolve: positions('js_slice', 2),
    evaluate: ([text, start, end]) =>
      wellFormed((text as string).slice(start as number, end as number | undefined)),
  },
  js_char: {
    resolve: positions('js_char', 1),
    nullable: () => true,
    evaluate: ([text, position]) => unitAt(text as string, position as number),
  },
  js_trim: ofText('js_trim', text => text.trim()),
  js_trim_start: ofText('js_trim_start', text => text.trimStart()),
  js_trim_end: ofText('js_trim_end', text => text.trimEnd()),
  js_upper: { ...ofText('js_upper', text => text.toUpperCase()), host: true },
  js_lower: { ...ofText('js_lower', text => text.toLowerCase()), host: true },
  js_number_to_string: {
    resolve: takes('js_number_to_string', ['float64'], 'utf8'),
    evaluate: ([x]) => String(x),
    host: true,
  },
  js_string_to_number: {
    resolve: takes('js_string_to_number', ['utf8'], 'float64'),
    evaluate: ([text]) => Number(text),
    host: true,
  },
  /** Half goes up; what rounds to zero from below is -0. */
  js_round: { resolve: doubles('js_round', 1), evaluate: ([x]) => Math.round(x as number) },
  /** NaN if any is; -0 is less than 0. */
  js_min: extreme('js_min', Math.min),
  js_max: extreme('js_max', Math.max),
} as const satisfies Record<string, FunctionRow>
