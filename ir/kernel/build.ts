/**
 * Building kernels: typed constructors for expressions, and a builder whose nesting is the nesting of the code
 * it writes. A wrong operand type throws here, long before any back end sees the kernel.
 */
import type { Block, Const, Expr, Kernel, Load, Local, Mem, Phase, Select, Stmt, ValueType } from './node.ts'
import { lineEnds, widened } from './node.ts'
import { type OpName, opRow, ops } from './ops.ts'

export const bool = (value: boolean): Const => ({ kind: 'const', type: 'bool', value })
export const i32 = (value: number): Const => ({ kind: 'const', type: 'i32', value: value | 0 })
export const i64 = (value: bigint): Const => ({ kind: 'const', type: 'i64', value: BigInt.asIntN(64, value) })
export const f64 = (value: number): Const => ({ kind: 'const', type: 'f64', value })

export function op(name: OpName, ...args: readonly Expr[]): Expr {
  const row = opRow(name)
  if (row.args.length !== args.length || row.args.some((type, i) => type !== args[i].type)) {
    throw new Error(`${name} takes (${row.args}), got (${args.map(a => a.type)})`)
  }
  return { kind: 'op', type: row.result, op: name, args }
}

export function select(cond: Expr, then: Expr, otherwise: Expr): Select {
  if (cond.type !== 'bool' || then.type !== otherwise.type) {
    throw new Error(`select(${cond.type}, ${then.type}, ${otherwise.type})`)
  }
  return { kind: 'select', type: then.type, cond, then, else: otherwise }
}

export function load(mem: Mem, field: string, index: Expr = i32(0)): Load {
  const found = mem.fields[field]
  if (!found || index.type !== 'i32') throw new Error(`load ${mem.name}[${index.type}].${field}`)
  return { kind: 'load', type: widened[found.type], mem, field, index }
}

const valueTypes: readonly ValueType[] = ['bool', 'i32', 'i64', 'f64']

/** The op of that family for the type of its first operand: `add(x, y)` is `add.i64` for i64 operands. */
function family(base: string): (...args: readonly Expr[]) => Expr {
  const names = new Map(valueTypes.map(type => [type, `${base}.${type}`] as const))
  return (...args) => {
    const name = names.get(args[0].type) ?? base
    if (!(name in ops)) throw new Error(`no op ${name}`)
    return op(name as OpName, ...args)
  }
}

export const add = family('add')
export const sub = family('sub')
export const mul = family('mul')
export const div = family('div')
export const rem = family('rem')
export const and = family('and')
export const or = family('or')
export const xor = family('xor')
export const shl = family('shl')
export const shr = family('shr')
export const shru = family('shru')
export const eq = family('eq')
export const ne = family('ne')
export const lt = family('lt')
export const le = family('le')
export const gt = family('gt')
export const ge = family('ge')
export const not = (a: Expr): Expr => op('not.bool', a)
export const toInt = (a: Expr): Expr => op('int.bool', a)
export const low = (a: Expr): Expr => op('low.i64', a)
export const high = (a: Expr): Expr => op('high.i64', a)
export const max32 = (a: Expr, b: Expr): Expr => select(gt(a, b), a, b)
export const min32 = (a: Expr, b: Expr): Expr => select(lt(a, b), a, b)

export const all = (conds: readonly Expr[]): Expr =>
  conds.length === 0 ? bool(true) : conds.reduce((a, b) => and(a, b))
export const any = (conds: readonly Expr[]): Expr =>
  conds.length === 0 ? bool(false) : conds.reduce((a, b) => or(a, b))

/** Words that are values in the text of a kernel, so that nothing else can have them as its name. */
const valueWords = ['true', 'false', 'NaN', 'Infinity']

export class KernelBuilder {
  readonly #name: string
  readonly #taken = new Set<string>(valueWords)
  #body: Stmt[] = []
  /** What is computed once, and how many statements of the kernel stand before it. */
  #head: { readonly code: Stmt[]; readonly at: number } | undefined

  constructor(name: string) {
    this.#name = name
  }

  /** A new local; the name is made unique. */
  let(name: string, value: Expr): Local {
    const local: Local = { kind: 'local', type: value.type, name: this.#fresh(name) }
    this.#body.push({ kind: 'let', local, value })
    return local
  }

  /** Marks the place of what is computed once; such code may stand there whatever comes before and after it. Outside of blocks. */
  markHead(): void {
    this.#head = { code: [], at: this.#body.length }
  }

  /** A new local that is computed once where a place for it was marked, and right here elsewhere. */
  once(name: string, value: Expr): Local {
    if (!this.#head) return this.let(name, value)
    const body = this.#body
    this.#body = this.#head.code
    const local = this.let(name, value)
    this.#body = body
    return local
  }

  set(local: Local, value: Expr): void {
    if (local.type !== value.type) throw new Error(`set ${local.name}: ${local.type} = ${value.type}`)
    this.#body.push({ kind: 'set', local, value })
  }

  store(mem: Mem, field: string, index: Expr, value: Expr): void {
    const found = mem.fields[field]
    if (!found || index.type !== 'i32' || widened[found.type] !== value.type) {
      throw new Error(`store ${mem.name}[${index.type}].${field} = ${value.type}`)
    }
    this.#body.push({ kind: 'store', mem, field, index, value })
  }

  /** A store to the only row of a region. */
  put(mem: Mem, field: string, value: Expr): void {
    this.store(mem, field, i32(0), value)
  }

  if(cond: Expr, then: () => void, otherwise: () => void = () => {}): void {
    if (cond.type !== 'bool') throw new Error(`if ${cond.type}`)
    this.#body.push({ kind: 'if', cond, then: this.#within(then), else: this.#within(otherwise) })
  }

  loop(name: string, body: (label: string) => void): void {
    const label = this.#fresh(name)
    this.#body.push({ kind: 'loop', label, body: this.#within(() => body(label)) })
  }

  /** A block that `break` leaves at its end. */
  block(name: string, body: (label: string) => void): void {
    const label = this.#fresh(name)
    this.#body.push({ kind: 'block', label, body: this.#within(() => body(label)) })
  }

  /** Counts a fresh i32 local from `from` up to (not including) `to`. */
  range(name: string, from: Expr, to: Expr, body: (i: Local, label: string) => void): void {
    const i = this.let(name, from)
    this.loop(`each_${name}`, label => {
      this.breakIf(ge(i, to), label)
      body(i, label)
      this.set(i, add(i, i32(1)))
    })
  }

  break(label: string): void {
    this.#body.push({ kind: 'break', label })
  }

  breakIf(cond: Expr, label: string): void {
    this.if(cond, () => this.break(label))
  }

  continue(label: string): void {
    this.#body.push({ kind: 'continue', label })
  }

  return(value: Expr): void {
    if (value.type !== 'i32') throw new Error(`return ${value.type}`)
    this.#body.push({ kind: 'return', value })
  }

  prefetch(mem: Mem, field: string, index: Expr): void {
    this.#body.push({ kind: 'prefetch', mem, field, index })
  }

  phase(phase: Phase): void {
    this.#body.push({ kind: 'phase', phase })
  }

  /** A note may quote texts of a user. */
  note(text: string): void {
    this.#body.push({ kind: 'note', text: text.replaceAll(lineEnds, ' ') })
  }

  finish(): Kernel {
    const { code = [], at = 0 } = this.#head ?? {}
    const body = this.#body.toSpliced(at, 0, ...code)
    return { name: this.#name, mems: memsOf(body), body }
  }

  #fresh(name: string): string {
    const base = name.replaceAll(/[^A-Za-z0-9_]/g, '_')
    let unique = base
    for (let n = 2; this.#taken.has(unique); n++) unique = `${base}_${n}`
    this.#taken.add(unique)
    return unique
  }

  #within(build: () => void): Block {
    const outer = this.#body
    const inner: Stmt[] = []
    this.#body = inner
    build()
    this.#body = outer
    return inner
  }
}

/** The regions that a body names, in order of first use. */
export function memsOf(body: Block): readonly Mem[] {
  const found = new Map<string, Mem>()
  visit(
    body,
    stmt => {
      if (stmt.kind === 'store' || stmt.kind === 'prefetch') found.set(stmt.mem.name, stmt.mem)
    },
    expr => {
      if (expr.kind === 'load') found.set(expr.mem.name, expr.mem)
    },
  )
  return [...found.values()]
}

/** Calls `onStmt` and `onExpr` for every node, parents first. */
export function visit(block: Block, onStmt: (stmt: Stmt) => void, onExpr?: (expr: Expr) => void): void {
  for (const stmt of block) {
    onStmt(stmt)
    if (onExpr) for (const expr of exprsOf(stmt)) visitExpr(expr, onExpr)
    for (const inner of blocksOf(stmt)) visit(inner, onStmt, onExpr)
  }
}

export function visitExpr(expr: Expr, onExpr: (expr: Expr) => void): void {
  onExpr(expr)
  switch (expr.kind) {
    case 'const':
    case 'local':
      return
    case 'op':
      for (const arg of expr.args) visitExpr(arg, onExpr)
      return
    case 'load':
      visitExpr(expr.index, onExpr)
      return
    case 'select':
      visitExpr(expr.cond, onExpr)
      visitExpr(expr.then, onExpr)
      visitExpr(expr.else, onExpr)
  }
}

const none: readonly never[] = []

/** The expressions that a statement itself evaluates, in order. */
export function exprsOf(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case 'let':
    case 'set':
    case 'return':
      return [stmt.value]
    case 'store':
      return [stmt.index, stmt.value]
    case 'prefetch':
      return [stmt.index]
    case 'if':
      return [stmt.cond]
    default:
      return none
  }
}

export function blocksOf(stmt: Stmt): readonly Block[] {
  if (stmt.kind === 'if') return [stmt.then, stmt.else]
  return stmt.kind === 'loop' || stmt.kind === 'block' ? [stmt.body] : none
}

export const isConst = (expr: Expr, value: Const['value']): boolean =>
  expr.kind === 'const' && Object.is(expr.value, value)

export const constOf = (type: ValueType, value: boolean | number | bigint): Const => ({
  kind: 'const',
  type,
  value,
})
