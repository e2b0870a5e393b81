/**
 * array_agg and string_agg: values in the order of their arrival, as many as the limit says. Without one a group keeps
 * LIST_VALUES_MAX, and the row that brings one more is refused.
 */
import { LIST_VALUES_MAX } from '../../../ir/expr/lists.ts'
import {
  add,
  and,
  bool,
  ge,
  gt,
  i32,
  isConst,
  type KernelBuilder,
  lt,
  ne,
  or,
  select,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { Leave } from '../lib/control.ts'
import type { Wanted } from '../lib/interner.ts'
import type { RowScope, RowWork } from '../scope.ts'
import { andNot, type Fault, scalarOf, type Value } from '../value.ts'
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
import { isGiven, ValueChain } from './chain.ts'
import { wantText } from './held.ts'
import { asJoined, asList, type ListResult } from './list-result.ts'

/** Which rows count. */
type Counts = (row: Pick<Contribution, 'args' | 'mask'>) => Expr

interface Kept {
  readonly limit: number | undefined
  readonly counts: Counts
  readonly result: ListResult
}

/** Null is a value; a second argument says whether a row counts. */
const countsByCondition: Counts = ({ args, mask }) => {
  const condition = args.at(1)
  if (!condition) return mask
  const holds = and(scalarOf(condition).value, isGiven(condition))
  return isConst(mask, true) ? holds : and(mask, holds)
}

export const listed: AccumulatorFactory = (store, name, [type], { limit, args }) => {
  const chain = new ValueChain(store, name, { type, nullable: args[0].nullable })
  return new Arrived(store, name, chain, {
    limit,
    counts: countsByCondition,
    result: asList(chain, 'forward'),
  })
}

export const joined: AccumulatorFactory = (store, name, [type], { limit, separator }) => {
  const chain = new ValueChain(store, name, { type, nullable: false })
  return new Arrived(store, name, chain, { limit, counts: contributes, result: asJoined(chain, separator) })
}

class Arrived implements Accumulator {
  readonly #store: GroupStore
  readonly #chain: ValueChain
  readonly #kept: Kept
  /** Are the values of its panes too many? Then they are not there. */
  readonly #broken: string | undefined

  constructor(store: GroupStore, name: string, chain: ValueChain, kept: Kept) {
    this.#store = store
    this.#chain = chain
    this.#kept = kept
    this.#broken = store.combines && kept.limit === undefined ? `${name}_broken` : undefined
  }

  get fields(): Accumulator['fields'] {
    return { ...this.#chain.fields, ...(this.#broken !== undefined && { [this.#broken]: 'u8' as const }) }
  }

  get state(): NonNullable<Accumulator['state']> {
    return this.#chain.state
  }

  get regions(): NonNullable<Accumulator['regions']> {
    return this.#chain.heads.map(mem => ({ mem, rows: 1 }))
  }

  init(k: KernelBuilder, entry: Expr): void {
    this.#chain.init(k, entry)
    if (this.#broken !== undefined) k.store(this.#store.entries, this.#broken, entry, i32(0))
  }

  wants(cx: RowWork, args: readonly Value[]): readonly Wanted[] {
    return this.#text(cx, argumentOf(args), this.#kept.counts({ args, mask: bool(true) }))
  }

  #text(cx: RowWork, value: Value, counts: Expr): readonly Wanted[] {
    return wantText(cx, this.#store, value, andNot(counts, value.isNull))
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { cx, args, entry } = contribution
    const { k } = cx
    const { limit, result } = this.#kept
    const value = argumentOf(args)
    const counts = k.let('counts', this.#kept.counts(contribution))
    const isFull = ge(this.#chain.count(entry), i32(limit ?? LIST_VALUES_MAX))
    const takes = limit === undefined ? counts : k.let('takes', andNot(counts, isFull))
    const texts = this.#text(cx, value, takes)
    return {
      faults: limit === undefined ? [{ code: 'LDB-9007', when: and(counts, isFull) }] : [],
      texts,
      addedBytes: select(takes, result.added(value), i32(0)),
      reserve: leave => when(k, takes, () => this.#chain.reserve(k, leave, i32(1))),
      apply: () =>
        when(k, takes, () => {
          this.#chain.insert(cx, entry, this.#chain.last(entry), { value, texts })
        }),
    }
  }

  reserveFirst({ k, leave }: RowScope, args: readonly Value[]): void {
    when(k, this.#kept.counts({ args, mask: bool(true) }), () => this.#chain.reserve(k, leave, i32(1)))
  }

  reserveCombine(k: KernelBuilder, leave: Leave, _into: Expr, from: Expr): void {
    this.#chain.reserve(k, leave, this.#chain.count(from))
  }

  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    const chain = this.#chain
    const broken = this.#broken
    const { limit } = this.#kept
    const copy = (node: Expr): void => void chain.insertCopy(k, into, chain.last(into), node)
    if (broken === undefined) {
      chain.each(k, from, node =>
        k.if(lt(chain.count(into), i32(limit ?? LIST_VALUES_MAX)), () => copy(node)),
      )
      return
    }
    const breaks = k.let('breaks', or(this.#isBroken(into), this.#areTooMany(into, from)))
    k.store(this.#store.entries, broken, into, toInt(breaks))
    k.if(
      breaks,
      () => {},
      () => chain.each(k, from, copy),
    )
  }

  combineFaults(_k: KernelBuilder, into: Expr, from: Expr): readonly Fault[] {
    return this.#broken === undefined ? [] : [{ code: 'LDB-9007', when: this.#areTooMany(into, from) }]
  }

  #areTooMany(into: Expr, from: Expr): Expr {
    return gt(add(this.#chain.count(into), this.#chain.count(from)), i32(LIST_VALUES_MAX))
  }

  #isBroken(entry: Expr): Expr {
    return this.#broken === undefined ? bool(false) : ne(this.#store.load(this.#broken, entry), i32(0))
  }

  forget(k: KernelBuilder, entry: Expr): void {
    this.#chain.forget(k, entry)
  }

  rows(entry: Expr): Expr {
    return this.#chain.count(entry)
  }

  bytes(k: KernelBuilder, entry: Expr): Expr {
    return this.#kept.result.bytes(k, entry)
  }

  read(...[k, entry, , output]: Parameters<Accumulator['read']>): Value {
    const value = this.#kept.result.write(k, entry, outputOf(output))
    if (this.#broken === undefined) return value
    return { ...value, faults: [{ code: 'LDB-9007', when: this.#isBroken(entry) }] }
  }
}
