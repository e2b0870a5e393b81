/**
 * fold: aggregates of the user's own. A field of the entry for each field of the state, texts by the ids of their interned
 * copies. A row is refused where `add` or `remove` fault; a fault of `merge` is remembered, and is one of the result.
 */
import { type RowErrorCode, rowErrors } from '../../../ir/abi.ts'
import type { Aggregate } from '../../../ir/expr/aggregates.ts'
import { canFault } from '../../../ir/expr/can-fault.ts'
import type { Expr as PlanExpr } from '../../../ir/expr/expr.ts'
import { argName, type Fold, foldOf, sideName, stateName } from '../../../ir/expr/fold.ts'
import {
  and,
  bool,
  eq,
  i32,
  isConst,
  type KernelBuilder,
  ne,
  select,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { isBytes } from '../../../ir/types.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import { keyOfText, NULL_TEXT, type Wanted } from '../lib/interner.ts'
import { stored } from '../lib/kept.ts'
import type { ExprScope, RowWork } from '../scope.ts'
import {
  andNot,
  bind,
  choose,
  FALSE,
  type Fault,
  faultBits,
  faultsOf,
  guarded,
  isNever,
  local,
  type Value,
} from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'
import { copyHeld, heldField, initHeld, readHeld, wantText } from './held.ts'

export const fold: AccumulatorFactory = (store, name, _argTypes, call) =>
  new Folding(store, name, foldOf(call))

/** The state in its order. */
type State = readonly Value[]

/** A row, and the state that it comes to. */
interface Taking extends Pick<Contribution, 'args' | 'removes'> {
  readonly counts: Expr
  readonly before: State
}

class Folding implements Accumulator {
  readonly fields: FieldSpecs
  readonly #store: GroupStore
  readonly #fold: Fold
  /** The fields of the entry that the fields of the state are kept in, and those that say which is null. */
  readonly #kept: readonly string[]
  readonly #nulls: readonly (string | undefined)[]
  /** Has a row been taken? Before that no text of the state is kept. */
  readonly #seen: string | undefined
  /** The first fault of `merge`. */
  readonly #broken: string | undefined

  constructor(store: GroupStore, name: string, definition: Fold) {
    const { state, merge = [] } = definition
    this.#store = store
    this.#fold = definition
    this.#kept = state.map((_, i) => `${name}_${i}`)
    this.#nulls = state.map(({ type, nullable }, i) =>
      nullable && !isBytes(type) ? `${name}_${i}_null` : undefined,
    )
    this.#seen = store.combines || state.some(({ type }) => isBytes(type)) ? `${name}_seen` : undefined
    this.#broken = store.combines && merge.some(canFault) ? `${name}_broken` : undefined
    const flags = [...this.#nulls, this.#seen, this.#broken].flatMap(flag => flag ?? [])
    this.fields = {
      ...Object.fromEntries(state.map(({ type }, i) => [this.#kept[i], heldField(type)])),
      ...Object.fromEntries(flags.map(flag => [flag, 'u8' as const])),
    }
  }

  init(k: KernelBuilder, entry: Expr): void {
    for (const flag of [this.#seen, this.#broken]) if (flag) this.#put(k, flag, entry, i32(0))
    this.#fold.state.forEach(({ type }, i) => {
      if (isBytes(type)) initHeld(k, this.#store, this.#kept[i], type, entry)
      else this.#write(k, entry, i, this.#start(k)[i])
    })
  }

  first(cx: RowWork, args: readonly Value[]): ReturnType<NonNullable<Accumulator['first']>> {
    const isSafe = !this.#fold.add.some(canFault) && !this.#mustHaveResult
    if (isSafe && !this.#keepsTexts) return { faults: [], texts: [] }
    const counts = local(cx.k, 'counts', contributes({ args, mask: bool(true) }))
    const { state, faults } = this.#take(cx, { args, counts, before: this.#start(cx.k), removes: FALSE })
    return { faults, texts: this.#texts(cx, state, counts).flat() }
  }

  prepare(contribution: Contribution): ReturnType<Accumulator['prepare']> {
    const { cx, args, entry, removes } = contribution
    const { k } = cx
    const counts = local(k, 'counts', contributes(contribution))
    const { state, faults } = this.#take(cx, { args, counts, before: this.#state(k, entry), removes })
    const texts = this.#texts(cx, state, counts)
    return {
      faults,
      texts: texts.flat(),
      apply: () =>
        when(k, counts, () => {
          if (this.#seen) this.#put(k, this.#seen, entry, i32(1))
          state.forEach((value, i) => {
            this.#write(k, entry, i, value, texts[i].at(0)?.id)
          })
        }),
    }
  }

  #take(cx: RowWork, taking: Taking): { readonly state: State; readonly faults: readonly Fault[] } {
    const { counts, before } = taking
    const state = this.#next(cx, taking)
    const faults = guarded(faultsOf(state), counts)
    if (!this.#mustHaveResult) return { state, faults }
    const behind = isConst(counts, true)
      ? state
      : state.map((value, i) => choose(cx.k, counts, { ...value, faults: [] }, before[i]))
    return {
      state,
      faults: [...faults, ...this.#compute(cx, [this.#fold.result], this.#named(behind))[0].faults],
    }
  }

  #next(cx: RowWork, { args, before, removes }: Taking): State {
    const given = args.map((arg, i): [string, Value] => [argName(i), { ...arg, isNull: FALSE, faults: [] }])
    const columns = new Map([...this.#named(before), ...given])
    const added = this.#compute(cx, this.#fold.add, columns)
    if (isNever(removes)) return added
    const removed = this.#compute(cx, this.#fold.remove ?? [], columns)
    return added.map((value, i) => choose(cx.k, removes, removed[i], value))
  }

  /** Is a row refused behind which there would be no result? */
  get #mustHaveResult(): boolean {
    return this.#store.needsResults && canFault(this.#fold.result)
  }

  get #keepsTexts(): boolean {
    return this.#fold.state.some(({ type }) => isBytes(type))
  }

  combine(k: KernelBuilder, into: Expr, from: Expr): void {
    const seen = this.#seen
    if (!seen) throw new Error('entries are combined that do not say whether they have rows')
    k.if(this.#isSet(seen, from), () =>
      k.if(
        this.#isSet(seen, into),
        () => this.#merge(k, into, from),
        () => {
          for (const field of Object.keys(this.fields)) copyHeld(k, this.#store, field, into, from)
        },
      ),
    )
  }

  combineFaults(k: KernelBuilder, into: Expr, from: Expr): readonly Fault[] {
    const { merge = [], result } = this.#fold
    if (!merge.some(canFault) && !this.#mustHaveResult) return []
    const merged = this.#merged(k, into, from)
    const faults = [...faultsOf(merged)]
    if (this.#mustHaveResult) {
      const state = merged.map(value => ({ ...value, faults: [] }))
      faults.push(...faultsOf(this.#compute(this.#scope(k), [result], this.#named(state))))
    }
    const seen = this.#seen
    return seen ? guarded(faults, and(this.#isSet(seen, into), this.#isSet(seen, from))) : faults
  }

  /** What two entries that have rows come to together. */
  #merged(k: KernelBuilder, into: Expr, from: Expr): State {
    const { state, merge = [] } = this.#fold
    const sides = { a: this.#keptState(k, into), b: this.#keptState(k, from) }
    const columns = new Map(
      (['a', 'b'] as const).flatMap(side =>
        state.map(({ name }, i): [string, Value] => [sideName(side, name), sides[side][i]]),
      ),
    )
    return this.#compute(this.#scope(k), merge, columns)
  }

  #merge(k: KernelBuilder, into: Expr, from: Expr): void {
    const merged = this.#merged(k, into, from)
    // Texts are known already: merge makes none.
    const texts = merged.map(value => this.#textOf(k, value, bool(true)))
    if (this.#broken) this.#break(k, this.#broken, [into, from], faultsOf(merged))
    merged.forEach((value, i) => {
      this.#write(k, into, i, value, texts[i].at(0)?.id)
    })
  }

  #break(k: KernelBuilder, broken: string, entries: readonly [Expr, Expr], faults: readonly Fault[]): void {
    const [into, from] = entries.map(entry => this.#store.load(broken, entry))
    const first = select(ne(into, i32(0)), into, select(ne(from, i32(0)), from, faultBits(faults)))
    this.#put(k, broken, entries[0], first)
  }

  /** Calls whose results differ may share a state. */
  read(k: KernelBuilder, entry: Expr, call: Aggregate): Value {
    const { result } = foldOf(call)
    const [value] = this.#compute(this.#scope(k), [result], this.#named(this.#state(k, entry)))
    const own = this.#store.needsResults ? [] : value.faults
    return { ...value, faults: [...this.#faultsOfMerge(entry), ...own] }
  }

  #faultsOfMerge(entry: Expr): readonly Fault[] {
    const broken = this.#broken
    if (!broken) return []
    const when = (bit: number): Expr => eq(this.#store.load(broken, entry), i32(bit))
    return rowErrors.map(({ bit, code }): { code: RowErrorCode; when: Expr } => ({ code, when: when(bit) }))
  }

  /** Faults are those of rows and results in lenient plans, too. */
  #compute(cx: ExprScope, exprs: readonly PlanExpr[], columns: RowColumns): State {
    const { k, scratch } = cx
    const strict = { k, scratch, plan: { ...cx.plan, lenient: false } }
    return exprs.map(expr => lowerExpr(strict, columns, expr))
  }

  #scope(k: KernelBuilder): ExprScope {
    return { k, plan: this.#store.plan, scratch: noScratch }
  }

  #named(state: State): ReadonlyMap<string, Value> {
    return new Map(this.#fold.state.map(({ name }, i) => [stateName(name), state[i]]))
  }

  /** The state before the first row. */
  #start(k: KernelBuilder): State {
    return this.#compute(
      this.#scope(k),
      this.#fold.state.map(({ init }) => init),
      new Map(),
    )
  }

  #state(k: KernelBuilder, entry: Expr): State {
    const kept = this.#keptState(k, entry)
    const seen = this.#seen
    if (!seen || !this.#keepsTexts) return kept
    const start = this.#start(k)
    return kept.map((value, i) =>
      value.kind === 'bytes' ? choose(k, this.#isSet(seen, entry), value, start[i]) : value,
    )
  }

  /** The state of an entry that has taken rows. */
  #keptState(k: KernelBuilder, entry: Expr): State {
    return this.#fold.state.map(({ name, type, nullable }, i) => {
      const value = readHeld(this.#store, this.#kept[i], type, entry)
      const flag = this.#nulls[i]
      const isNull = flag
        ? this.#isSet(flag, entry)
        : nullable
          ? eq(this.#store.load(this.#kept[i], entry), i32(NULL_TEXT))
          : FALSE
      return bind(k, name, { ...value, isNull })
    })
  }

  #texts(cx: RowWork, state: State, counts: Expr): readonly (readonly Wanted[])[] {
    return state.map(value => wantText(cx, this.#store, value, andNot(counts, value.isNull)))
  }

  #textOf(k: KernelBuilder, value: Value, needed: Expr): readonly Wanted[] {
    if (value.kind !== 'bytes' || !this.#store.texts) return []
    return [this.#store.texts.find(k, value, andNot(needed, value.isNull))]
  }

  /** Keeps a field of the state; `text` is the id of its interned copy. */
  #write(k: KernelBuilder, entry: Expr, i: number, value: Value, text?: Expr): void {
    const flag = this.#nulls[i]
    if (flag) this.#put(k, flag, entry, toInt(value.isNull))
    if (value.kind === 'scalar') this.#put(k, this.#kept[i], entry, stored(value.value))
    else if (text)
      this.#put(k, this.#kept[i], entry, isNever(value.isNull) ? text : keyOfText(text, value.isNull))
  }

  #isSet(flag: string, entry: Expr): Expr {
    return ne(this.#store.load(flag, entry), i32(0))
  }

  #put(k: KernelBuilder, field: string, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, field, entry, value)
  }
}

/** Where states are merged and read, texts are chosen and not made. */
const noScratch: ExprScope['scratch'] = {
  allocate() {
    throw new Error('a text is made where there is no room for it')
  },
  trim() {},
}
