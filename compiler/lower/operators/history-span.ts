/** A frame of a range of time: the first row and the last of it, which move from row to row, and what its rows come to. */
import {
  and,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  not,
  op,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { frameOf, type NamedCall, type Placed } from '../../../ir/logical/history-call.ts'
import type { RowChain } from '../lib/row-chain.ts'
import type { Value } from '../value.ts'
import { type FrameTotals, valueIn } from './history-frames.ts'

/** The time of a row in the chain of its partition. */
export const TIME = 'time'

export class Span {
  readonly ticks: bigint
  readonly totals: FrameTotals | undefined
  readonly #calls: readonly { readonly name: string; readonly call: Placed }[]
  readonly #name: string
  readonly #chain: RowChain
  #entries: Mem | undefined

  constructor(ticks: bigint, calls: readonly NamedCall[], totals: FrameTotals | undefined, chain: RowChain) {
    this.ticks = ticks
    this.totals = totals
    this.#calls = calls.flatMap(({ name, call }) =>
      (call.kind === 'nth' || call.kind === 'last') && isRange(call, ticks) ? [{ name, call }] : [],
    )
    this.#name = `span_${ticks}`
    this.#chain = chain
  }

  get fields(): FieldSpecs {
    return { [`${this.#name}_start`]: 'i32', [`${this.#name}_end`]: 'i32' }
  }

  place(entries: Mem): void {
    this.#entries = entries
  }

  get #mem(): Mem {
    if (!this.#entries) throw new Error('the frames of partitions have no place yet')
    return this.#entries
  }

  init(k: KernelBuilder, entry: Expr): void {
    k.store(this.#mem, `${this.#name}_end`, entry, i32(NONE))
  }

  /** The first row of the frame, where there is any. */
  start(entry: Expr): Expr {
    return load(this.#mem, `${this.#name}_start`, entry)
  }

  #end(entry: Expr): Expr {
    return load(this.#mem, `${this.#name}_end`, entry)
  }

  /** The row behind the frame, if there is one. */
  next(k: KernelBuilder, entry: Expr): Local {
    const end = k.let('end', this.#end(entry))
    const next = k.let('next', this.#chain.first(entry))
    k.if(ge(end, i32(0)), () => k.set(next, this.#chain.pool.next(end)))
    return next
  }

  isBehind(node: Expr, time: Expr): Expr {
    return gt(this.#timeOf(node), time)
  }

  /** Is the first row too old for a row of that time? */
  hasOld(entry: Expr, time: Expr): Expr {
    const hasBegun = not(op('subo.i64', time, i64(this.ticks)))
    return and(hasBegun, lt(this.#timeOf(this.start(entry)), sub(time, i64(this.ticks))))
  }

  #timeOf(node: Expr): Expr {
    return load(this.#chain.pool.nodes, TIME, node)
  }

  take(k: KernelBuilder, entry: Expr, node: Expr): void {
    k.if(lt(this.#end(entry), i32(0)), () => k.store(this.#mem, `${this.#name}_start`, entry, node))
    k.store(this.#mem, `${this.#name}_end`, entry, node)
  }

  dropFirst(k: KernelBuilder, entry: Expr): void {
    k.store(this.#mem, `${this.#name}_start`, entry, this.#chain.pool.next(this.start(entry)))
  }

  values(k: KernelBuilder, entry: Expr): readonly (readonly [string, Value])[] {
    const placed = this.#calls.map(({ name, call }): [string, Value] => {
      const node = call.kind === 'last' ? this.#end(entry) : this.start(entry)
      return [name, valueIn(this.#chain.read(node), call.column)]
    })
    return [...placed, ...(this.totals?.values(k, entry) ?? [])]
  }
}

const NONE = -1

function isRange(call: Placed, ticks: bigint): boolean {
  const frame = frameOf(call)
  return frame?.kind === 'range' && frame.ticks === ticks
}

/** The lengths of the ranges that calls ask for, the longest first. */
export function rangesOf(calls: readonly NamedCall[]): readonly bigint[] {
  const ticks = calls.flatMap(({ call }) => {
    const frame = frameOf(call)
    return frame?.kind === 'range' ? [frame.ticks] : []
  })
  return [...new Set(ticks)].toSorted((a, b) => (a > b ? -1 : 1))
}
