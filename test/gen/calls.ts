/** Random calls and casts that give a value of a type: every function of the table is among them. */
import fc from 'fast-check'
import { call, cast } from '../../ir/expr/build.ts'
import { isCastable } from '../../ir/expr/cast.ts'
import { type Expr, literal } from '../../ir/expr/expr.ts'
import { type FunctionName, functionNames, functionRow } from '../../ir/expr/functions/index.ts'
import { extractFields, truncUnits } from '../../ir/expr/functions/time.ts'
import { meet } from '../../ir/expr/promote.ts'
import { parsePattern } from '../../ir/expr/regexp/parse.ts'
import {
  type DataType,
  type DecimalType,
  dataTypes,
  isBytes,
  isDecimal,
  isInteger,
  isNumeric,
  isTimestamp,
} from '../../ir/types.ts'

type Arbs<T> = fc.Arbitrary<T>
type Arb = Arbs<Expr>
/** Makes an argument of a type. */
export type Inner = (type: DataType) => Arb

/** Every way to compute a value of a type. */
export const callsOf = (type: DataType, inner: Inner): readonly Arb[] => [
  ...choices(type, inner),
  ...casts(type, inner),
  ...ownCalls(type, inner),
]

const apply = (fn: FunctionName, ...args: readonly Arb[]): Arb => oneOf([fn], ...args)

const oneOf = (names: readonly FunctionName[], ...args: readonly Arb[]): Arb =>
  fc.tuple(fc.constantFrom(...names), ...args).map(([fn, ...all]) => call(fn, ...(all as Expr[])))

const typed = (...types: readonly DataType[]): fc.Arbitrary<DataType> => fc.constantFrom(...types)
const numbers = dataTypes.filter(isNumeric)

function choices(type: DataType, inner: Inner): readonly Arb[] {
  const value = inner(type)
  return [
    apply('case', inner('bool'), value, inner('bool'), value, value),
    apply('coalesce', value, value),
    apply('nullif', value, value),
    oneOf(['greatest', 'least'], value, value),
    fc.oneof(apply('js_require', value), apply('js_sequence', typed(...dataTypes).chain(inner), value)),
  ]
}

function casts(type: DataType, inner: Inner): readonly Arb[] {
  const sources = dataTypes.filter(from => from !== type && isCastable(from, type))
  if (sources.length === 0) return []
  return [
    fc.tuple(typed(...sources).chain(inner), fc.boolean()).map(([arg, attempt]) => cast(arg, type, attempt)),
  ]
}

function ownCalls(type: DataType, inner: Inner): readonly Arb[] {
  if (type === 'bool') return boolCalls(inner)
  if (isNumeric(type)) return numberCalls(type, inner)
  if (isDecimal(type)) return decimalCalls(type, inner)
  if (type === 'utf8') return textCalls(inner)
  if (isBytes(type)) return [apply('concat', inner(type), inner(type))]
  return timeCalls(type, inner)
}

const comparisons: readonly FunctionName[] = [
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'is_distinct', 'is_not_distinct'] as const),
]

function boolCalls(inner: Inner): readonly Arb[] {
  const text = inner('utf8')
  const ofAny = typed(...dataTypes).chain(type =>
    fc.oneof(
      oneOf(comparisons, inner(type), meeting(type).chain(inner)),
      apply('in', inner(type), inner(type), meeting(type).chain(inner)),
      oneOf(['is_null', 'is_not_null'], inner(type)),
    ),
  )
  return [
    ofAny,
    patterns.chain(pattern => apply('regexp_matches', text, fc.constant<Expr>(literal(pattern, 'utf8')))),
    oneOf(['and', 'or'], inner('bool'), inner('bool')),
    apply('not', inner('bool')),
    oneOf(['like', 'starts_with', 'ends_with', 'contains', 'js_lt'], text, text),
  ]
}

/** The types that meet a type somewhere: mostly the type itself. */
const meeting = (type: DataType): fc.Arbitrary<DataType> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(type) },
    { weight: 1, arbitrary: typed(...dataTypes.filter(other => meet(type, other))) },
  )

function numberCalls(type: DataType, inner: Inner): readonly Arb[] {
  const shared = [
    oneOf(['add', 'sub', 'mul'], inner(type), inner(type)),
    oneOf(['div', 'mod'], inner(type), inner(type)),
    oneOf(['neg', 'abs', 'sign', 'floor', 'ceil', 'trunc', 'round'], inner(type)),
  ]
  if (isInteger(type))
    shared.push(oneOf(['add_wrapping', 'sub_wrapping', 'mul_wrapping'], inner(type), inner(type)))
  if (type === 'float64') shared.push(...doubleCalls(inner))
  if (type === 'int64') shared.push(...longCalls(inner))
  if (type === 'int32') shared.push(apply('js_length', inner('utf8')))
  return shared
}

/** The types of results depend on those of the operands: they are brought to what is wanted. */
function decimalCalls(type: DecimalType, inner: Inner): readonly Arb[] {
  const operand = typed(type, 'decimal(6,2)', 'int16', 'uint8').chain(inner)
  const brought = (arb: Arb): Arb => arb.map(expr => (expr.type === type ? expr : cast(expr, type)))
  return [
    brought(oneOf(['add', 'sub', 'mul'], inner('decimal(6,2)'), operand)),
    oneOf(['add', 'sub'], inner(type), inner(type)).map(expr => cast(expr, type, true)),
    oneOf(['neg', 'abs'], inner(type)),
  ]
}

const hosted = functionNames.filter(name => functionRow(name).host)
const hostedPairs: readonly FunctionName[] = ['power', 'atan2']
const hostedDoubles = hosted.filter(name => !name.startsWith('js_') && !hostedPairs.includes(name))

function doubleCalls(inner: Inner): readonly Arb[] {
  const number = typed(...numbers).chain(inner)
  return [
    apply('sqrt', inner('float64')),
    apply('js_round', number),
    oneOf(['js_min', 'js_max'], number, number, number),
    // There are many of them: each quarter gets a place of its own.
    ...[0, 1, 2, 3].map(quarter =>
      oneOf(
        hostedDoubles.filter((_, i) => i % 4 === quarter),
        inner('float64'),
      ),
    ),
    oneOf(hostedPairs, inner('float64'), inner('float64')),
    apply('js_string_to_number', inner('utf8')),
  ]
}

function longCalls(inner: Inner): readonly Arb[] {
  const field = fc.constantFrom(...extractFields).map((name): Expr => literal(name, 'utf8'))
  const stamp = typed(...dataTypes.filter(isTimestamp))
  return [
    apply('length', inner('utf8')),
    apply('octet_length', inner('binary')),
    apply('extract', field, fc.oneof(stamp, typed('date')).chain(inner)),
    stamp.chain(type => apply('timestamp_diff', inner(type), inner(type))),
  ]
}

function textCalls(inner: Inner): readonly Arb[] {
  const text = inner('utf8')
  const position = typed(...numbers).chain(inner)
  return [
    oneOf(['lower', 'upper'], text),
    oneOf(['trim', 'ltrim', 'rtrim'], text),
    oneOf(['js_trim', 'js_trim_start', 'js_trim_end'], text),
    apply('substring', text, inner('int64')),
    apply('substring', text, inner('int8'), inner('int32')),
    apply('concat', text, text, text),
    apply('split_part', text, text, inner('int8')),
    apply('replace', text, text, text),
    extracts(text),
    formats(inner),
    fc.oneof(apply('js_slice', text, position), apply('js_slice', text, position, position)),
    apply('js_char', text, position),
    fc.oneof(oneOf(['js_upper', 'js_lower'], text), apply('js_number_to_string', inner('float64'))),
  ]
}

/** Some of what matches in the texts of test/gen/values; with groups that take part and that do not. */
export const patterns: Arbs<string> = fc.constantFrom(
  ...[
    'a',
    '^a|b$',
    '(a)|(b)',
    'x+?',
    '(?:α|γ)+',
    '[^a-z]+',
    '\\w\\w',
    '(.)(.*)',
    '^(.?)(.{0,3})$',
    '',
    '(LA|L)(AX)?',
  ],
)

function extracts(text: Arb): Arb {
  const number = (pattern: string): Arbs<number> => fc.integer({ min: 0, max: parsePattern(pattern).groups })
  return patterns.chain(pattern =>
    number(pattern).chain(group =>
      apply(
        'regexp_extract',
        text,
        fc.constant<Expr>(literal(pattern, 'utf8')),
        fc.constant<Expr>(literal(BigInt(group), 'int64')),
      ),
    ),
  )
}

export const timeFormats = ['yyyy-MM-dd', "HH:mm:ss.SSS 'o''clock' SSSSSSSSS", 'DDD日S', ''] as const

function formats(inner: Inner): Arb {
  const format = fc.constantFrom(...timeFormats).map((text): Expr => literal(text, 'utf8'))
  const time = typed(...dataTypes.filter(type => isTimestamp(type) || type === 'date'))
  return time.chain(type => apply('date_format', inner(type), format))
}

function timeCalls(type: DataType, inner: Inner): readonly Arb[] {
  const unit = fc.constantFrom(...truncUnits).map((name): Expr => literal(name, 'utf8'))
  const truncated = apply('date_trunc', unit, inner(type))
  return isTimestamp(type) ? [truncated, apply('timestamp_add', inner(type), inner('int64'))] : [truncated]
}
