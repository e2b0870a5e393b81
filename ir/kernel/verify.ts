/**
 * The law book of the kernel IR. Every kernel passes here before any back end sees it, again after the passes,
 * and again when it is read from text.
 *
 *  1 Types: operands, stores and returns have the types that the op table and the layouts say; an index is i32.
 *  2 Names: a local is defined once in the kernel and used only inside the block that follows its `let`;
 *    labels are unique, a break or continue names an enclosing one, continue only a loop.
 *  3 Control: every path ends in `return`; nothing follows a statement that ends control; every loop has a way
 *    out (a break of it or of something around it, or a return).
 *  4 Purity: input and params are never stored to; an op with an effect stands alone as the value of a `let`.
 *  5 Restart: within the work on a row, `phase reserve` comes before `phase apply` before `phase emit`.
 *    Reserve stores nothing into state (it may return: nothing has changed). Apply never returns, nor leaves the
 *    row. A kernel that returns inside emit must find its place again from the control block. Tests stop every
 *    kernel at every row.
 *  6 Speed: no i64 local is assigned inside a loop from outside of which it comes: V8 would box it at each turn.
 *    Such a value lives in memory.
 *  7 Memory: no access leaves its region. Only the interpreter checks this, at run time, and every kernel
 *    runs there first in the property tests. A prefetch may name any element, but what its index loads counts.
 *  8 Notes: a note is one line, whichever of the four characters ends lines: it becomes a comment.
 */
import { exprsOf } from './build.ts'
import type { Block, Expr, Kernel, Local, Phase, Stmt } from './node.ts'
import { endsControl, isEnd, lineEnds, widened } from './node.ts'
import { opRow } from './ops.ts'
import { printExpr } from './print.ts'

const phaseOrder: Readonly<Record<Phase, number>> = { reserve: 1, apply: 2, emit: 3 }
const NO_PHASE = 0

/** A label that was met: what it stands on, and in which phase; `left` where it is behind us. */
interface Label {
  readonly kind: 'loop' | 'block' | 'left'
  readonly phase: number
}

/** A local that was met. Its name stays taken where it cannot be used any more. */
interface Known {
  readonly local: Local
  readonly loopDepth: number
  isHere: boolean
}

/** Throws where the kernel breaks a law; the message names kernel, law and place. */
export function verifyKernel(kernel: Kernel): Kernel {
  new Verifier(kernel).run()
  return kernel
}

class Verifier {
  readonly #kernel: Kernel
  readonly #locals = new Map<string, Known>()
  readonly #labels = new Map<string, Label>()
  readonly #mems: ReadonlySet<string>
  #loopDepth = 0

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#mems = new Set(kernel.mems.map(mem => mem.name))
    if (this.#mems.size !== kernel.mems.length) this.#fail(2, 'two regions with one name')
  }

  run(): void {
    this.#block(this.#kernel.body, NO_PHASE)
    if (!endsControl(this.#kernel.body)) this.#fail(3, 'a path ends without return')
  }

  #fail(law: number, what: string): never {
    throw new Error(`kernel ${this.#kernel.name} breaks law ${law}: ${what}`)
  }

  /** Checks a block that begins in a phase, and returns the phase that it ends in. */
  #block(block: Block, begin: number): number {
    const defined: Known[] = []
    let phase = begin
    let hasEnded = false
    for (const stmt of block) {
      if (hasEnded) this.#fail(3, `${stmt.kind} can never be reached`)
      for (const expr of exprsOf(stmt)) this.#expr(expr, stmt)
      phase = this.#stmt(stmt, phase)
      if (stmt.kind === 'let') defined.push(this.#define(stmt.local))
      hasEnded = isEnd(stmt)
    }
    for (const known of defined) known.isHere = false
    return phase
  }

  #define(local: Local): Known {
    if (this.#locals.has(local.name)) this.#fail(2, `${local.name} is defined twice`)
    const known = { local, loopDepth: this.#loopDepth, isHere: true }
    this.#locals.set(local.name, known)
    return known
  }

  #stmt(stmt: Stmt, phase: number): number {
    switch (stmt.kind) {
      case 'let':
        if (stmt.local.type !== stmt.value.type) this.#fail(1, `let ${stmt.local.name}`)
        return phase
      case 'set':
        this.#set(stmt)
        return phase
      case 'store':
        this.#store(stmt, phase)
        return phase
      case 'return':
        if (stmt.value.type !== 'i32') this.#fail(1, 'return is not i32')
        if (phase === phaseOrder.apply) this.#fail(5, 'a return between apply and the end of the row')
        return phase
      case 'phase':
        if (phaseOrder[stmt.phase] < phase) this.#fail(5, `phase ${stmt.phase} comes too late`)
        return phaseOrder[stmt.phase]
      case 'break':
      case 'continue':
        this.#jump(stmt.kind, stmt.label, phase)
        return phase
      case 'if':
        if (stmt.cond.type !== 'bool') this.#fail(1, 'if without a condition')
        return Math.max(this.#block(stmt.then, phase), this.#block(stmt.else, phase))
      case 'block':
        return this.#labelled(stmt.label, 'block', phase, () => this.#block(stmt.body, phase))
      case 'loop':
        this.#loop(stmt.label, stmt.body, phase)
        return phase
      case 'prefetch':
        return phase
      case 'note':
        if (stmt.text.search(lineEnds) >= 0) this.#fail(8, 'a note of several lines')
        return phase
    }
  }

  #local(name: string): Known | undefined {
    const known = this.#locals.get(name)
    return known?.isHere ? known : undefined
  }

  #set({ local, value }: Stmt & { kind: 'set' }): void {
    const known = this.#local(local.name)
    if (known?.local.type !== local.type) this.#fail(2, `set of unknown ${local.name}`)
    if (local.type !== value.type) this.#fail(1, `set ${local.name}`)
    if (local.type === 'i64' && known.loopDepth < this.#loopDepth) {
      this.#fail(6, `i64 ${local.name} is carried by a loop`)
    }
  }

  #store(stmt: Stmt & { kind: 'store' }, phase: number): void {
    const place = `${stmt.mem.name}.${stmt.field}`
    const field = stmt.mem.fields[stmt.field]
    if (!this.#mems.has(stmt.mem.name) || !field) this.#fail(2, `store to unknown ${place}`)
    if (stmt.index.type !== 'i32' || widened[field.type] !== stmt.value.type) this.#fail(1, `store ${place}`)
    if (stmt.mem.role === 'input' || stmt.mem.role === 'params') this.#fail(4, `store to ${place}`)
    if (stmt.mem.role === 'state' && phase === phaseOrder.reserve) {
      this.#fail(5, `${place} is stored before apply`)
    }
  }

  #jump(kind: 'break' | 'continue', label: string, phase: number): void {
    const target = this.#labels.get(label)
    const fits = target?.kind === 'loop' || (target?.kind === 'block' && kind === 'break')
    if (!fits) this.#fail(2, `${kind} ${label}`)
    if (phase === phaseOrder.apply && target.phase === NO_PHASE)
      this.#fail(5, `${kind} ${label} between apply and the end of the row`)
  }

  #labelled(label: string, what: 'loop' | 'block', phase: number, check: () => number): number {
    if (this.#labels.has(label)) this.#fail(2, `label ${label} is used twice`)
    this.#labels.set(label, { kind: what, phase })
    const end = check()
    this.#labels.set(label, { kind: 'left', phase })
    return end
  }

  #loop(label: string, body: Block, phase: number): void {
    this.#labelled(label, 'loop', phase, () => {
      this.#loopDepth++
      const end = this.#block(body, phase)
      this.#loopDepth--
      return end
    })
    if (!canLeave(body, label)) this.#fail(3, `loop ${label} has no way out`)
  }

  #expr(expr: Expr, stmt: Stmt): void {
    switch (expr.kind) {
      case 'const':
        return
      case 'local':
        if (this.#local(expr.name)?.local.type !== expr.type)
          this.#fail(2, `${expr.name} is not defined here`)
        return
      case 'op':
        this.#op(expr, stmt)
        for (const arg of expr.args) this.#expr(arg, stmt)
        return
      case 'load': {
        const field = expr.mem.fields[expr.field]
        if (!this.#mems.has(expr.mem.name) || !field) this.#fail(2, printExpr(expr))
        if (expr.index.type !== 'i32' || widened[field.type] !== expr.type) this.#fail(1, printExpr(expr))
        this.#expr(expr.index, stmt)
        return
      }
      case 'select': {
        const { cond, then, else: otherwise, type } = expr
        if (cond.type !== 'bool' || then.type !== type || otherwise.type !== type)
          this.#fail(1, printExpr(expr))
        this.#expr(cond, stmt)
        this.#expr(then, stmt)
        this.#expr(otherwise, stmt)
      }
    }
  }

  #op(expr: Expr & { kind: 'op' }, stmt: Stmt): void {
    const { args, result, effect } = opRow(expr.op)
    const fits = args.length === expr.args.length && args.every((type, i) => type === expr.args[i].type)
    if (!fits || result !== expr.type) this.#fail(1, printExpr(expr))
    if (effect && !(stmt.kind === 'let' && stmt.value === expr)) this.#fail(4, printExpr(expr))
  }
}

/** Does the body of a loop leave it: by a break of it, a jump to something around it, or a return? */
function canLeave(body: Block, label: string, inner: readonly string[] = []): boolean {
  return body.some(stmt => {
    if (stmt.kind === 'return') return true
    if (stmt.kind === 'break') return !inner.includes(stmt.label)
    if (stmt.kind === 'continue') return stmt.label !== label && !inner.includes(stmt.label)
    if (stmt.kind === 'if') return canLeave(stmt.then, label, inner) || canLeave(stmt.else, label, inner)
    if (stmt.kind === 'loop' || stmt.kind === 'block') {
      return canLeave(stmt.body, label, [...inner, stmt.label])
    }
    return false
  })
}
