/**
 * The reference back end: the meaning of a kernel, executed literally. It is the specification that the JavaScript
 * and LLVM emitters are tested against, and the only one that checks law 7: no access leaves its region.
 */
import type { KernelFunction, Kernels, Placement, Status } from '../../ir/abi.ts'
import type { Block, Expr, Field, Kernel, Mem, Op, Select, Stmt } from '../../ir/kernel/node.ts'
import { fieldWidth } from '../../ir/kernel/node.ts'
import { EFFECT_REGION, opRow, type Scalar } from '../../ir/kernel/ops.ts'
import { type CompiledProgram, type Program, regionOf } from '../backend.ts'

export function interpret(program: Program): CompiledProgram {
  return {
    link: (memory: Placement): Kernels =>
      new Map(program.kernels.map(kernel => [kernel.name, bind(kernel, memory)])),
  }
}

function bind(kernel: Kernel, memory: Placement): KernelFunction {
  const views = new Map<string, DataView>()
  for (const mem of kernel.mems) {
    const { offset, bytes } = regionOf(memory, mem.name)
    views.set(mem.name, new DataView(memory.buffer, offset, bytes))
  }
  const bytes = effectBytes(memory)
  return () => new Machine(kernel.name, views, bytes).run(kernel.body)
}

/** The region that ops with an effect act on, where the program has one. */
function effectBytes(memory: Placement): Uint8Array {
  if (!memory.regions.has(EFFECT_REGION)) return new Uint8Array(0)
  const { offset, bytes } = regionOf(memory, EFFECT_REGION)
  return new Uint8Array(memory.buffer, offset, bytes)
}

/** How a statement ended: `undefined` is normally, else the jump that is under way. */
type Jump =
  | undefined
  | { readonly kind: 'break' | 'continue'; readonly label: string }
  | { readonly kind: 'return'; readonly status: number }

class Machine {
  readonly #kernel: string
  readonly #views: ReadonlyMap<string, DataView>
  readonly #bytes: Uint8Array
  readonly #locals = new Map<string, Scalar>()

  constructor(kernel: string, views: ReadonlyMap<string, DataView>, bytes: Uint8Array) {
    this.#kernel = kernel
    this.#views = views
    this.#bytes = bytes
  }

  run(body: Block): Status {
    const jump = this.#block(body)
    if (jump?.kind !== 'return') throw new Error(`kernel ${this.#kernel} ended without return`)
    return jump.status as Status
  }

  #block(block: Block): Jump {
    for (const stmt of block) {
      const jump = this.#stmt(stmt)
      if (jump) return jump
    }
    return undefined
  }

  #stmt(stmt: Stmt): Jump {
    switch (stmt.kind) {
      case 'let':
      case 'set':
        this.#locals.set(stmt.local.name, this.#eval(stmt.value))
        return undefined
      case 'store':
        this.#store(stmt.mem, stmt.field, this.#eval(stmt.index) as number, this.#eval(stmt.value))
        return undefined
      case 'if':
        return this.#block(this.#eval(stmt.cond) ? stmt.then : stmt.else)
      case 'loop':
        return this.#loop(stmt.label, stmt.body)
      case 'block': {
        const jump = this.#block(stmt.body)
        return jump?.kind === 'break' && jump.label === stmt.label ? undefined : jump
      }
      case 'break':
      case 'continue':
        return { kind: stmt.kind, label: stmt.label }
      case 'return':
        return { kind: 'return', status: this.#eval(stmt.value) as number }
      case 'prefetch':
        // Only a hint, but native code evaluates the index, so what the index loads must lie inside.
        this.#eval(stmt.index)
        return undefined
      case 'phase':
      case 'note':
        return undefined
    }
  }

  #loop(label: string, body: Block): Jump {
    for (;;) {
      const jump = this.#block(body)
      if (!jump) continue
      if (jump.kind === 'return' || jump.label !== label) return jump
      if (jump.kind === 'break') return undefined
    }
  }

  #eval(expr: Expr): Scalar {
    switch (expr.kind) {
      case 'const':
        return expr.value
      case 'local': {
        const value = this.#locals.get(expr.name)
        if (value === undefined) throw new Error(`kernel ${this.#kernel}: ${expr.name} has no value`)
        return value
      }
      case 'op':
        return this.#op(expr)
      case 'load':
        return this.#load(expr.mem, expr.field, this.#eval(expr.index) as number)
      case 'select':
        return this.#select(expr)
    }
  }

  #op(expr: Op): Scalar {
    const row = opRow(expr.op)
    const args = expr.args.map(arg => this.#eval(arg))
    if (row.effect) return row.effect(this.#bytes, ...(args as number[]))
    return (row.evaluate as (...args: Scalar[]) => Scalar)(...args)
  }

  /** Both sides are evaluated: native code does so too, hence both must be safe. */
  #select(expr: Select): Scalar {
    const then = this.#eval(expr.then)
    const otherwise = this.#eval(expr.else)
    return this.#eval(expr.cond) ? then : otherwise
  }

  /** The view of a region and the byte that holds element `index`, checked to lie inside. */
  #place(mem: Mem, field: Field, index: number): { view: DataView; at: number } {
    const view = this.#views.get(mem.name)
    const at = field.type === 'bit' ? field.offset + (index >> 3) : field.offset + index * field.stride
    const end = at + Math.max(1, fieldWidth[field.type])
    if (!view || index < 0 || end > view.byteLength) {
      throw new Error(`kernel ${this.#kernel} breaks law 7: ${mem.name}[${index}] at byte ${at}`)
    }
    return { view, at }
  }

  #load(mem: Mem, name: string, index: number): Scalar {
    const field = mem.fields[name]
    const { view, at } = this.#place(mem, field, index)
    return readers[field.type](view, at, index)
  }

  #store(mem: Mem, name: string, index: number, value: Scalar): void {
    const field = mem.fields[name]
    const { view, at } = this.#place(mem, field, index)
    writers[field.type](view, at, value, index)
  }
}

const readers: Readonly<Record<Field['type'], (view: DataView, at: number, index: number) => Scalar>> = {
  bit: (view, at, index) => ((view.getUint8(at) >> (index & 7)) & 1) === 1,
  i8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  i16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => BigInt(view.getUint32(at, true)),
  i64: (view, at) => view.getBigInt64(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
}

const writers: Readonly<
  Record<Field['type'], (view: DataView, at: number, value: Scalar, index: number) => void>
> = {
  bit: (view, at, value, index) => {
    const mask = 1 << (index & 7)
    view.setUint8(at, value ? view.getUint8(at) | mask : view.getUint8(at) & ~mask)
  },
  i8: (view, at, value) => view.setInt8(at, value as number),
  u8: (view, at, value) => view.setUint8(at, value as number),
  i16: (view, at, value) => view.setInt16(at, value as number, true),
  u16: (view, at, value) => view.setUint16(at, value as number, true),
  i32: (view, at, value) => view.setInt32(at, value as number, true),
  u32: (view, at, value) => view.setUint32(at, Number(BigInt.asUintN(32, value as bigint)), true),
  i64: (view, at, value) => view.setBigInt64(at, value as bigint, true),
  f32: (view, at, value) => view.setFloat32(at, value as number, true),
  f64: (view, at, value) => view.setFloat64(at, value as number, true),
}
