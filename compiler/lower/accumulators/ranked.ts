/**
 * top_k and bottom_k: the values that come first in a total order, kept from the last of them to the first, so that the one
 * that goes when a better comes is at hand. Of equal values those that came first stay.
 */
import { and, bool, gt, i32, type KernelBuilder, lt, not } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { after } from '../expr/compare.ts'
import type { Leave } from '../lib/control.ts'
import type { Wanted } from '../lib/interner.ts'
import { END_OF_CHAIN } from '../lib/node-pool.ts'
import type { RowScope, RowWork } from '../scope.ts'
import { bind, type Value } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  outputOf,
  when,
} from './accumulator.ts'
import { ValueChain } from './chain.ts'
import { wantFirst, wantText } from './held.ts'
import { asList, type ListResult } from './list-result.ts'

/** Does a value come before another one? */
type Beats = (k: KernelBuilder, a: Value, b: Value) => Expr

const ranked =
  (beats: Beats): AccumulatorFactory =>
  (store, name, [type], { limit = 1 }) =>
    new Ranked(store, new ValueChain(store, name, { type, nullable: false }), beats, limit)

export const largest = ranked(after)
export const smallest = ranked((k, a, b) => after(k, b, a))

class Ranked implements Accumulator {
  readonly #store: GroupStore
  readonly #chain: ValueChain
  readonly #beats: Beats
  readonly #limit: number
  readonly #result: ListResult

  constructor(store: GroupStore, chain: ValueChain, beats: Beats, limit: number) {
    this.#store = store
    this.#chain = chain
    this.#beats = beats
    this.#limit = limit
    this.#result = asList(chain, 'backward')
  }

  get fields(): Accumulator['fields'] {
    return this.#chain.fields
  }

  get state(): NonNullable<Accumulator['state']> {
    return this.#chain.state
  }

  get regions(): NonNullable<Accumulator['regions']> {
    return this.#chain.heads.map(mem => ({ mem, rows: 1 }))
  }

  init(k: KernelBuilder, entry: Expr): void {
    this.#chain.init(k, entry)
  }

  wants(cx: RowWork, args: readonly Value[]): readonly Wanted[] {
    return wantFirst(cx, this.#store, args)
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { cx, args, entry } = contribution
    const { k } = cx
    const value = argumentOf(args)
    const hasRoom = k.let('has_room', lt(this.#chain.count(entry), i32(this.#limit)))
    const takes = k.let('takes', contributes(contribution))
    k.if(and(takes, not(hasRoom)), () => {
      k.set(takes, this.#beats(k, value, this.#read(k, this.#chain.first(entry))))
    })
    const texts = wantText(cx, this.#store, value, takes)
    return {
      faults: [],
      texts,
      addedBytes: this.#result.added(value),
      reserve: leave => k.if(and(takes, hasRoom), () => this.#chain.reserve(k, leave, i32(1))),
      apply: () =>
        when(k, takes, () => {
          k.if(not(hasRoom), () => this.#chain.dropFirst(k, entry))
          const behind = k.let('behind', i32(END_OF_CHAIN))
          this.#pass(k, entry, behind, value)
          this.#chain.insert(cx, entry, behind, { value, texts })
        }),
    }
  }

  #read(k: KernelBuilder, node: Expr): Value {
    return bind(k, 'ranked', this.#chain.read(node))
  }

  /** Goes on from a node to the last one that the value comes before. */
  #pass(k: KernelBuilder, entry: Expr, behind: Local, value: Value): void {
    const next = k.let('next', this.#chain.first(entry))
    k.if(not(lt(behind, i32(0))), () => k.set(next, this.#chain.next(behind)))
    k.loop('pass', label => {
      k.breakIf(lt(next, i32(0)), label)
      k.breakIf(not(this.#beats(k, value, this.#read(k, next))), label)
      k.set(behind, next)
      k.set(next, this.#chain.next(next))
    })
  }

  reserveFirst({ k, leave }: RowScope, args: readonly Value[]): void {
    when(k, contributes({ args, mask: bool(true) }), () => this.#chain.reserve(k, leave, i32(1)))
  }

  reserveCombine(k: KernelBuilder, leave: Leave, _into: Expr, from: Expr): void {
    this.#chain.reserve(k, leave, this.#chain.count(from))
  }

  /** Both are in order: the values of the other one, from the last on, are each put behind the one before. */
  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    const behind = k.let('behind', i32(END_OF_CHAIN))
    this.#chain.each(k, from, node => {
      this.#pass(k, into, behind, this.#read(k, node))
      k.set(behind, this.#chain.insertCopy(k, into, behind, node))
    })
    k.loop('drop', label => {
      k.breakIf(not(gt(this.#chain.count(into), i32(this.#limit))), label)
      this.#chain.dropFirst(k, into)
    })
  }

  forget(k: KernelBuilder, entry: Expr): void {
    this.#chain.forget(k, entry)
  }

  rows(entry: Expr): Expr {
    return this.#chain.count(entry)
  }

  bytes(k: KernelBuilder, entry: Expr): Expr {
    return this.#result.bytes(k, entry)
  }

  read(...[k, entry, , output]: Parameters<Accumulator['read']>): Value {
    return this.#result.write(k, entry, outputOf(output))
  }
}
