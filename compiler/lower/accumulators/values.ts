/**
 * The values of a group, as an ordered multiset: what count_distinct, quantile, quantile_disc and mode are read from, and
 * over changes min and max. Aggregates of one argument share it. The meaning of each is in ir/expr/order-statistics.
 */
import type { Aggregate, AggregateName } from '../../../ir/expr/aggregates.ts'
import {
  add,
  and,
  bool,
  eq,
  f64,
  i32,
  type KernelBuilder,
  le,
  lt,
  max32,
  mul,
  ne,
  not,
  op,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { type DataType, isFloat } from '../../../ir/types.ts'
import { toDouble } from '../expr/cast.ts'
import type { Leave } from '../lib/control.ts'
import { stored } from '../lib/kept.ts'
import { OrderedMultiset } from '../lib/ordered-multiset.ts'
import { NIL } from '../lib/value-nodes.ts'
import type { RootCell } from '../lib/weighted-tree.ts'
import type { RowScope, RowWork } from '../scope.ts'
import { andNot, bind, FALSE, type Fault, isNever, local, scalar, scalarOf, type Value } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'
import { wantFirst, wantText } from './held.ts'

export const values: AccumulatorFactory = (store, name, [argType]) => new Values(store, name, argType)

class Values implements Accumulator {
  readonly #store: GroupStore
  readonly #set: OrderedMultiset
  readonly #type: DataType
  readonly #root: string

  constructor(store: GroupStore, name: string, argType: DataType) {
    this.#store = store
    this.#set = new OrderedMultiset(store.newState(), name, argType, store.texts)
    this.#type = argType
    this.#root = `${name}_root`
    store.texts?.addUser(this.#set.nodes)
  }

  get fields(): FieldSpecs {
    return { [this.#root]: 'i32' }
  }

  get regions(): NonNullable<Accumulator['regions']> {
    return [{ mem: this.#set.nodes.head, rows: 1 }]
  }

  get state(): NonNullable<Accumulator['state']> {
    const { nodes } = this.#set
    return { growable: nodes.growable, grow: k => nodes.grow(k), init: k => nodes.init(k) }
  }

  init(k: KernelBuilder, entry: Expr): void {
    this.#cell(k, entry).set(NIL)
  }

  forget(k: KernelBuilder, entry: Expr): void {
    this.#set.forget(k, this.#cell(k, entry))
  }

  wants(cx: RowWork, args: readonly Value[]): ReturnType<typeof wantFirst> {
    return wantFirst(cx, this.#store, args)
  }

  reserveFirst({ k, leave }: RowScope, args: readonly Value[]): void {
    when(k, contributes({ args, mask: TRUE }), () => this.#set.reserveAny(k, leave))
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { cx, args, entry, removes } = contribution
    const { k } = cx
    const cell = this.#cell(k, entry)
    const value = bind(k, 'value', this.#kept(argumentOf(args)))
    const counts = local(k, 'counts', contributes(contribution))
    const adds = local(k, 'adds', andNot(counts, removes))
    const takes = isNever(removes) ? removes : k.let('takes', and(counts, removes))
    const texts = wantText(cx, this.#store, value, adds)
    return {
      faults: this.#missing(k, takes, cell.root, value),
      texts,
      reserve: leave => when(k, adds, () => this.#set.reserve(k, leave, cell.root, value)),
      apply: () => {
        when(k, adds, () => {
          const held = value.kind === 'bytes' ? texts[0].id : stored(value.value)
          this.#set.insert(k, cell, { value, stored: held })
        })
        if (!isNever(takes)) k.if(takes, () => this.#set.remove(k, cell, value))
      },
    }
  }

  /** Over changes both zeros are one: which of them came first would tell of rows that are gone. */
  #kept(value: Value): Value {
    return this.#store.retracts && value.kind === 'scalar' && isFloat(value.type)
      ? { ...value, value: add(value.value, f64(0)) }
      : value
  }

  /** What is taken back must be there. */
  #missing(k: KernelBuilder, takes: Expr, root: Expr, value: Value): readonly Fault[] {
    if (isNever(takes)) return []
    const missing = k.let('is_missing', takes)
    k.if(takes, () => k.set(missing, not(this.#set.has(k, root, value))))
    return [{ code: 'LDB-9005', when: missing }]
  }

  reserveCombine(k: KernelBuilder, leave: Leave, into: Expr, from: Expr): void {
    const root = this.#cell(k, max32(into, i32(0))).root
    const target = k.let('target', select(lt(into, i32(0)), NIL, root))
    this.#set.reserveNext(k, leave, target, this.#cell(k, from).root)
  }

  step(k: KernelBuilder, into: Expr, from: Expr): Expr {
    return this.#set.takeNext(k, this.#cell(k, into), this.#cell(k, from).root)
  }

  combine(k: KernelBuilder): void {
    this.#set.endTaking(k)
  }

  #cell(k: KernelBuilder, entry: Expr): RootCell {
    return {
      root: this.#store.load(this.#root, entry),
      set: root => k.store(this.#store.entries, this.#root, entry, root),
    }
  }

  read(k: KernelBuilder, entry: Expr, call: Aggregate): Value {
    const read = this.#readers[call.fn]
    if (!read) throw new Error(`${call.fn} is not read from an ordered multiset`)
    return read(k, k.let('root', this.#cell(k, entry).root), call)
  }

  readonly #readers: Readonly<
    Partial<Record<AggregateName, (k: KernelBuilder, root: Expr, call: Aggregate) => Value>>
  > = {
    min: (k, root) => this.#valueOf(this.#set.least(k, root)),
    max: (k, root) => this.#valueOf(this.#set.greatest(k, root)),
    count_distinct: (_k, root) => scalar('int64', op('extend.i32', this.#set.distinct(root)), FALSE),
    mode: (k, root) => this.#valueOf(this.#set.mode(k, root)),
    quantile_disc: (k, root, { fraction }) => {
      const rank = sub(op('ceil.f64', mul(f64(fraction), this.#set.total(root))), f64(1))
      return this.#valueOf(this.#set.at(k, root, atLeastZero(k.let('rank', rank))))
    },
    quantile: (k, root, { fraction }) => this.#between(k, root, fraction),
  }

  /** As `quantileOf` in ir/expr/order-statistics. */
  #between(k: KernelBuilder, root: Expr, fraction: number): Value {
    const before = k.let('before', mul(f64(fraction), sub(this.#set.total(root), f64(1))))
    const rank = k.let('rank', op('floor.f64', before))
    const part = k.let('part', sub(before, rank))
    const low = k.let('low', this.#numberAt(k, root, rank))
    const result = k.let('quantile', low)
    k.if(ne(part, f64(0)), () => {
      const high = k.let('high', this.#numberAt(k, root, add(rank, f64(1))))
      const gap = k.let('gap', sub(high, low))
      const isNumber = and(le(gap, f64(Number.MAX_VALUE)), le(f64(-Number.MAX_VALUE), gap))
      const weighed = add(mul(low, sub(f64(1), part)), mul(high, part))
      k.set(result, select(isNumber, add(low, mul(gap, part)), weighed))
    })
    return scalar('float64', add(result, f64(0)), eq(root, NIL))
  }

  #numberAt(k: KernelBuilder, root: Expr, rank: Expr): Expr {
    return toDouble(scalarOf(this.#set.valueOf(this.#set.at(k, root, rank))).value, this.#type)
  }

  #valueOf(node: Expr): Value {
    return { ...this.#set.valueOf(node), isNull: eq(node, NIL) }
  }
}

const TRUE = bool(true)
const atLeastZero = (x: Expr): Expr => select(lt(x, f64(0)), f64(0), x)
