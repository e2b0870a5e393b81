/**
 * The groups of an aggregation: a hash table of what accumulators keep of each, every group in the list of its window or
 * pane; and how they leave.
 */
import { MillraceError } from '../../../ir/errors.ts'
import { aggregate as aggregateCall } from '../../../ir/expr/aggregates.ts'
import {
  and,
  bool,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  ne,
  not,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type Aggregate, aggregateRule } from '../../../ir/logical/aggregate.ts'
import { changes, isEager, isRefined, saysChanges, takesBack } from '../../../ir/logical/emit.ts'
import { WINDOW_NUMBER } from '../../../ir/logical/row-window.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { GroupStore, StateIds, when } from '../accumulators/accumulator.ts'
import { GroupAccumulators } from '../accumulators/group-accumulators.ts'
import { type Accumulation, accumulate, fieldsOf as heldBy, keepsTexts } from '../accumulators/index.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import {
  type Closed,
  type Firing,
  type GroupWindows,
  HOME,
  NO_BOUNDS,
  NOWHERE,
  type TimeField,
} from '../lib/group-windows.ts'
import { hashOfWindow, hashWords } from '../lib/hash.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import type { RowCounter } from '../lib/row-counter.ts'
import { type Combining, Sessions } from '../lib/sessions.ts'
import { type Found, HashTable } from '../lib/table.ts'
import type { Output, PlanScope, RowScope } from '../scope.ts'
import type { EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, scalar, scalarOf, type Value } from '../value.ts'
import { asChange } from './change-rows.ts'
import { GivenResults } from './given-results.ts'
import { factsOf } from './group-facts.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import type { NewGroup } from './pending-group.ts'
import { counterOf, fieldsOf, windowsOf } from './windows.ts'

/** The growable states of a pipeline have ids without gaps: the first is that of its groups. */
const GROUPS = 0
export const TEXTS = 1

/** In place of the start of a pane: no row looks for the group, which is that of a window about to leave, or a spare one. */
const MERGED = NOWHERE

const countRows = aggregateCall('count')

export class Groups {
  readonly key: GroupKey
  readonly texts: Interner | undefined
  readonly accumulation: Accumulation
  readonly held: GroupAccumulators
  readonly table: HashTable
  readonly windows: GroupWindows
  /** The same where they are sessions. */
  readonly sessions: Sessions | undefined
  /** What groups have handed out, where it may have to be taken back. */
  readonly #given: GivenResults | undefined
  /** Set where results leave with the rows that make so many. */
  readonly counter: RowCounter | undefined
  /** All rows are one group, whose results leave at the end. */
  readonly isUngrouped: boolean
  /** Are rows taken back? */
  readonly retracts: boolean
  readonly #node: Aggregate
  readonly #countsRows: boolean

  /** `texts`: those of the source of the pipeline, which are kept in one place with its own. */
  constructor(node: Aggregate, watermark: TimeField, plan: PlanScope, texts?: Interner) {
    this.#node = node
    const columns = node.keys.map(name => findColumn(node.input.relation.schema, name) ?? missing(name))
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `${columns.length} group keys; ${KEYS_MAX} is the most`)
    const calls = node.aggregates.map(({ call }) => call)
    const ids = new StateIds(GROUPS + 1)
    const hasTexts = columns.some(({ type }) => isBytes(type)) || calls.some(keepsTexts)
    this.texts = textsOf(texts, hasTexts, () => ids.next())
    this.key = new GroupKey(columns, this.texts)
    const facts = factsOf(node, plan)
    this.retracts = facts.retracts
    this.isUngrouped = facts.isUngrouped
    const store = new GroupStore(this.texts, facts, ids)
    // Whether a group has any rows: with none it gives no result.
    this.#countsRows = this.isUngrouped || this.retracts
    this.accumulation = accumulate(store, this.#countsRows ? [...calls, countRows] : calls)
    this.held = new GroupAccumulators(this.accumulation)
    const isSession = node.window?.spec.kind === 'session'
    this.#given = takesBack(node.emit) ? new GivenResults(store, calls, isSession) : undefined
    this.table = this.#makeTable()
    store.place(this.table.entries)
    this.texts?.addUser(this.table)
    this.windows = windowsOf(ids.next(), this.table, node, watermark, this.canEmpty)
    this.sessions = this.windows instanceof Sessions ? this.windows : undefined
    this.counter = counterOf(this.table, node.rows)
  }

  #makeTable(): HashTable {
    const ofWindow = { start: 'i64' as const, ...fieldsOf(this.#node, this.canEmpty) }
    const ofChanges = this.marksEmitted ? { emitted: 'u8' as const } : this.#given?.fields
    const fields = { ...ofWindow, ...ofChanges, ...this.key.fields, ...heldBy(this.accumulation) }
    return new HashTable({ id: GROUPS, name: 'groups', fields })
  }

  /** Can a group be gone before its window closes? */
  get canEmpty(): boolean {
    return this.retracts || this.#node.deletes !== undefined
  }

  /** Does a group say whether it was told of? Where its rows are counted they say it. */
  get marksEmitted(): boolean {
    return isEager(this.#node.emit) && this.#node.emit.strategy !== 'update' && !this.retracts
  }

  get regions(): StatefulStage['regions'] {
    const heads = [this.table.head, ...this.windows.heads, ...(this.texts?.fixed ?? [])]
    const held = this.accumulation.accumulators.flatMap(({ accumulator }) => accumulator.regions ?? [])
    return [...heads.map(mem => ({ mem, rows: 1 })), ...held]
  }

  get growables(): StatefulStage['growables'] {
    const { table, windows, texts } = this
    const held = this.accumulation.accumulators.flatMap(({ accumulator }) => accumulator.parts ?? [])
    const parts = [...table.growable.parts, ...(windows.groupParts ?? []), ...held]
    return [
      { growable: { ...table.growable, parts }, grow: k => table.grow(k) },
      ...windows.growables.map(one => ({
        growable: one.growable,
        grow: (k: KernelBuilder) => one.table.grow(k),
      })),
      ...growingTexts(texts),
      ...this.held.states,
    ]
  }

  init(k: KernelBuilder): void {
    this.table.init(k)
    this.windows.init(k)
    for (const state of this.held.states) state.init?.(k)
  }

  /** The group of a key, in a pane where there are any. */
  find(k: KernelBuilder, hash: Expr, key: KeyValue, pane: Expr | undefined): Found {
    const { entries } = this.table
    const start = pane ?? (this.windows.taker && HOME)
    return this.table.find(k, hash, candidate =>
      start
        ? and(eq(load(entries, 'start', candidate), start), this.key.equals(entries, candidate, key))
        : this.key.matches(entries, candidate, key),
    )
  }

  /** The entry that a row of a group is taken into. */
  taker(k: KernelBuilder, group: Expr, leave: Leave): Expr {
    return this.windows.taker?.(k, group, leave) ?? group
  }

  /** A row was taken into a group, where the number of its rows says when results leave. */
  count(k: KernelBuilder, group: Expr, firing: Firing): void {
    if (this.counter) this.counter.count(k, group, firing)
    else this.windows.count?.(k, group, firing)
  }

  /** Room for one more, and for its window. */
  reserve(k: KernelBuilder, leave: Leave): void {
    this.table.reserve(k, leave)
    this.windows.reserve(k, leave)
  }

  make(k: KernelBuilder, { bounds, hash: known, key: wanted }: NewGroup, arrival: Expr): void {
    for (const text of wanted.texts) this.texts?.intern(k, text)
    const key = this.key.withTexts(wanted)
    const seed = this.#node.window && !this.sessions ? hashOfWindow(k, bounds.start) : undefined
    const hash = key.texts.length === 0 ? known : hashWords(k, this.key.words(key), seed)
    const place = this.sessions?.place(k, hash, bounds) ?? { hash, start: bounds.start }
    this.windows.append(k, bounds, this.#insert(k, place.hash, key, place.start), arrival)
  }

  /** Joins the two sessions that a row comes between; its key is known by its hash. */
  join({ k, endCall }: Pick<RowScope, 'k' | 'endCall'>, { hash, bounds }: NewGroup): void {
    const { combinesAtOnce } = this.held
    this.sessions?.join(k, hash, bounds.from)
    if (combinesAtOnce) this.sessions?.takeInAtOnce(k, this.#combining(k))
    // What is due by that comes before the row.
    if (!combinesAtOnce || isRefined(this.#node.emit)) endCall()
  }

  /** What is left of a session that has joined another one is taken in before anything else happens. */
  takeInJoined(k: KernelBuilder, leave: Leave): void {
    if (this.held.combinesAtOnce) return
    const reserveCombine = (into: Expr, from: Expr): void => this.held.reserveCombine(k, leave, into, from)
    this.sessions?.takeIn(k, leave, { ...this.#combining(k), reserveCombine })
  }

  #combining(k: KernelBuilder): Pick<Combining, 'combine' | 'drop'> {
    return { combine: (into, from) => this.held.combine(k, into, from), drop: group => this.#drop(k, group) }
  }

  #insert(k: KernelBuilder, hash: Expr, key: KeyValue, start: Expr): Local {
    const { entries } = this.table
    const group = this.table.insert(k, hash)
    k.store(entries, 'start', group, start)
    if (this.marksEmitted) k.store(entries, 'emitted', group, i32(0))
    this.counter?.begin(k, group)
    for (const [field, value] of key.fields) k.store(entries, field, group, value)
    this.held.init(k, group)
    this.#given?.init(k, group)
    this.windows.initGroup?.(k, group)
    return group
  }

  /** Makes an entry empty, for the key of a group. */
  clear(k: KernelBuilder, entry: Expr, group: Expr): void {
    const { entries } = this.table
    const { fields } = this.key.of(entries, group)
    if (entry !== group) for (const [field, value] of fields) k.store(entries, field, entry, value)
    this.held.forget(k, entry)
    this.held.init(k, entry)
  }

  /** Emits the groups of windows that the watermark has passed; or forgets them, where all of it has been said. */
  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, each: EmitEach): void {
    this.windows.advance(k, leave, watermark, {
      each: (window, group) => {
        if (isEager(this.#node.emit)) return
        when(k, this.#isOpen(k, group), () => this.#give(k, window, group, each))
      },
      rows: group => this.held.rows(group),
      given: group => this.#given?.keep(k, group, this.accumulation, this.sessions?.boundsOf(group)),
      takeBack: group => this.#takeBack(k, group, each),
      ...this.#combining(k),
      merge: (group, append) => this.#merge(k, leave, group, append),
      reserveCombine: (into, from) => this.held.reserveCombine(k, leave, into, from),
      combineRows: group => this.held.rows(group, this.held.combineRows),
      spare: group => this.#spare(k, group),
      clear: (entry, group) => this.clear(k, entry, group),
    })
  }

  /** Hands out what a group comes to; right behind what it came to before, where that is taken back. */
  #give(k: KernelBuilder, window: Closed, group: Expr, each: EmitEach): void {
    const operator = aggregateRule.print(this.#node)
    const now = (output: Output): RowColumns => this.#leave(k, window, group, output)
    const given = this.#given
    if (!given) {
      const isChange = saysChanges(this.#node.emit)
      each(output => (isChange ? asChange(now(output), changes.insert) : now(output)), operator)
      return
    }
    const before = this.#before(k, window, group, given)
    k.if(
      given.has(group),
      () => {
        each(output => asChange(before(output), changes.updateBefore), operator)
        each(output => asChange(now(output), changes.updateAfter), operator, true)
      },
      () => each(output => asChange(now(output), changes.insert), operator),
    )
  }

  /** What it came to before. */
  #before(k: KernelBuilder, now: Closed, group: Expr, given: GivenResults): (output: Output) => RowColumns {
    return output => this.result(k, given.bounds(now, group), group, output, given.accumulation)
  }

  /** Takes back what a group has handed out, which comes to nothing any more. */
  #takeBack(k: KernelBuilder, group: Expr, each: EmitEach): void {
    const given = this.#given
    if (!given) return
    const before = this.#before(k, NO_BOUNDS, group, given)
    each(output => asChange(before(output), changes.delete), aggregateRule.print(this.#node))
  }

  /** Its hash is that of no key, but spreads such entries over the table. */
  #spare(k: KernelBuilder, group: Expr): Local {
    const hash = hashWords(k, [load(this.table.head, 'high')])
    return this.#insert(k, hash, this.key.of(this.table.entries, group), MERGED)
  }

  /** Takes the group of a pane into that of the window; the ids of its texts are known already. */
  #merge(k: KernelBuilder, leave: Leave, group: Expr, append: (merged: Expr) => void): Expr {
    const { entry, hash, key } = this.#search(k, group, MERGED)
    k.if(lt(entry, i32(0)), () => this.table.reserve(k, leave))
    this.held.reserveCombine(k, leave, entry, group)
    k.phase('apply')
    k.if(lt(entry, i32(0)), () => {
      k.set(entry, this.#insert(k, hash, key, MERGED))
      append(entry)
    })
    return this.held.combine(k, entry, group)
  }

  #drop(k: KernelBuilder, group: Expr): void {
    this.held.forget(k, group)
    this.table.remove(k, group)
  }

  /** Looks for the group that has the key of another one. */
  #search(k: KernelBuilder, group: Expr, start: Expr): Found & { readonly key: KeyValue } {
    const key = this.key.of(this.table.entries, group)
    const hash = hashWords(k, this.key.words(key), hashOfWindow(k, start))
    return { ...this.find(k, hash, key, start), key }
  }

  /** Does a group come to anything that was told of, or would be? */
  isThere(k: KernelBuilder, group: Expr): Expr {
    return this.marksEmitted
      ? ne(load(this.table.entries, 'emitted', group), i32(0))
      : this.#hasRows(k, group)
  }

  /** Is nothing left of a group, behind a row that `removes` some or all of it? */
  isGone(k: KernelBuilder, group: Expr, removes: Expr): Expr {
    if (!this.canEmpty) return FALSE
    return this.#node.deletes === undefined ? and(removes, not(this.isThere(k, group))) : removes
  }

  /** Forgets a group whose window is still open. */
  remove(k: KernelBuilder, group: Expr): void {
    this.windows.detach?.(k, load(this.table.entries, 'start', group), group)
    this.#drop(k, group)
  }

  /** Is there anything to say of a group that has not been said? */
  #isOpen(k: KernelBuilder, group: Expr): Expr {
    return this.counter ? this.counter.isOpen(group) : this.#hasRows(k, group)
  }

  #hasRows(k: KernelBuilder, group: Expr): Expr {
    if (!this.#countsRows) return bool(true)
    return gt(scalarOf(this.accumulation.finish(k, this.#node.aggregates.length, group)).value, i64(0n))
  }

  /** Room for the result of a group, and its columns. */
  #leave(k: KernelBuilder, window: Closed, group: Expr, output: Output): RowColumns {
    const bytes = this.accumulation.bytes(k, group)
    if (bytes) output.scratch.reserve(bytes)
    return this.result(k, window, group, output)
  }

  /** The columns of a group: window, keys, aggregates, by what some accumulators hold. There is room for what is written. */
  result(
    k: KernelBuilder,
    { start, end }: Closed,
    group: Expr,
    output: Output,
    held = this.accumulation,
  ): RowColumns {
    const { window, aggregates, rows } = this.#node
    const columns = new Map<string, Value>(this.key.values(this.table.entries, group))
    if (window) {
      columns.set(window.start, scalar(window.type, start, FALSE))
      columns.set(window.end, scalar(window.type, end, FALSE))
    }
    if (rows?.sizeRows !== undefined)
      columns.set(WINDOW_NUMBER, scalar('int64', load(this.table.entries, 'number', group), FALSE))
    for (const [n, { name }] of aggregates.entries()) columns.set(name, held.finish(k, n, group, output))
    return columns
  }
}

const missing = (name: string): never => {
  throw new Error(`column ${name} is not part of the row`)
}
