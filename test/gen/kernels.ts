/**
 * Random kernels that keep the laws of verify.ts: every op that has the same bits everywhere, every field type,
 * aligned or not, loops of few turns, jumps. A kernel is read off a tape of numbers; an empty tape reads as zeros,
 * which always choose the simplest thing, so that a shorter tape is a simpler kernel and fast-check can shrink.
 */
import fc from 'fast-check'
import { add, ge, i32, KernelBuilder, load, op, select } from '../../ir/kernel/build.ts'
import type { Expr, FieldType, Kernel, Local, Mem, ValueType } from '../../ir/kernel/node.ts'
import { fieldWidth, widened } from '../../ir/kernel/node.ts'
import { type OpName, opNames, opRow } from '../../ir/kernel/ops.ts'
import { printKernel } from '../../ir/kernel/print.ts'
import { verifyKernel } from '../../ir/kernel/verify.ts'
import { columnLayout, rowLayout } from '../../ir/layout.ts'
import { edges } from '../support/edges.ts'

/** Rows of every region but the control block; a power of two, so that a mask keeps an index inside. */
export const GEN_ROWS = 16

const fieldTypes = Object.keys(fieldWidth) as readonly FieldType[]
const everyType = Object.fromEntries(fieldTypes.map(type => [`c_${type}`, type]))
const { c_bit: _, ...everyTypeOfRows } = everyType

/** Each element one byte after the last, as in the region of the texts. */
const bytes: Mem = {
  name: 'bytes',
  role: 'bytes',
  fields: Object.fromEntries(
    fieldTypes.filter(type => type !== 'bit').map(type => [`c_${type}`, { type, offset: 0, stride: 1 }]),
  ),
}

/** Rows whose length is no multiple of the widths in them, and columns that start anywhere. */
const odd: Mem = {
  name: 'odd',
  role: 'state',
  fields: {
    c_i64: { type: 'i64', offset: 1, stride: 13 },
    c_i32: { type: 'i32', offset: 9, stride: 13 },
    c_f64: { type: 'f64', offset: 301, stride: 8 },
    c_i16: { type: 'i16', offset: 501, stride: 2 },
    c_bit: { type: 'bit', offset: 601, stride: 0 },
  },
}

const control = rowLayout('ctl', 'control', { c_i32: 'i32', c_i64: 'i64', c_f64: 'f64' })

export const genMems: readonly Mem[] = [
  control,
  columnLayout('in', 'input', everyType, GEN_ROWS),
  rowLayout('state', 'state', everyTypeOfRows),
  columnLayout('out', 'output', everyType, GEN_ROWS),
  bytes,
  odd,
]
const stored = genMems.filter(mem => mem.role !== 'input')

/** Kernels of one program, which share their regions. */
export interface GeneratedProgram {
  readonly kernels: readonly Kernel[]
  readonly [fc.toStringMethod]: () => string
}

const number = fc.nat(0xffff)
const shortTape = fc.array(number, { maxLength: 100, size: 'max' })
const longTape = fc.array(number, { minLength: 150, maxLength: 600, size: 'max' })
const tape = fc.oneof(shortTape, { weight: 2, arbitrary: longTape })

export const genPrograms: fc.Arbitrary<GeneratedProgram> = fc
  .array(tape, { minLength: 1, maxLength: 3 })
  .map(tapes => {
    const kernels = tapes.map((one, i) => kernelOf(`k${i}`, one))
    return { kernels, [fc.toStringMethod]: () => kernels.map(printKernel).join('\n') }
  })

/** The kernel that a tape stands for. */
export function kernelOf(name: string, numbers: readonly number[]): Kernel {
  const writer = new Writer(name, numbers)
  return verifyKernel(writer.write())
}

const opsOf = (type: ValueType): readonly OpName[] =>
  opNames.filter(name => opRow(name).result === type && !opRow(name).host && !opRow(name).effect)
const opsByType = { bool: opsOf('bool'), i32: opsOf('i32'), i64: opsOf('i64'), f64: opsOf('f64') }
const valueTypes: readonly ValueType[] = ['i32', 'i64', 'f64', 'bool']

const DEPTH_MAX = 4
const NESTING_MAX = 3
const STATEMENTS_MAX = 6
const TURNS_MAX = 4

interface Scope {
  readonly locals: readonly { readonly local: Local; readonly loops: number; readonly counts: boolean }[]
  /** Labels that may be broken, and those that may be continued. */
  readonly blocks: readonly string[]
  readonly loops: readonly string[]
  readonly nesting: number
}

class Writer {
  readonly #k: KernelBuilder
  readonly #tape: readonly number[]
  #at = 0

  constructor(name: string, numbers: readonly number[]) {
    this.#k = new KernelBuilder(name)
    this.#tape = numbers
  }

  write(): Kernel {
    // Every region is named, so that every kernel has the whole table.
    for (const mem of stored) this.#store({ locals: [], blocks: [], loops: [], nesting: 0 }, mem)
    let scope: Scope = { locals: [], blocks: [], loops: [], nesting: 0 }
    while (!this.#isEmpty()) scope = this.#statement(scope)
    this.#k.return(i32(0))
    return this.#k.finish()
  }

  #number(below: number): number {
    return (this.#tape[this.#at++] ?? 0) % below
  }

  #isEmpty(): boolean {
    return this.#at >= this.#tape.length
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#number(from.length)]
  }

  #statements(outer: Scope): void {
    let scope = outer
    for (let left = this.#number(STATEMENTS_MAX + 1); left > 0 && !this.#isEmpty(); left--)
      scope = this.#statement(scope)
  }

  /** Writes one statement and returns the scope after it. */
  #statement(scope: Scope): Scope {
    const writers = [
      () => this.#store(scope, this.#pick(stored)),
      () => this.#let(scope),
      () => this.#set(scope),
      () => this.#if(scope),
      () => this.#loop(scope),
      () => this.#block(scope),
      () => this.#prefetch(scope),
    ]
    const nested = scope.nesting < NESTING_MAX
    return this.#pick(nested ? writers : writers.slice(0, 3))() ?? scope
  }

  #let(scope: Scope): Scope {
    const local = this.#k.let('v', this.#expr(scope, this.#pick(valueTypes)))
    return { ...scope, locals: [...scope.locals, { local, loops: scope.loops.length, counts: false }] }
  }

  /** An i64 is not carried by a loop (law 6), and a loop's counter belongs to the loop. */
  #set(scope: Scope): void {
    const free = scope.locals.filter(
      ({ local, loops, counts }) => !counts && (local.type !== 'i64' || loops === scope.loops.length),
    )
    if (free.length === 0) return
    const { local } = this.#pick(free)
    this.#k.set(local, this.#expr(scope, local.type))
  }

  #store(scope: Scope, mem: Mem): void {
    const field = this.#pick(Object.keys(mem.fields))
    const index = this.#index(scope, mem)
    const value = this.#expr(scope, widened[mem.fields[field].type])
    // Which NaN comes out of an operation differs; only the canonical one is ever stored.
    this.#k.store(mem, field, index, value.type === 'f64' ? op('canon.f64', value) : value)
  }

  #prefetch(scope: Scope): void {
    const mem = this.#pick(genMems)
    this.#k.prefetch(mem, this.#pick(Object.keys(mem.fields)), this.#expr(scope, 'i32'))
  }

  #if(scope: Scope): void {
    const inner = { ...scope, nesting: scope.nesting + 1 }
    const ends = this.#number(3)
    this.#k.if(
      this.#expr(scope, 'bool'),
      () => {
        this.#statements(inner)
        if (ends > 0) this.#jump(inner)
      },
      () => {
        if (ends < 2) this.#statements(inner)
      },
    )
  }

  /** The counter goes up first: a `continue` then cannot loop for ever. */
  #loop(scope: Scope): void {
    const counter = this.#k.let('n', i32(0))
    const turns = this.#number(TURNS_MAX + 1)
    this.#k.loop('loop', label => {
      this.#k.breakIf(ge(counter, i32(turns)), label)
      this.#k.set(counter, add(counter, i32(1)))
      this.#statements({
        locals: [...scope.locals, { local: counter, loops: scope.loops.length, counts: true }],
        blocks: [...scope.blocks, label],
        loops: [...scope.loops, label],
        nesting: scope.nesting + 1,
      })
    })
  }

  #block(scope: Scope): void {
    this.#k.block('block', label => {
      const inner = { ...scope, blocks: [...scope.blocks, label], nesting: scope.nesting + 1 }
      this.#statements(inner)
      if (this.#number(2) === 1) this.#jump(inner)
    })
  }

  /** A statement that ends control. */
  #jump(scope: Scope): void {
    const jumps = [
      ...scope.blocks.map(label => () => this.#k.break(label)),
      ...scope.loops.map(label => () => this.#k.continue(label)),
      () => this.#k.return(this.#expr(scope, 'i32')),
      () =>
        this.#k.if(
          this.#expr(scope, 'bool'),
          () => this.#k.return(i32(1)),
          () => this.#k.return(i32(2)),
        ),
    ]
    this.#pick(jumps)()
  }

  #index(scope: Scope, mem: Mem): Expr {
    if (mem.role === 'control') return i32(0)
    return op('and.i32', this.#expr(scope, 'i32', DEPTH_MAX - 1), i32(GEN_ROWS - 1))
  }

  #expr(scope: Scope, type: ValueType, depth = 0): Expr {
    const kinds = [
      () => this.#constant(type),
      () => this.#local(scope, type),
      () => this.#load(scope, type),
      () => this.#op(scope, type, depth),
      () => this.#op(scope, type, depth),
      () =>
        select(
          this.#expr(scope, 'bool', depth + 1),
          this.#expr(scope, type, depth + 1),
          this.#expr(scope, type, depth + 1),
        ),
    ]
    return this.#pick(depth < DEPTH_MAX ? kinds : kinds.slice(0, 2))()
  }

  #op(scope: Scope, type: ValueType, depth: number): Expr {
    const name = this.#pick(opsByType[type])
    return op(name, ...opRow(name).args.map(arg => this.#expr(scope, arg, depth + 1)))
  }

  #constant(type: ValueType): Expr {
    return { kind: 'const', type, value: this.#pick(edges[type]) }
  }

  #local(scope: Scope, type: ValueType): Expr {
    const known = scope.locals.filter(({ local }) => local.type === type)
    return known.length === 0 ? this.#constant(type) : this.#pick(known).local
  }

  #load(scope: Scope, type: ValueType): Expr {
    const mem = this.#pick(genMems)
    const fitting = Object.keys(mem.fields).filter(name => widened[mem.fields[name].type] === type)
    if (fitting.length === 0) return this.#constant(type)
    return load(mem, this.#pick(fitting), this.#index(scope, mem))
  }
}
