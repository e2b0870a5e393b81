/**
 * Random arrow functions over a fixed schema, each in two texts: `source` is what users write, `oracle` the same
 * with the two differences that the engine declares made explicit: `$` checks that a bigint fits int64, and parts of
 * texts are made well-formed. A function is read off a tape of numbers; an empty tape reads as zeros, which always choose
 * the simplest thing, so that a shorter tape is a simpler function and fast-check can shrink.
 */
import fc from 'fast-check'
import type { Value } from '../../ir/expr/expr.ts'
import type { Schema } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import { valueEdges } from '../support/value-edges.ts'

export interface Text {
  readonly source: string
  readonly oracle: string
}
type Kind = 'num' | 'big' | 'str' | 'bool'

const column = (name: string, type: DataType, nullable: boolean) => ({ name, type, nullable })
export const lambdaColumns: Schema = [
  column('n', 'float64', false),
  column('nn', 'float64', true),
  column('i', 'int32', false),
  column('in8', 'int8', true),
  column('u4', 'uint32', false),
  column('f4', 'float32', true),
  column('d', 'date', true),
  column('b', 'int64', false),
  column('bn', 'int64', true),
  column('t', 'timestamp[ms]', true),
  column('u', 'uint64', false),
  column('s', 'utf8', false),
  column('sn', 'utf8', true),
  column('k', 'bool', false),
  column('kn', 'bool', true),
  column('raw', 'binary', true),
]

const words = ['', 'a', 'ß', '😀', ' x\u00a0', '12', 'ΑΣ', '\uffff', 'a😀b', '\ue000', 'İ', 'null']

const literals: Readonly<Record<Kind, readonly string[]>> = {
  num: [
    '0',
    '1',
    '(-0)',
    '2',
    '0.5',
    '(-1.5)',
    '100',
    'NaN',
    'Infinity',
    '1e21',
    '4294967296',
    '9223372036854775808',
  ],
  big: ['0n', '1n', '(-1n)', '2n', '(-7n)', '1000n', '9223372036854775807n', '(-9223372036854775808n)'],
  str: words.map(word => JSON.stringify(word)),
  bool: ['true', 'false'],
}

/** What values of each kind may be read from. */
type Leaves = Readonly<Record<Kind, readonly string[]>>

const columns: Leaves = {
  num: ['f.n', 'f.nn', 'f.i', 'f.in8', 'f.u4', 'f.f4', 'f.d', 'p.x'],
  big: ['f.b', 'f.bn', 'f.t', 'f.u', 'p.limit'],
  str: ['f.s', 'f.sn', 'p.text'],
  bool: ['f.k', 'f.kn', 'p.on'],
}

/** A shape of expression: `@0` and so on stand for its operands. */
interface Shape {
  readonly source: string
  readonly oracle?: string
  readonly operands: readonly Kind[]
}
const shape = (source: string, operands: readonly Kind[], oracle?: string): Shape => ({
  source,
  operands,
  ...(oracle !== undefined && { oracle }),
})
const each = (sources: readonly string[], ...operands: readonly Kind[]): readonly Shape[] =>
  sources.map(source => shape(source, operands))
const checked = (sources: readonly string[], ...operands: readonly Kind[]): readonly Shape[] =>
  sources.map(source => shape(source, operands, `$(${source})`))
const wellFormed = (sources: readonly string[], ...operands: readonly Kind[]): readonly Shape[] =>
  sources.map(source => shape(source, operands, `${source}?.toWellFormed()`))

const choices = (kind: Kind): readonly Shape[] => [
  ...each(['(@0 ? @1 : @2)'], 'bool', kind, kind),
  ...each(['(@0 ?? @1)', '(@0 || @1)', '(@0 && @1)'], kind, kind),
  ...each(['(@0 == null ? @1 : @2)', '(@0 === null ? @1 : @2)'], kind, kind, kind),
]
/** An operand inside of a template. */
const hole = (n: number): string => `$\{@${n}}`

const orders = ['(@0 < @1)', '(@0 <= @1)', '(@0 > @1)', '(@0 >= @1)']

const shapes: Readonly<Record<Kind, readonly Shape[]>> = {
  num: [
    ...choices('num'),
    ...each(['(@0 + @1)', '(@0 - @1)', '(@0 * @1)', '(@0 / @1)', '(@0 % @1)'], 'num', 'num'),
    ...each(['Math.min(@0, @1)', 'Math.max(@0, @1)', 'Math.pow(@0, @1)', 'Math.atan2(@0, @1)'], 'num', 'num'),
    ...each(
      ['abs', 'floor', 'ceil', 'trunc', 'sqrt', 'sign', 'round', 'fround', 'log', 'cbrt'].map(
        fn => `Math.${fn}(@0)`,
      ),
      'num',
    ),
    ...each(['(-@0)', '(+@0)', 'Number(@0)'], 'num'),
    ...each(['Number(@0)', '(+@0)', '@0.length', '(@0?.length ?? 7)'], 'str'),
    ...each(['Number(@0)'], 'big'),
    ...each(['Number(@0)', '(@0 + 1)'], 'bool'),
    ...each(['Math.max(@0, @1, @2)'], 'num', 'num', 'num'),
  ],
  big: [
    ...choices('big'),
    ...checked(['(@0 + @1)', '(@0 - @1)', '(@0 * @1)', '(@0 / @1)', '(@0 % @1)'], 'big', 'big'),
    ...checked(['(-@0)'], 'big'),
    ...each(['BigInt.asIntN(64, @0)', 'BigInt(@0)'], 'big'),
    ...checked(['BigInt(@0)', 'BigInt(Math.trunc(@0 % 100))'], 'num'),
    ...checked(['BigInt(@0)'], 'bool'),
  ],
  str: [
    ...choices('str'),
    ...each(['(@0 + @1)', `\`${hole(0)}-${hole(1)}\``, '@0.concat(@1)'], 'str', 'str'),
    ...each(['(@0 + @1)', `\`${hole(0)}${hole(1)}\``], 'str', 'num'),
    ...each(['(@0 + @1)', '(@1 + @0)'], 'str', 'big'),
    ...each(['(@0 + @1)'], 'str', 'bool'),
    ...each(['String(@0)', '(@0).toString()'], 'num'),
    ...each(['String(@0)', `\`${hole(0)}\``], 'big'),
    ...each(['@0.toUpperCase()', '@0.toLowerCase()', '@0.trim()', '@0.trimStart()', '@0.trimEnd()'], 'str'),
    ...each(['@0.replaceAll("a", "日b")', '@0.replaceAll("ab", "")'], 'str'),
    ...wellFormed(['@0.slice(@1)', '@0.charAt(@1)', '@0.at(@1)', '@0[1]', '@0.substring(@1)'], 'str', 'num'),
    ...wellFormed(['@0.slice(@1, @2)', '@0.substring(@1, @2)'], 'str', 'num', 'num'),
    ...wellFormed(['@0.slice(1, 2)', '@0.slice(-1)', '@0?.at(-2)'], 'str'),
  ],
  bool: [
    ...choices('bool'),
    ...each([...orders, '(@0 === @1)', '(@0 !== @1)'], 'num', 'num'),
    ...each([...orders, '(@0 === @1)', '(@0 !== @1)'], 'big', 'big'),
    ...each([...orders, '(@0 === @1)', '(@0 !== @1)'], 'str', 'str'),
    ...each(['(@0 === @1)', '(@0 !== @1)', '(@0 < @1)'], 'bool', 'bool'),
    ...each(orders, 'big', 'num'),
    ...each(orders, 'num', 'big'),
    ...each(['!@0', 'Boolean(@0)'], 'bool'),
    ...each(['!@0', '(@0 == null)', 'Number.isNaN(@0)', 'Number.isInteger(@0)', 'isFinite(@0)'], 'num'),
    ...each(['!!@0', '(@0 != undefined)', '[1n, 7n].includes(@0)'], 'big'),
    ...each(['!@0', '(@0 !== null)', '["a", "😀"].includes(@0)', '(@0 === undefined)'], 'str'),
    ...each(['@0.startsWith(@1)', '@0.endsWith(@1)', '@0.includes(@1)'], 'str', 'str'),
    ...each(['(f.raw === null && @0)', '(f.raw ? true : @0)'], 'bool'),
  ],
}

const DEPTH_MAX = 4

/** Reads a function off a tape. */
class Reader {
  readonly #tape: readonly number[]
  readonly #leaves: Leaves
  #at = 0

  constructor(tape: readonly number[], leaves: Leaves = columns) {
    this.#tape = tape
    this.#leaves = leaves
  }

  one<T>(list: readonly T[]): T {
    return list[(this.#tape[this.#at++] ?? 0) % list.length]
  }

  expression(kind: Kind, depth = 0): Text {
    const isLeaf = depth >= DEPTH_MAX || this.one([true, true, false, false, false, false, false])
    if (isLeaf) return this.#leaf(kind)
    const ofRow = this.#leaves === columns
    return this.#fill(this.one(shapes[kind].filter(({ source }) => ofRow || !source.includes('f.'))), depth)
  }

  /** What follows the arrow: an expression, or statements. */
  body(kind: Kind): Text {
    const body = this.one(['@0', '@0', '@0', '@0', ...bodies])
    return this.#fill(shape(body, [kind, 'bool', kind]), 0)
  }

  #leaf(kind: Kind): Text {
    const text = this.one(this.one([this.#leaves, this.#leaves, this.#leaves, literals])[kind])
    return { source: text, oracle: text }
  }

  #fill({ source, oracle = source, operands }: Shape, depth: number): Text {
    const read = operands.map(operand => this.expression(operand, depth + 1))
    const fill = (text: string, form: keyof Text): string =>
      text.replaceAll(/@(\d)/g, (_, n) => read[Number(n)][form])
    return { source: fill(source, 'source'), oracle: fill(oracle, 'oracle') }
  }
}

const bodies = [
  '{ const v = @0; if (@1) return v; return @2 }',
  '{ if (@1) { const v = @2; return v } else if (@1) return @0; return @0 }',
  '{ let _a; return (_a = @0) !== null && _a !== void 0 ? _a : @2 }',
]
const kinds: readonly Kind[] = ['bool', 'num', 'big', 'str']
const tapes = fc.array(fc.nat(0xffff), { minLength: 20, maxLength: 120, size: 'max' })

/** The body of an arrow function `(f, p) => ...` that returns a boolean or any other value. */
export const predicateBodies: fc.Arbitrary<Text> = tapes.map(tape => {
  const reader = new Reader(tape)
  return reader.body(reader.one(kinds))
})

/** A body that returns an object with one column `x`. */
export const projectionBodies: fc.Arbitrary<Text> = tapes.map(tape => {
  const reader = new Reader(tape)
  const { source, oracle } = reader.expression(reader.one(kinds))
  return { source: `({ x: ${source} })`, oracle: `({ x: ${oracle} })` }
})

/** The state of random aggregates, and the arguments of `add`; `m` is null at first. */
export const foldInit = { n: 0.5, b: -1n, t: 'a😀', k: false, m: null }
export const foldArgs: readonly DataType[] = ['float64', 'int64', 'utf8', 'bool']

const fieldsOf = (...states: readonly string[]): Leaves => ({
  num: states.flatMap(state => [`${state}.n`, `${state}.m`]),
  big: states.map(state => `${state}.b`),
  str: states.map(state => `${state}.t`),
  bool: states.map(state => `${state}.k`),
})
const withArgs = ({ num, big, str, bool }: Leaves): Leaves => ({
  num: [...num, 'x', 'x'],
  big: [...big, 'y'],
  str: [...str, 'z'],
  bool: [...bool, 'w'],
})

/** A state whose text is made by `textOf`. */
function stateFrom(reader: Reader, textOf: (reader: Reader) => Text): Text {
  const [n, b, k, m] = (['num', 'big', 'bool', 'num'] as const).map(kind => reader.expression(kind))
  const t = textOf(reader)
  const state = (form: keyof Text): string =>
    `({ n: ${n[form]}, b: ${b[form]}, t: ${t[form]}, k: ${k[form]}, m: ${m[form]} })`
  return { source: state('source'), oracle: state('oracle') }
}

/** A text that is joined with itself would double with every row. */
function shortText(reader: Reader): Text {
  const { source, oracle } = reader.expression('str')
  return {
    source: `((${source})?.slice(0, 20) ?? '')`,
    oracle: `((${oracle})?.slice(0, 20).toWellFormed() ?? '')`,
  }
}

function eitherText(reader: Reader): Text {
  const test = reader.expression('bool')
  return { source: `(${test.source} ? a.t : b.t)`, oracle: `(${test.oracle} ? a.t : b.t)` }
}

export interface FoldTexts {
  readonly add: Text
  readonly merge: Text
  readonly result: Text
}

/** The bodies of the functions of an aggregate: of `(s, x, y, z, w)`, `(a, b)` and `s`. */
export const foldBodies: fc.Arbitrary<FoldTexts> = fc
  .tuple(tapes, tapes, tapes)
  .map(([ofAdd, ofMerge, ofResult]) => {
    const reader = new Reader(ofResult, fieldsOf('s'))
    return {
      add: stateFrom(new Reader(ofAdd, withArgs(fieldsOf('s'))), shortText),
      merge: stateFrom(new Reader(ofMerge, fieldsOf('a', 'b')), eitherText),
      result: reader.body(reader.one(kinds)),
    }
  })

const valueFor = (type: DataType, nullable: boolean): fc.Arbitrary<Value> => {
  const edges = (valueEdges.get(type) ?? []).filter(value => nullable || value !== null)
  const small: readonly fc.Arbitrary<Value>[] = type === 'int64' ? [fc.bigInt({ min: -9n, max: 9n })] : []
  const given: readonly fc.Arbitrary<Value>[] = type === 'utf8' ? [fc.constantFrom(...words)] : []
  return fc.oneof(fc.constantFrom(...edges), ...small, ...given)
}

/** Rows of arguments, some of which are null. */
export const foldRows: fc.Arbitrary<readonly (readonly Value[])[]> = fc.array(
  fc.tuple(...foldArgs.map(type => valueFor(type, true))),
  { maxLength: 6 },
)

export const lambdaRows: fc.Arbitrary<readonly Value[]> = fc.tuple(
  ...lambdaColumns.map(({ type, nullable }) => valueFor(type, nullable)),
)

export const lambdaParams = { x: 2.5, limit: 15n, text: 'a', on: true }
