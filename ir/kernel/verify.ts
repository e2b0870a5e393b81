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
 */
import { exprsOf, visitExpr } from './build.ts'
import type { Block, Expr, Kernel, Local, Phase, Stmt } from './node.ts'
import { endsControl, widened } from './node.ts'
import { opRow } from './ops.ts'
import { printExpr } from './print.ts'

const phaseOrder: Readonly<Record<Phase, number>> = { reserve: 1, apply: 2, emit: 3 }
const NO_PHASE = 0

interface Label {
  readonly kind: 'loop' | 'block'
  /** The phase in which it stands. */
  readonly phase: number
}

interface Scope {
  readonly locals: ReadonlyMap<string, { local: Local; loopDepth: number }>
  readonly labels: ReadonlyMap<string, Label>
  readonly loopDepth: number
  readonly phase: number
}

/** Throws where the kernel breaks a law; the message names kernel, law and place. */
export function verifyKernel(kernel: Kernel): Kernel {
  new Verifier(kernel).run()
  return kernel
}

class Verifier {
  readonly #kernel: Kernel
  readonly #locals = new Set<string>()
  readonly #labels = new Set<string>()
  readonly #mems: ReadonlySet<string>

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#mems = new Set(kernel.mems.map(mem => mem.name))
    if (this.#mems.size !== kernel.mems.length) this.#fail(2, 'two regions with one name')
  }

  run(): void {
    const scope: Scope = { locals: new Map(), labels: new Map(), loopDepth: 0, phase: NO_PHASE }
    this.#block(this.#kernel.body, scope)
    if (!endsControl(this.#kernel.body)) this.#fail(3, 'a path ends without return')
  }

  #fail(law: number, what: string): never {
    throw new Error(`kernel ${this.#kernel.name} breaks law ${law}: ${what}`)
  }

  /** Checks a block and returns the phase that it ends in. */
  #block(block: Block, outer: Scope): number {
    const locals = new Map(outer.locals)
    let phase = outer.phase
    block.forEach((stmt, i) => {
      if (i > 0 && endsControl([block[i - 1]])) this.#fail(3, `${stmt.kind} can never be reached`)
      const scope: Scope = { ...outer, locals, phase }
      for (const expr of exprsOf(stmt)) this.#expr(expr, scope, stmt)
      phase = this.#stmt(stmt, scope)
      if (stmt.kind === 'let') {
        if (this.#locals.has(stmt.local.name)) this.#fail(2, `${stmt.local.name} is defined twice`)
        this.#locals.add(stmt.local.name)
        locals.set(stmt.local.name, { local: stmt.local, loopDepth: outer.loopDepth })
      }
    })
    return phase
  }

  #stmt(stmt: Stmt, scope: Scope): number {
    switch (stmt.kind) {
      case 'let':
        if (stmt.local.type !== stmt.value.type) this.#fail(1, `let ${stmt.local.name}`)
        return scope.phase
      case 'set':
        this.#set(stmt, scope)
        return scope.phase
      case 'store':
        this.#store(stmt, scope)
        return scope.phase
      case 'return':
        if (stmt.value.type !== 'i32') this.#fail(1, 'return is not i32')
        if (scope.phase === phaseOrder.apply) this.#fail(5, 'a return between apply and the end of the row')
        return scope.phase
      case 'phase':
        if (phaseOrder[stmt.phase] < scope.phase) this.#fail(5, `phase ${stmt.phase} comes too late`)
        return phaseOrder[stmt.phase]
      case 'break':
      case 'continue':
        this.#jump(stmt.kind, stmt.label, scope)
        return scope.phase
      case 'if':
        if (stmt.cond.type !== 'bool') this.#fail(1, 'if without a condition')
        return Math.max(this.#block(stmt.then, scope), this.#block(stmt.else, scope))
      case 'block':
        return this.#block(stmt.body, this.#labelled(stmt.label, 'block', scope))
      case 'loop':
        this.#loop(stmt.label, stmt.body, scope)
        return scope.phase
      case 'prefetch':
      case 'note':
        return scope.phase
    }
  }

  #set(stmt: Stmt & { kind: 'set' }, scope: Scope): void {
    const known = scope.locals.get(stmt.local.name)
    if (known?.local.type !== stmt.local.type) this.#fail(2, `set of unknown ${stmt.local.name}`)
    if (stmt.local.type !== stmt.value.type) this.#fail(1, `set ${stmt.local.name}`)
    if (stmt.local.type === 'i64' && known.loopDepth < scope.loopDepth) {
      this.#fail(6, `i64 ${stmt.local.name} is carried by a loop`)
    }
  }

  #store(stmt: Stmt & { kind: 'store' }, scope: Scope): void {
    const place = `${stmt.mem.name}.${stmt.field}`
    const field = stmt.mem.fields[stmt.field]
    if (!this.#mems.has(stmt.mem.name) || !field) this.#fail(2, `store to unknown ${place}`)
    if (stmt.index.type !== 'i32' || widened[field.type] !== stmt.value.type) this.#fail(1, `store ${place}`)
    if (stmt.mem.role === 'input' || stmt.mem.role === 'params') this.#fail(4, `store to ${place}`)
    if (stmt.mem.role === 'state' && scope.phase === phaseOrder.reserve) {
      this.#fail(5, `${place} is stored before apply`)
    }
  }

  #jump(kind: 'break' | 'continue', label: string, scope: Scope): void {
    const target = scope.labels.get(label)
    if (!target || (kind === 'continue' && target.kind !== 'loop')) this.#fail(2, `${kind} ${label}`)
    if (scope.phase === phaseOrder.apply && target.phase === NO_PHASE)
      this.#fail(5, `${kind} ${label} between apply and the end of the row`)
  }

  #labelled(label: string, kind: 'loop' | 'block', scope: Scope): Scope {
    if (this.#labels.has(label)) this.#fail(2, `label ${label} is used twice`)
    this.#labels.add(label)
    return { ...scope, labels: new Map(scope.labels).set(label, { kind, phase: scope.phase }) }
  }

  #loop(label: string, body: Block, scope: Scope): void {
    const inner = this.#labelled(label, 'loop', scope)
    this.#block(body, { ...inner, loopDepth: scope.loopDepth + 1 })
    if (!canLeave(body, label)) this.#fail(3, `loop ${label} has no way out`)
  }

  #expr(expr: Expr, scope: Scope, stmt: Stmt): void {
    visitExpr(expr, node => {
      switch (node.kind) {
        case 'const':
          return
        case 'local':
          if (scope.locals.get(node.name)?.local.type !== node.type)
            this.#fail(2, `${node.name} is not defined here`)
          return
        case 'op': {
          const row = opRow(node.op)
          const fits =
            row.args.length === node.args.length && row.args.every((t, i) => t === node.args[i].type)
          if (!fits || row.result !== node.type) this.#fail(1, printExpr(node))
          if (row.effect && !(stmt.kind === 'let' && stmt.value === node)) this.#fail(4, printExpr(node))
          return
        }
        case 'load': {
          const field = node.mem.fields[node.field]
          if (!this.#mems.has(node.mem.name) || !field) this.#fail(2, printExpr(node))
          if (node.index.type !== 'i32' || widened[field.type] !== node.type) this.#fail(1, printExpr(node))
          return
        }
        case 'select':
          if (node.cond.type !== 'bool' || node.then.type !== node.type || node.else.type !== node.type) {
            this.#fail(1, printExpr(node))
          }
      }
    })
  }
}

/** Does the body of a loop leave it: by a break of it, a jump to something around it, or a return? */
function canLeave(body: Block, label: string, inner: ReadonlySet<string> = new Set()): boolean {
  return body.some(stmt => {
    if (stmt.kind === 'return') return true
    if (stmt.kind === 'break') return !inner.has(stmt.label)
    if (stmt.kind === 'continue') return stmt.label !== label && !inner.has(stmt.label)
    if (stmt.kind === 'if') return canLeave(stmt.then, label, inner) || canLeave(stmt.else, label, inner)
    if (stmt.kind === 'loop' || stmt.kind === 'block') {
      return canLeave(stmt.body, label, new Set(inner).add(stmt.label))
    }
    return false
  })
}
