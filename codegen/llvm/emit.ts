/**
 * One kernel in, two LLVM functions out: a body that takes one pointer per region, and the entry that reads those
 * pointers from the table. Locals are stack slots, which LLVM turns into registers. What the functions may assume
 * of their arguments is added later by libllvm.ts, because llvm-bindings has no attributes.
 */

import { visit } from '../../ir/kernel/build.ts'
import type { Block, Const, Expr, Kernel, Local, Mem, Stmt } from '../../ir/kernel/node.ts'
import { endsControl } from '../../ir/kernel/node.ts'
import { loadField, prefetchField, storeField } from './access.ts'
import type { BasicBlock, Fn, Type, Value } from './bindings.ts'
import { spell } from './spell.ts'
import { bodySymbol, entrySymbol, tableOf } from './table.ts'
import type { Toolbox } from './toolbox.ts'

/** The LLVM text of a whole program. Nothing of it stays in the toolbox. */
export function emitProgram(t: Toolbox, kernels: readonly Kernel[]): string {
  const table = tableOf(kernels)
  const names = new Set(kernels.map(kernel => kernel.name))
  if (names.size !== kernels.length) throw new Error('two kernels of one program have the same name')
  const functions: Fn[] = []
  try {
    for (const kernel of kernels) emitKernel(t, kernel, table, functions)
    return t.module.print()
  } finally {
    for (const fn of functions.toReversed()) fn.eraseFromParent()
  }
}

function emitKernel(t: Toolbox, kernel: Kernel, table: readonly string[], functions: Fn[]): void {
  const { FunctionType, PointerType } = t.llvm
  const { ExternalLinkage, InternalLinkage } = t.llvm.Function.LinkageTypes
  const declare = (name: string, linkage: number, params: readonly Type[]): Fn => {
    const fn = t.llvm.Function.Create(FunctionType.get(t.types.i32, params, false), linkage, name, t.module)
    fn.setDoesNotThrow()
    functions.push(fn)
    return fn
  }
  const region = PointerType.getUnqual(t.types.i8)
  const body = declare(
    bodySymbol(kernel.name),
    InternalLinkage,
    kernel.mems.map(() => region),
  )
  new Emitter(t, kernel, body).run()
  const entry = declare(entrySymbol(kernel.name), ExternalLinkage, [PointerType.getUnqual(t.types.i64)])
  emitEntry(t, kernel, entry, body, table)
}

function emitEntry(t: Toolbox, kernel: Kernel, entry: Fn, body: Fn, table: readonly string[]): void {
  t.b.SetInsertPoint(t.llvm.BasicBlock.Create(t.context, 'entry', entry))
  const pointer = t.llvm.PointerType.getUnqual(t.types.i8)
  const regions = kernel.mems.map(({ name }) => {
    const slot = t.b.CreateInBoundsGEP(t.types.i64, entry.getArg(0), t.int64(BigInt(table.indexOf(name))))
    return t.b.CreateIntToPtr(t.b.CreateLoad(t.types.i64, slot), pointer, name)
  })
  t.b.CreateRet(t.b.CreateCall(body, regions))
}

/** Where `break` and `continue` of a label go. */
interface Target {
  readonly exit: BasicBlock
  readonly head: BasicBlock
}

class Emitter {
  readonly #t: Toolbox
  readonly #kernel: Kernel
  readonly #fn: Fn
  readonly #regions = new Map<string, Value>()
  readonly #slots = new Map<string, Value>()
  readonly #targets = new Map<string, Target>()
  /** Labels of the loops around the code under way, the innermost last. */
  readonly #loops: string[] = []

  constructor(t: Toolbox, kernel: Kernel, fn: Fn) {
    this.#t = t
    this.#kernel = kernel
    this.#fn = fn
  }

  run(): void {
    this.#at(this.#newBlock('entry'))
    this.#kernel.mems.forEach((mem, i) => {
      const region = this.#fn.getArg(i)
      region.setName(mem.name)
      this.#regions.set(mem.name, region)
    })
    visit(this.#kernel.body, stmt => {
      if (stmt.kind === 'let') this.#newSlot(stmt.local)
    })
    this.#block(this.#kernel.body)
  }

  #newBlock(name: string): BasicBlock {
    return this.#t.llvm.BasicBlock.Create(this.#t.context, name, this.#fn)
  }

  #at(block: BasicBlock): void {
    this.#t.b.SetInsertPoint(block)
  }

  /** Slots are made in the entry block: one made in a loop would grow the stack at each turn. */
  #newSlot({ name, type }: Local): void {
    this.#slots.set(name, this.#t.b.CreateAlloca(this.#t.valueTypes[type], null, name))
  }

  #slot(local: Local): Value {
    return known(this.#slots, local.name)
  }

  #region(mem: Mem): Value {
    return known(this.#regions, mem.name)
  }

  #block(block: Block): void {
    for (const stmt of block) this.#stmt(stmt)
  }

  /** A block that goes on at `next` unless it ends control itself. */
  #branch(from: BasicBlock, block: Block, next: BasicBlock): void {
    this.#at(from)
    this.#block(block)
    if (!endsControl(block)) this.#t.b.CreateBr(next)
  }

  #stmt(stmt: Stmt): void {
    const { b } = this.#t
    switch (stmt.kind) {
      case 'let':
      case 'set':
        b.CreateStore(this.#value(stmt.value), this.#slot(stmt.local))
        return
      case 'store': {
        const index = this.#value(stmt.index)
        const value = this.#value(stmt.value)
        storeField(this.#t, this.#region(stmt.mem), stmt.mem.fields[stmt.field], index, value)
        return
      }
      case 'if':
        this.#if(stmt.cond, stmt.then, stmt.else)
        return
      case 'loop':
        this.#loop(stmt.label, stmt.body)
        return
      case 'block':
        this.#labelled(stmt.label, stmt.body)
        return
      case 'break':
        b.CreateBr(known(this.#targets, stmt.label).exit)
        return
      case 'continue':
        b.CreateBr(known(this.#targets, stmt.label).head)
        return
      case 'return':
        b.CreateRet(this.#value(stmt.value))
        return
      case 'prefetch': {
        const field = stmt.mem.fields[stmt.field]
        prefetchField(this.#t, this.#region(stmt.mem), field, this.#value(stmt.index))
        return
      }
      case 'phase':
      case 'note':
        return
      default:
        stmt satisfies never
    }
  }

  #if(cond: Expr, then: Block, otherwise: Block): void {
    const value = this.#value(cond)
    const test = this.#isWayOut(then)
      ? this.#t.call('llvm.expect.i1', value, this.#t.b.getInt1(false))
      : value
    const thenBlock = this.#newBlock('then')
    const elseBlock = otherwise.length > 0 ? this.#newBlock('else') : undefined
    const endless = endsControl(then) && endsControl(otherwise)
    // Where both sides end control nothing comes next, and LLVM refuses a block without an end.
    const next = endless ? thenBlock : this.#newBlock('next')
    this.#t.b.CreateCondBr(test, thenBlock, elseBlock ?? next)
    this.#branch(thenBlock, then, next)
    if (elseBlock) this.#branch(elseBlock, otherwise, next)
    if (!endless) this.#at(next)
  }

  /**
   * Does a branch do something and then leave, other than by the end of its loop? Such are the rare ones: rows refused,
   * states that have no room. A loop that looks for something ends where it is found.
   */
  #isWayOut(block: Block): boolean {
    const last = block.at(-1)
    const endsLoop = last?.kind === 'break' && last.label === this.#loops.at(-1)
    return block.length > 1 && endsControl(block) && !endsLoop
  }

  #loop(label: string, body: Block): void {
    const head = this.#newBlock(label)
    const exit = this.#newBlock(`${label}.exit`)
    this.#targets.set(label, { head, exit })
    this.#t.b.CreateBr(head)
    this.#loops.push(label)
    this.#branch(head, body, head)
    this.#loops.pop()
    this.#at(exit)
  }

  #labelled(label: string, body: Block): void {
    const head = this.#newBlock(label)
    const exit = this.#newBlock(`${label}.exit`)
    this.#targets.set(label, { head, exit })
    this.#t.b.CreateBr(head)
    this.#branch(head, body, exit)
    this.#at(exit)
  }

  #value(expr: Expr): Value {
    switch (expr.kind) {
      case 'const':
        return constant(this.#t, expr)
      case 'local':
        return this.#t.b.CreateLoad(this.#t.valueTypes[expr.type], this.#slot(expr))
      case 'op': {
        const spelling = spell[expr.op]
        if (spelling === 'host') throw new Error(`${expr.op} has no native spelling`)
        return spelling(this.#t, ...expr.args.map(arg => this.#value(arg)))
      }
      case 'load': {
        const field = expr.mem.fields[expr.field]
        return loadField(this.#t, this.#region(expr.mem), field, this.#value(expr.index))
      }
      case 'select': {
        const [cond, then, otherwise] = [expr.cond, expr.then, expr.else].map(part => this.#value(part))
        return this.#t.b.CreateSelect(cond, then, otherwise)
      }
      default:
        return expr satisfies never
    }
  }
}

function constant(t: Toolbox, { type, value }: Const): Value {
  switch (type) {
    case 'bool':
      return t.b.getInt1(Boolean(value))
    case 'i32':
      return t.int32(Number(value))
    case 'i64':
      return t.int64(BigInt(value))
    case 'f64':
      return t.double(Number(value))
  }
}

function known<V>(map: ReadonlyMap<string, V>, name: string): V {
  const found = map.get(name)
  if (found === undefined) throw new Error(`kernel names unknown ${name}`)
  return found
}
