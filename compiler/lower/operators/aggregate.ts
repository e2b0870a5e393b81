/**
 * aggregate: groups in a hash table, each in the list of its window. Without a window all groups belong to one,
 * which ends when the input does. A row reads everything first; when it may still be refused nothing has changed. A
 * row whose group is not there leaves the loop over rows: the group is made behind it, and the row taken again.
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
  le,
  load,
  lt,
  not,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { Aggregate } from '../../../ir/logical/aggregate.ts'
import { aggregateRule } from '../../../ir/logical/aggregate.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { GroupStore, type Prepared, when } from '../accumulators/accumulator.ts'
import { type Accumulation, accumulate } from '../accumulators/index.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import {
  type Bounds,
  type Closed,
  type GroupWindows,
  NEVER,
  type Pane,
  type TimeField,
} from '../lib/group-windows.ts'
import { hashOfWindow, hashWords } from '../lib/hash.ts'
import { Interner } from '../lib/interner.ts'
import { type Found, HashTable } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { Blocks, EmitEach, Miss, StatefulStage } from '../stage.ts'
import { FALSE, faultsOf, scalar, scalarOf, type Value } from '../value.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import { type NewGroup, PendingGroup } from './pending-group.ts'
import { combinesPanes, fieldsOf, windowsOf } from './windows.ts'

/** Ids of the growable states of a pipeline, without gaps: where there are no texts, windows take their place. */
const GROUPS = 0
const TEXTS = 1

/** The bounds of the one window of an aggregation without windows. */
const ALWAYS: Bounds = { start: i64(0n), from: i64(0n), end: i64(NEVER) }
/** In place of the start of a pane: the group is that of a whole window, which is about to leave. */
const MERGED = i64(NEVER)
const NO_KEY: KeyValue = { fields: new Map(), texts: [] }
const ONLY_ENTRY = i32(0)
const ONLY_GROUP: NewGroup = { bounds: ALWAYS, hash: i32(0), key: NO_KEY }

const countRows = aggregateCall('count')

/** What the aggregates are computed from, by their number. */
type Args = readonly (readonly Value[])[]

export class AggregateStage implements StatefulStage {
  readonly #node: Aggregate
  readonly #watermark: TimeField
  readonly #texts: Interner | undefined
  readonly #isUngrouped: boolean
  readonly #key: GroupKey
  readonly #accumulation: Accumulation
  readonly #groups: HashTable
  readonly #windows: GroupWindows
  readonly #pending: PendingGroup

  constructor(node: Aggregate, watermark: TimeField) {
    this.#node = node
    this.#watermark = watermark
    const columns = node.keys.map(name => findColumn(node.input.relation.schema, name) ?? missing(name))
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `${columns.length} group keys; ${KEYS_MAX} is the most`)
    const calls = node.aggregates.map(({ call }) => call)
    this.#texts = [...columns, ...calls].some(({ type }) => isBytes(type)) ? new Interner(TEXTS) : undefined
    this.#key = new GroupKey(columns, this.#texts)
    this.#isUngrouped = !node.window && columns.length === 0
    const isUngrouped = this.#isUngrouped
    const store = new GroupStore(this.#texts, { isUngrouped, combines: combinesPanes(node.window?.spec) })
    // Whether the one group has any rows: with none it gives no result.
    this.#accumulation = accumulate(store, this.#isUngrouped ? [...calls, countRows] : calls)
    const held = Object.assign({}, ...this.#accumulation.accumulators.map(fed => fed.accumulator.fields))
    const fields = { start: 'i64', ...fieldsOf(node.window?.spec), ...this.#key.fields, ...held }
    this.#groups = new HashTable({ id: GROUPS, name: 'groups', fields })
    store.place(this.#groups.entries)
    this.#texts?.addUser(this.#groups)
    this.#windows = windowsOf(this.#texts ? TEXTS + 1 : TEXTS, this.#groups, node.window?.spec)
    this.#pending = new PendingGroup(this.#key.fields, columns.filter(({ type }) => isBytes(type)).length)
  }

  get deadline(): TimeField {
    return this.#windows.deadline
  }

  get waiting(): Expr {
    return this.#windows.waiting
  }

  get regions(): StatefulStage['regions'] {
    const heads = [
      this.#pending.mem,
      this.#groups.head,
      ...this.#windows.heads,
      ...(this.#texts?.fixed ?? []),
    ]
    const held = this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.regions ?? [])
    return [...heads.map(mem => ({ mem, rows: 1 })), ...held]
  }

  get growables(): StatefulStage['growables'] {
    const [groups, windows, texts] = [this.#groups, this.#windows, this.#texts]
    const held = this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.parts ?? [])
    const parts = [...groups.growable.parts, ...(windows.groupParts ?? []), ...held]
    return [
      { growable: { ...groups.growable, parts }, grow: k => groups.grow(k) },
      ...windows.growables.map(({ growable, table }) => ({
        growable,
        grow: (k: KernelBuilder) => table.grow(k),
      })),
      ...(texts ? [{ growable: texts.growable, grow: (k: KernelBuilder) => texts.grow(k) }] : []),
    ]
  }

  init(k: KernelBuilder): void {
    this.#groups.init(k)
    this.#windows.init(k)
  }

  /** Can rows be dropped by a mask on their way here? */
  get masked(): boolean {
    const { accumulators } = this.#accumulation
    return this.#isUngrouped && accumulators.every(({ accumulator }) => accumulator.masked === true)
  }

  get misses(): boolean {
    return !this.#isUngrouped
  }

  get blocks(): Blocks | undefined {
    const blocks = this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.blocks ?? [])
    if (blocks.length === 0 || !this.masked) return undefined
    return {
      open: k => {
        for (const one of blocks) one.open(k)
      },
      close: k => {
        for (const one of blocks) one.close(k)
      },
    }
  }

  /** All rows belong to one group, whose id is the first there is: it is there before they come. */
  open(k: KernelBuilder, leave: Leave): void {
    if (this.#isUngrouped) {
      k.if(le(load(this.#groups.head, 'live'), i32(0)), () => {
        this.#reserveGroup(k, leave)
        this.#make(k, ONLY_GROUP, i64(0n))
      })
    }
    for (const { accumulator } of this.#accumulation.accumulators) accumulator.open?.(k)
  }

  close(k: KernelBuilder): void {
    for (const { accumulator } of this.#accumulation.accumulators) accumulator.close?.(k)
  }

  push(cx: RowScope, row: Row, miss: Miss): void {
    const { k } = cx
    const operator = aggregateRule.print(this.#node)
    k.note(operator)
    if (this.#node.window) k.if(le(paneOf(row).lastEnd, this.#wm), () => this.#late(cx, row))
    const args = this.#node.aggregates.map(({ call }) =>
      call.args.map(arg => lowerExpr(cx, row.columns, arg)),
    )
    cx.reject(faultsOf(args.flat()), row.mask, operator)
    const entry = this.#isUngrouped ? ONLY_ENTRY : this.#group(cx, row, args, miss)
    const time = this.#timeOf(cx, row.columns)
    const prepared = this.#accumulation.accumulators.map(({ accumulator, feeder }) =>
      accumulator.prepare({ cx, args: args[feeder] ?? [], mask: row.mask, time, entry }),
    )
    const faults = prepared.flatMap(one => one.faults)
    cx.reject(faults, row.mask, operator)
    this.#apply(cx, prepared)
    if (row.pane) this.#windows.take?.(k, row.pane, entry)
  }

  /** No window of its own waits for a row: it is late, unless it joins one that is open. */
  #late(cx: RowScope, row: Row): void {
    const { k } = cx
    const holds = this.#windows.holds?.bind(this.#windows)
    if (!holds) {
      cx.late()
      return
    }
    const key = this.#key.read(cx, row.columns)
    const find = (start: Expr): Expr => {
      const hash = hashWords(k, this.#key.words(key), hashOfWindow(k, start))
      return this.#find(k, hash, key, start).entry
    }
    k.if(not(holds(k, paneOf(row), find)), () => cx.late())
  }

  get #wm(): Expr {
    return load(this.#watermark.mem, this.#watermark.field)
  }

  /** Event time where the stream has one, else the number of the row. */
  #timeOf(cx: RowScope, columns: RowColumns): Expr {
    const column = this.#node.input.relation.time?.columns[0]
    const value = column === undefined ? undefined : columns.get(column)
    return value ? scalarOf(value).value : cx.arrival
  }

  /** The entry of the group of a row; a row that has none `miss`es it. */
  #group(cx: RowScope, row: Row, args: Args, miss: Miss): Expr {
    const { k } = cx
    const key = this.#key.read(cx, row.columns)
    const pane = this.#node.window && paneOf(row)
    const hash = hashWords(k, this.#key.words(key), pane?.hash)
    this.#prefetch(cx, row)
    const { entry } = this.#find(k, hash, key, pane?.start)
    k.if(lt(entry, i32(0)), () => {
      this.#reserve(cx, key, args)
      const bounds = pane ? this.#windows.bounds(k, pane, this.#wm) : ALWAYS
      this.#pending.write(k, { bounds, hash, key })
      miss(() => this.#make(k, this.#pending.read(k, key), cx.arrival))
    })
    return entry
  }

  #find(k: KernelBuilder, hash: Expr, key: KeyValue, start: Expr | undefined): Found {
    const { entries } = this.#groups
    return this.#groups.find(k, hash, candidate =>
      start
        ? and(eq(load(entries, 'start', candidate), start), this.#key.equals(entries, candidate, key))
        : this.#key.matches(entries, candidate, key),
    )
  }

  /** Asks for the memory of groups to come, guessing that the window is still the same. */
  #prefetch(cx: RowScope, row: Row): void {
    const { k, ahead } = cx
    if (!ahead) return
    const hashAhead = (rows: number): Expr | undefined => {
      const words = this.#key.guess(row.columns, ahead(rows))
      return words && hashWords(k, words, row.pane?.hash)
    }
    this.#groups.prefetch(k, hashAhead)
  }

  /** Room for a group, its window, and all texts that it is to keep: behind the loop nothing can stop its row. */
  #reserve(cx: RowScope, key: KeyValue, args: Args): void {
    const { k, leave } = cx
    this.#reserveGroup(k, leave)
    const kept = this.#accumulation.accumulators.flatMap(
      ({ accumulator, feeder }) => accumulator.wants?.(cx, args[feeder] ?? []) ?? [],
    )
    const texts = [...key.texts, ...kept]
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
  }

  #reserveGroup(k: KernelBuilder, leave: Leave): void {
    this.#groups.reserve(k, leave)
    this.#windows.reserve(k, leave)
  }

  #apply({ k, leave, lane }: RowScope, prepared: readonly Prepared[]): void {
    const texts = prepared.flatMap(one => one.texts)
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
    // Rows of a block never leave: they have no phases.
    if (lane === undefined) k.phase('apply')
    for (const text of texts) this.#texts?.intern(k, text)
    for (const one of prepared) one.apply()
  }

  /** Makes the group that a row missed. */
  #make(k: KernelBuilder, { bounds, hash: known, key: wanted }: NewGroup, arrival: Expr): void {
    for (const text of wanted.texts) this.#texts?.intern(k, text)
    const key = this.#key.withTexts(wanted)
    const hash =
      key.texts.length === 0
        ? known
        : hashWords(k, this.#key.words(key), this.#node.window && hashOfWindow(k, bounds.start))
    this.#windows.append(k, bounds, this.#insert(k, hash, key, bounds.start), arrival)
  }

  #insert(k: KernelBuilder, hash: Expr, key: KeyValue, start: Expr): Local {
    const { entries } = this.#groups
    const group = this.#groups.insert(k, hash)
    k.store(entries, 'start', group, start)
    for (const [field, value] of key.fields) k.store(entries, field, group, value)
    for (const { accumulator } of this.#accumulation.accumulators) accumulator.init(k, group)
    return group
  }

  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const groups = this.#groups
    const operator = aggregateRule.print(this.#node)
    this.#windows.advance(k, leave, this.#watermark, {
      each: (window, group) =>
        when(k, this.#hasRows(k, group), () => each(this.#result(k, window, group), operator)),
      drop: group => groups.remove(k, group),
      merge: (group, append) => this.#merge(k, leave, group, append),
      combine: (into, from) => this.#combine(k, into, from),
      combineRows: this.#combineRows,
      find: (group, start) => this.#search(k, group, start).entry,
    })
  }

  /** Takes the group of a pane into that of the window; the ids of its texts are known already. */
  #merge(k: KernelBuilder, leave: Leave, group: Expr, append: (merged: Expr) => void): void {
    const { entry, hash, key } = this.#search(k, group, MERGED)
    k.if(lt(entry, i32(0)), () => this.#groups.reserve(k, leave))
    k.phase('apply')
    k.if(lt(entry, i32(0)), () => {
      k.set(entry, this.#insert(k, hash, key, MERGED))
      append(entry)
    })
    this.#combine(k, entry, group)
  }

  /** Looks for the group that has the key of another one. */
  #search(k: KernelBuilder, group: Expr, start: Expr): Found & { readonly key: KeyValue } {
    const key = this.#key.of(this.#groups.entries, group)
    const hash = hashWords(k, this.#key.words(key), hashOfWindow(k, start))
    return { ...this.#find(k, hash, key, start), key }
  }

  get #combineRows(): number {
    const rows = this.#accumulation.accumulators.map(({ accumulator }) => accumulator.combineRows ?? 0)
    return Math.max(1, ...rows)
  }

  #combine(k: KernelBuilder, into: Expr, from: Expr): void {
    for (const { accumulator } of this.#accumulation.accumulators) accumulator.combine(k, into, from)
  }

  #hasRows(k: KernelBuilder, group: Expr): Expr {
    if (!this.#isUngrouped) return bool(true)
    return gt(scalarOf(this.#accumulation.finish(k, this.#node.aggregates.length, group)).value, i64(0n))
  }

  /** The columns of a group: window, keys, aggregates. */
  #result(k: KernelBuilder, { start, end }: Closed, group: Expr): RowColumns {
    const { window, aggregates } = this.#node
    const columns = new Map<string, Value>(this.#key.values(this.#groups.entries, group))
    if (window) {
      columns.set(window.start, scalar(window.type, start, FALSE))
      columns.set(window.end, scalar(window.type, end, FALSE))
    }
    for (const [n, { name }] of aggregates.entries())
      columns.set(name, this.#accumulation.finish(k, n, group))
    return columns
  }
}

function paneOf({ pane }: Row): Pane {
  if (!pane) throw new Error('a row without its window')
  return pane
}

const missing = (name: string): never => {
  throw new Error(`column ${name} is not part of the row`)
}
