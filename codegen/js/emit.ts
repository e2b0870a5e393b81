/**
 * One kernel in, one ESTree function out. The code is meant to be read: locals keep their names, notes become
 * comments. Every view it names is captured from the enclosing factory (see link.ts) and bound to a constant at the
 * head of the function: V8 embeds a captured array as a constant only if its use never sees the slot of the context,
 * which inside of a loop is a matter of luck; and code that V8 replaced in the middle of a loop reads slots anew.
 */
import type { Expression, FunctionDeclaration, Identifier, Statement } from 'estree'
import { isConst } from '../../ir/kernel/build.ts'
import { hasEffect } from '../../ir/kernel/effects.ts'
import type { Block, Expr, Field, FieldType, Kernel, Load, Mem, Select, Stmt } from '../../ir/kernel/node.ts'
import { fieldWidth } from '../../ir/kernel/node.ts'
import { EFFECT_REGION, oppositeOf, opRow } from '../../ir/kernel/ops.ts'
import { js, type Snippet } from './quote.ts'
import { spell } from './spell.ts'

/** A typed array over a region that generated code names. */
export interface View {
  readonly name: string
  readonly mem: string
  /** Element type; `view` is a DataView over the whole region, for fields that are not aligned. */
  readonly type: Exclude<FieldType, 'bit'> | 'view'
  /** First byte, counted from the start of the region. */
  readonly offset: number
}

export interface EmittedKernel {
  readonly tree: FunctionDeclaration
  readonly views: readonly View[]
}

/**
 * Size of the largest kernel that V8 optimises: it leaves functions of more than 60 KB of bytecode as they are, twelve
 * times slower and more, and a node takes five bytes of it.
 */
export const OPTIMISED_SIZE_MAX = 12_000

/** Words that code shares with what calls it: three views of some scratch words, and the functions of the host. */
export const helperNames = ['s64', 's32', 'sf', 'host'] as const

/** The name under which the factory has what the code of a kernel calls `name`. */
export const capturedName = (name: string): string => `$${name}`

export function emitKernel(kernel: Kernel): EmittedKernel {
  const emitter = new Emitter()
  const body = emitter.block(kernel.body)
  const views = [...emitter.views.values()]
  const names = [...helperNames.filter(name => emitter.helpers.has(name)), ...views.map(({ name }) => name)]
  const tree: FunctionDeclaration = {
    type: 'FunctionDeclaration',
    id: id(kernel.name),
    params: [],
    body: { type: 'BlockStatement', body: [...names.map(bindCaptured), ...body] },
  }
  return { tree, views }
}

const bindCaptured = (name: string): Statement => declare('const', name, named(capturedName(name)))

/** Unaligned access through a DataView; bytes are always aligned. */
const unaligned: Readonly<Record<string, { get: string; set: string }>> = {
  i16: { get: 'getInt16', set: 'setInt16' },
  u16: { get: 'getUint16', set: 'setUint16' },
  i32: { get: 'getInt32', set: 'setInt32' },
  u32: { get: 'getUint32', set: 'setUint32' },
  i64: { get: 'getBigInt64', set: 'setBigInt64' },
  f32: { get: 'getFloat32', set: 'setFloat32' },
  f64: { get: 'getFloat64', set: 'setFloat64' },
}

const asTest = js`$0 | 0`
const sum = js`$0 + $1 | 0`
const times = js`Math.imul($0, $1)`
const shifted = js`$0 << $1`
const element = js`$0[$1]`
const bitOf = js`$0[$1 >> 3] >> ($1 & 7) & 1`
const setBit = js`$0[$1 >> 3] = $2 ? $0[$1 >> 3] | 1 << ($1 & 7) : $0[$1 >> 3] & ~(1 << ($1 & 7))`
const assigned = js`$0 = $1`
const ternary = js`$0 ? $1 : $2`
const chosenLong = js`(s64[4] = $2, s64[5] = $1, s64[4 + $0])`
const chosenDouble = js`(sf[4] = $2, sf[5] = $1, sf[4 + $0])`
const chosenOrZero = js`(sf[9] = $1, sf[8 + $0])`
const fromWords = {
  'low.i64': js`$0[$1]`,
  'high.i64': js`$0[$1 + 1 | 0]`,
  'float.i64': js`$0[$1 + 1 | 0] * 4294967296 + ($0[$1] >>> 0)`,
} as const

class Emitter {
  readonly views = new Map<string, View>()
  /** Names of helpers that the code uses. */
  readonly helpers = new Set<string>()
  /** Constants that the expression under way needs evaluated before its statement. */
  #before: Statement[] = []
  #temps = 0
  #notes: string[] = []

  block(block: Block): Statement[] {
    return block.flatMap(stmt => {
      if (stmt.kind === 'note') this.#notes.push(stmt.text)
      const notes = stmt.kind === 'note' || stmt.kind === 'phase' ? [] : this.#notes.splice(0)
      const statements = this.#stmt(stmt)
      const before = this.#before.splice(0)
      const out = [...before, ...statements]
      if (notes.length > 0 && out[0]) {
        Object.assign(out[0], { comments: notes.map(value => ({ type: 'Line', value: ` ${value}` })) })
      }
      return out
    })
  }

  #stmt(stmt: Stmt): Statement[] {
    switch (stmt.kind) {
      case 'let':
        return [declare('let', id(stmt.local.name).name, this.#value(stmt.value))]
      case 'set':
        return [run(assigned(id(stmt.local.name), this.#value(stmt.value)))]
      case 'store':
        return [run(this.#store(stmt.mem, stmt.field, stmt.index, stmt.value))]
      case 'if':
        return isHint(stmt) ? [] : [this.#if(stmt.cond, stmt.then, stmt.else)]
      case 'loop':
        return [labelled(stmt.label, this.#loop(stmt.label, stmt.body))]
      case 'block':
        return [labelled(stmt.label, this.#inner(stmt.body))]
      case 'break':
        return [{ type: 'BreakStatement', label: id(stmt.label) }]
      case 'continue':
        return [{ type: 'ContinueStatement', label: id(stmt.label) }]
      case 'return':
        return [{ type: 'ReturnStatement', argument: this.#value(stmt.value) }]
      case 'prefetch':
      case 'phase':
      case 'note':
        return []
    }
  }

  /** A loop that begins with its way out is a loop with a condition, which V8 compiles to better code. */
  #loop(label: string, body: Block): Statement {
    const [first, ...rest] = body
    if (first?.kind !== 'if' || first.else.length > 0 || !isBreak(first.then, label)) {
      return { type: 'ForStatement', body: this.#inner(body) }
    }
    const outer = this.#before.splice(0)
    const test = this.#negated(first.cond)
    const isPlain = this.#before.length === 0
    this.#before = outer
    return isPlain
      ? { type: 'ForStatement', test, body: this.#inner(rest) }
      : { type: 'ForStatement', body: this.#inner(body) }
  }

  #negated(cond: Expr): Expression {
    const opposite = cond.kind === 'op' ? oppositeOf[cond.op] : undefined
    return cond.kind === 'op' && opposite ? this.#test({ ...cond, op: opposite }) : not(this.#test(cond))
  }

  #inner(body: Block): Statement {
    const outer = this.#before.splice(0)
    const statements = this.block(body)
    this.#before = outer
    return { type: 'BlockStatement', body: statements }
  }

  #if(cond: Expr, then: Block, otherwise: Block): Statement {
    const test = this.#test(cond)
    const alternate = otherwise.length > 0 ? this.#inner(otherwise) : null
    return { type: 'IfStatement', test, consequent: this.#inner(then), alternate }
  }

  /** A condition: any JavaScript value whose truth counts. */
  #test(expr: Expr): Expression {
    if (expr.kind === 'op' && expr.op === 'not.bool') return not(this.#test(expr.args[0]))
    if (expr.kind === 'op' && spell[expr.op].kind === 'test') return this.#op(expr)
    return this.#value(expr)
  }

  /** A value: numbers, bigints, and 0 or 1 for a bool. */
  #value(expr: Expr): Expression {
    switch (expr.kind) {
      case 'const':
        return Number.isNaN(expr.value) ? this.#fill(nan, []) : literal(expr.value)
      case 'local':
        return id(expr.name)
      case 'op':
        return spell[expr.op].kind === 'test' ? asTest(this.#op(expr)) : this.#op(expr)
      case 'load':
        return this.#load(expr)
      case 'select':
        return this.#select(expr)
    }
  }

  /**
   * V8 boxes a bigint where two branches meet, and of doubles no one knows which is next: their choice is made by an
   * index into two words of memory.
   */
  #select({ type, cond, then, else: otherwise }: Select): Expression {
    if (type !== 'i64' && type !== 'f64')
      return ternary(this.#test(cond), this.#value(then), this.#value(otherwise))
    const [index, a] = [cond, then].map(part => this.#atom(this.#value(part)))
    if (isConst(otherwise, 0)) return this.#fill(chosenOrZero, [index, a])
    const b = this.#atom(this.#value(otherwise))
    return this.#fill(type === 'i64' ? chosenLong : chosenDouble, [index, a, b])
  }

  #op(expr: Expr & { kind: 'op' }): Expression {
    const [first] = expr.args
    if (expr.op in fromWords && first.kind === 'load') {
      const words = this.#words(first)
      if (words) return fromWords[expr.op as keyof typeof fromWords](...words)
    }
    // The snippet of an op with an effect names this view.
    if (opRow(expr.op).effect) this.#bind({ name: 'bytes$u8', mem: EFFECT_REGION, type: 'u8', offset: 0 })
    const snippet = snippetOf(expr)
    const args = expr.args.map((arg, i) =>
      snippet.uses[i] > 1 ? this.#atom(this.#value(arg)) : this.#value(arg),
    )
    return this.#fill(snippet, args)
  }

  #fill(snippet: Snippet, args: readonly Expression[]): Expression {
    for (const name of snippet.names) this.helpers.add(name)
    return snippet(...args)
  }

  /** View and index of the low 32-bit word of an aligned i64 in memory: no BigInt is made to look at half of it. */
  #words(expr: Load): readonly [Expression, Expression] | undefined {
    const field = expr.mem.fields[expr.field]
    if (field.type !== 'i64' || !isAligned(field)) return undefined
    const view = this.#view(expr.mem, 'i32', 0)
    return [view, this.#atom(scaled(this.#value(expr.index), field.stride / 4, field.offset / 4))]
  }

  #load(expr: Load): Expression {
    const field = expr.mem.fields[expr.field]
    const index = this.#value(expr.index)
    if (field.type === 'bit')
      return bitOf(this.#view(expr.mem, 'u8', field.offset, expr.field), this.#atom(index))
    const raw = isAligned(field)
      ? this.#element(expr.mem, expr.field, index)
      : this.#unaligned('get', expr.mem, field, [index])
    return field.type === 'u32' ? js`BigInt($0)`(raw) : raw
  }

  #store(mem: Mem, name: string, at: Expr, value: Expr): Expression {
    const field = mem.fields[name]
    const index = this.#value(at)
    const stored = this.#value(value)
    if (field.type === 'bit')
      return setBit(this.#view(mem, 'u8', field.offset, name), this.#atom(index), this.#atom(stored))
    const narrowed = field.type === 'u32' ? js`Number(BigInt.asUintN(32, $0))`(stored) : stored
    if (isAligned(field)) return assigned(this.#element(mem, name, index), narrowed)
    return this.#unaligned('set', mem, field, [index, narrowed])
  }

  /** A column has a view of its own, so that its index is the row; the fields of a row share one per type. */
  #element(mem: Mem, name: string, index: Expression): Expression {
    const field = mem.fields[name]
    const width = fieldWidth[field.type]
    const type = field.type as Exclude<FieldType, 'bit'>
    if (field.stride === width && mem.role !== 'bytes')
      return element(this.#view(mem, type, field.offset, name), index)
    return element(this.#view(mem, type, 0), scaled(index, field.stride / width, field.offset / width))
  }

  #unaligned(how: 'get' | 'set', mem: Mem, field: Field, [index, ...value]: Expression[]): Expression {
    const view: View = { name: `${mem.name}$view`, mem: mem.name, type: 'view', offset: 0 }
    this.#bind(view)
    return {
      type: 'CallExpression',
      callee: {
        type: 'MemberExpression',
        object: id(view.name),
        property: id(unaligned[field.type][how]),
        computed: false,
        optional: false,
      },
      arguments: [scaled(index, field.stride, field.offset), ...value, literal(true)],
      optional: false,
    }
  }

  /** The view of a column, or the view of a type that starts with the region. */
  #view(mem: Mem, type: Exclude<FieldType, 'bit'>, offset: number, column: string = type): Identifier {
    const name = `${mem.name}$${column}`
    this.#bind({ name, mem: mem.name, type, offset })
    return id(name)
  }

  #bind(view: View): void {
    this.views.set(view.name, view)
  }

  /** The same value as something that may be repeated: a name or a literal. */
  #atom(expr: Expression): Expression {
    if (expr.type === 'Identifier' || isNumber(expr)) return expr
    const name = `$${this.#temps++}`
    this.#before.push(declare('const', name, expr))
    return id(name)
  }
}

/** Does a branch but prepare hints, by locals of its own? JavaScript has no word for hints. */
function isHint(stmt: Stmt): boolean {
  if (stmt.kind !== 'if' || stmt.else.length > 0) return false
  const own = new Set<string>()
  const prepares = (one: Stmt): boolean => {
    if (one.kind === 'let') own.add(one.local.name)
    if (one.kind === 'let' || one.kind === 'set') return own.has(one.local.name) && !hasEffect(one.value)
    return one.kind === 'prefetch'
  }
  return stmt.then.every(prepares) && stmt.then.some(({ kind }) => kind === 'prefetch')
}

const isBreak = (block: Block, label: string): boolean =>
  block.length === 1 && block[0].kind === 'break' && block[0].label === label

/** Division by a constant other than 0 and -1 needs no guard. */
function snippetOf({ op, args }: Expr & { kind: 'op' }): Snippet {
  const { snippet, byConstant } = spell[op]
  const divisor = args[1]
  const known = divisor?.kind === 'const' ? Number(divisor.value) : 0
  return byConstant && known !== 0 && known !== -1 ? byConstant : snippet
}

const isAligned = (field: Field): boolean => {
  const width = fieldWidth[field.type]
  return field.offset % width === 0 && field.stride % width === 0
}

/** Names that generated code may not use for a local: JavaScript's words, and what the code itself refers to. */
const reserved = new Set(
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends
  false finally for function if implements import in instanceof interface let new null package private protected
  public return static super switch this throw true try typeof var void while with yield undefined NaN Infinity
  BigInt Math Number ${helperNames.join(' ')}`.split(/\s+/),
)

const named = (name: string): Identifier => ({ type: 'Identifier', name })
const id = (name: string): Identifier => named(reserved.has(name) ? `${name}_` : name)

const isNumber = (expr: Expression): boolean =>
  expr.type === 'Literal' || (expr.type === 'UnaryExpression' && expr.argument.type === 'Literal')

function literal(value: boolean | number | bigint): Expression {
  if (typeof value === 'boolean') return literal(value ? 1 : 0)
  if (typeof value === 'bigint' && value < 0n) return negative(literal(-value))
  if (value < 0 || Object.is(value, -0)) return minus(literal(-value))
  if (typeof value === 'bigint') return { type: 'Literal', value, bigint: String(value), raw: `${value}n` }
  return { type: 'Literal', value, raw: Number.isFinite(value) ? String(value) : INFINITY }
}

/** A literal beyond all doubles: the global would be looked up. */
const INFINITY = '1e999'
const minus = js`-$0`
const nan = js`sf[7]`
/** JavaScript has no negative literals: V8 would make a new bigint each time, if it were not to be wrapped. */
const negative = js`BigInt.asIntN(64, -$0)`
const not = js`!$0`

const numberOf = (expr: Expression): number | undefined =>
  expr.type === 'Literal' && typeof expr.value === 'number' ? expr.value : undefined

/** index * factor + offset in int32 arithmetic, as short as it can be written. */
function scaled(index: Expression, factor: number, offset: number): Expression {
  const known = numberOf(index)
  if (known !== undefined) return literal(known * factor + offset)
  const shift = Math.log2(factor)
  const product =
    factor === 1
      ? index
      : Number.isInteger(shift)
        ? shifted(index, literal(shift))
        : times(index, literal(factor))
  return offset === 0 ? product : sum(product, literal(offset))
}

const run = (expression: Expression): Statement => ({ type: 'ExpressionStatement', expression })

const declare = (kind: 'let' | 'const', name: string, init: Expression): Statement => ({
  type: 'VariableDeclaration',
  kind,
  declarations: [{ type: 'VariableDeclarator', id: named(name), init }],
})

const labelled = (label: string, body: Statement): Statement => ({
  type: 'LabeledStatement',
  label: id(label),
  body,
})
