/**
 * The groups of an aggregation: a hash table of what accumulators keep of each, every group in the list of its window or
 * pane; and how they leave.
 */
import { MillraceError } from '../../../ir/errors.ts'
import { aggregate as aggregateCall } from '../../../ir/expr/aggregates.ts'
import { add, and, bool, eq, gt, i32, i64, type KernelBuilder, load, lt } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import { type Aggregate, aggregateRule } from '../../../ir/logical/aggregate.ts'
import { isEager } from '../../../ir/logical/emit.ts'
import { findColumn } from '../../../ir/schema.ts'
import { type DataType, elementOf, isBytes, isList } from '../../../ir/types.ts'
import { type Accumulator, GroupStore, StateIds, when } from '../accumulators/accumulator.ts'
import { type Accumulation, accumulate } from '../accumulators/index.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { type Closed, type GroupWindows, NEVER, type TimeField } from '../lib/group-windows.ts'
import { hashOfWindow, hashWords } from '../lib/hash.ts'
import { Interner } from '../lib/interner.ts'
import { type Found, HashTable } from '../lib/table.ts'
import type { Output } from '../scope.ts'
import type { EmitEach, StatefulStage } from '../stage.ts'
import { FALSE, scalar, scalarOf, type Value } from '../value.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import type { NewGroup } from './pending-group.ts'
import { combinesPanes, fieldsOf, windowsOf } from './windows.ts'

/** Ids of the growable states of a pipeline: what accumulators have follows, then windows. */
const GROUPS = 0
const TEXTS = 1

/** In place of the start of a pane: the group is that of a whole window, which is about to leave. */
const MERGED = i64(NEVER)

const countRows = aggregateCall('count')

export class Groups {
  readonly key: GroupKey
  readonly texts: Interner | undefined
  readonly accumulation: Accumulation
  readonly table: HashTable
  readonly windows: GroupWindows
  /** All rows are one group, whose results leave at the end. */
  readonly isUngrouped: boolean
  readonly #node: Aggregate

  constructor(node: Aggregate) {
    this.#node = node
    const columns = node.keys.map(name => findColumn(node.input.relation.schema, name) ?? missing(name))
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `${columns.length} group keys; ${KEYS_MAX} is the most`)
    const calls = node.aggregates.map(({ call }) => call)
    const spec = node.window?.spec
    this.texts = [...columns, ...calls].some(({ type }) => keepsTexts(type)) ? new Interner(TEXTS) : undefined
    const ids = new StateIds(this.texts ? TEXTS + 1 : TEXTS)
    this.key = new GroupKey(columns, this.texts)
    this.isUngrouped = !spec && columns.length === 0 && !isEager(node.emit)
    const facts = { isUngrouped: this.isUngrouped, combines: combinesPanes(spec) }
    const store = new GroupStore(this.texts, facts, ids)
    // Whether the one group has any rows: with none it gives no result.
    this.accumulation = accumulate(store, this.isUngrouped ? [...calls, countRows] : calls)
    this.table = this.#makeTable()
    store.place(this.table.entries)
    this.texts?.addUser(this.table)
    this.windows = windowsOf(ids.next(), this.table, spec, node.emit.latenessTicks)
  }

  #makeTable(): HashTable {
    const { window, emit } = this.#node
    const held = Object.assign({}, ...this.accumulation.accumulators.map(fed => fed.accumulator.fields))
    const ofWindow = { start: 'i64' as const, ...fieldsOf(window?.spec) }
    const ofChanges = emit.strategy === 'changelog' ? { emitted: 'u8' as const } : {}
    const fields = { ...ofWindow, ...ofChanges, ...this.key.fields, ...held }
    return new HashTable({ id: GROUPS, name: 'groups', fields })
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
      ...(texts ? [{ growable: texts.growable, grow: (k: KernelBuilder) => texts.grow(k) }] : []),
      ...this.#accumulators.flatMap(({ state }) => state ?? []),
    ]
  }

  init(k: KernelBuilder): void {
    this.table.init(k)
    this.windows.init(k)
  }

  /** The group of a key, in a pane where there are any. */
  find(k: KernelBuilder, hash: Expr, key: KeyValue, start: Expr | undefined): Found {
    const { entries } = this.table
    return this.table.find(k, hash, candidate =>
      start
        ? and(eq(load(entries, 'start', candidate), start), this.key.equals(entries, candidate, key))
        : this.key.matches(entries, candidate, key),
    )
  }

  /** Room for one more, for its window, and for what its first row brings. */
  reserve(k: KernelBuilder, leave: Leave): void {
    this.table.reserve(k, leave)
    this.windows.reserve(k, leave)
    for (const one of this.#accumulators) one.reserveOne?.(k, leave)
  }

  /** Makes the group that a row missed. */
  make(k: KernelBuilder, { bounds, hash: known, key: wanted }: NewGroup, arrival: Expr): void {
    for (const text of wanted.texts) this.texts?.intern(k, text)
    const key = this.key.withTexts(wanted)
    const hash =
      key.texts.length === 0
        ? known
        : hashWords(k, this.key.words(key), this.#node.window && hashOfWindow(k, bounds.start))
    this.windows.append(k, bounds, this.#insert(k, hash, key, bounds.start), arrival)
  }

  #insert(k: KernelBuilder, hash: Expr, key: KeyValue, start: Expr): Local {
    const { entries } = this.table
    const group = this.table.insert(k, hash)
    k.store(entries, 'start', group, start)
    if (this.#node.emit.strategy === 'changelog') k.store(entries, 'emitted', group, i32(0))
    for (const [field, value] of key.fields) k.store(entries, field, group, value)
    for (const { accumulator } of this.accumulation.accumulators) accumulator.init(k, group)
    return group
  }

  /** Emits the groups of windows that the watermark has passed; or forgets them, where all of it has been said. */
  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, each: EmitEach): void {
    const operator = aggregateRule.print(this.#node)
    this.windows.advance(k, leave, watermark, {
      each: (window, group) => {
        if (isEager(this.#node.emit)) return
        when(k, this.#hasRows(k, group), () =>
          each(output => this.#leave(k, window, group, output), operator),
        )
      },
      rows: group => this.#rowsOf(group),
      drop: group => {
        for (const one of this.#accumulators) one.forget?.(k, group)
        this.table.remove(k, group)
      },
      reserve: from => this.#reserveCombine(k, leave, from),
      merge: (group, append) => this.#merge(k, leave, group, append),
      combine: (into, from) => this.#combine(k, into, from),
      combineRows: group => this.#combineRows(group),
      find: (group, start) => this.#search(k, group, start).entry,
    })
  }

  /** Takes the group of a pane into that of the window; the ids of its texts are known already. */
  #merge(k: KernelBuilder, leave: Leave, group: Expr, append: (merged: Expr) => void): void {
    const { entry, hash, key } = this.#search(k, group, MERGED)
    k.if(lt(entry, i32(0)), () => this.table.reserve(k, leave))
    this.#reserveCombine(k, leave, group)
    k.phase('apply')
    k.if(lt(entry, i32(0)), () => {
      k.set(entry, this.#insert(k, hash, key, MERGED))
      append(entry)
    })
    this.#combine(k, entry, group)
  }

  /** Looks for the group that has the key of another one. */
  #search(k: KernelBuilder, group: Expr, start: Expr): Found & { readonly key: KeyValue } {
    const key = this.key.of(this.table.entries, group)
    const hash = hashWords(k, this.key.words(key), hashOfWindow(k, start))
    return { ...this.find(k, hash, key, start), key }
  }

  get #accumulators(): readonly Accumulator[] {
    return this.accumulation.accumulators.map(({ accumulator }) => accumulator)
  }

  #combineRows(group: Expr): Expr {
    const fixed = Math.max(1, ...this.#accumulators.map(({ combineRows = 0 }) => combineRows))
    return this.#rowsOf(group, fixed)
  }

  /** So many rows, and those whose values are looked at one by one. */
  #rowsOf(group: Expr, fixed = 1): Expr {
    const rows = this.#accumulators.flatMap(one => one.rows?.(group) ?? [])
    return rows.reduce((sum, more) => add(sum, more), i32(fixed))
  }

  #reserveCombine(k: KernelBuilder, leave: Leave, from: Expr): void {
    for (const one of this.#accumulators) one.reserveCombine?.(k, leave, from)
  }

  #combine(k: KernelBuilder, into: Expr, from: Expr): void {
    for (const { accumulator } of this.accumulation.accumulators) accumulator.combine(k, into, from)
  }

  #hasRows(k: KernelBuilder, group: Expr): Expr {
    if (!this.isUngrouped) return bool(true)
    return gt(scalarOf(this.accumulation.finish(k, this.#node.aggregates.length, group)).value, i64(0n))
  }

  #leave(k: KernelBuilder, window: Closed, group: Expr, output: Output): RowColumns {
    const bytes = this.accumulation.bytes(k, group)
    if (bytes) output.scratch.reserve(bytes)
    return this.result(k, window, group, output)
  }

  /** The columns of a group: window, keys, aggregates. There is room for what is written. */
  result(k: KernelBuilder, { start, end }: Closed, group: Expr, output: Output): RowColumns {
    const { window, aggregates } = this.#node
    const columns = new Map<string, Value>(this.key.values(this.table.entries, group))
    if (window) {
      columns.set(window.start, scalar(window.type, start, FALSE))
      columns.set(window.end, scalar(window.type, end, FALSE))
    }
    for (const [n, { name }] of aggregates.entries())
      columns.set(name, this.accumulation.finish(k, n, group, output))
    return columns
  }
}

const keepsTexts = (type: DataType): boolean => isBytes(isList(type) ? elementOf(type).type : type)

const missing = (name: string): never => {
  throw new Error(`column ${name} is not part of the row`)
}
