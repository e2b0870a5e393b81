/**
 * aggregate: groups in a hash table, each in the list of its window. Without a window all groups belong to one,
 * which ends when the input does. A row reads everything first; when it may still be refused nothing has changed.
 */

import { MillraceError } from '../../ir/errors.ts'
import {
  and,
  eq,
  gt,
  i32,
  i64,
  isConst,
  type KernelBuilder,
  le,
  load,
  lt,
  max32,
  select,
} from '../../ir/kernel/build.ts'
import type { Expr, Local } from '../../ir/kernel/node.ts'
import type { Aggregate } from '../../ir/logical/aggregate.ts'
import { aggregateRule } from '../../ir/logical/aggregate.ts'
import { findColumn } from '../../ir/schema.ts'
import { isBytes } from '../../ir/types.ts'
import { GroupStore, type Prepared } from './accumulators/accumulator.ts'
import { type Accumulation, accumulate } from './accumulators/index.ts'
import { lowerExpr, type RowColumns } from './expr/index.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import type { Leave } from './lib/control.ts'
import { hashWords, wordsOf } from './lib/hash.ts'
import { Interner } from './lib/interner.ts'
import { type Bounds, NEVER, OpenWindows, type TimeField } from './lib/open-windows.ts'
import { type Found, HashTable } from './lib/table.ts'
import type { Row, RowScope } from './scope.ts'
import type { EmitEach, StatefulStage } from './stage.ts'
import { FALSE, faultsOf, scalar, scalarOf, type Value } from './value.ts'

/** Ids of the growable states of a pipeline. */
const GROUPS = 0
const WINDOWS = 1
const TEXTS = 2

/** The bounds of the one window of an aggregation without windows. */
const ALWAYS: Bounds = { start: i64(0n), end: i64(NEVER) }

export class AggregateStage implements StatefulStage {
  readonly #node: Aggregate
  readonly #watermark: TimeField
  readonly #texts: Interner | undefined
  readonly #isUngrouped: boolean
  readonly #key: GroupKey
  readonly #accumulation: Accumulation
  readonly #groups: HashTable
  readonly #windows: OpenWindows

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
    const store = new GroupStore(this.#texts, this.#isUngrouped)
    this.#accumulation = accumulate(store, calls)
    const held = Object.assign({}, ...this.#accumulation.accumulators.map(fed => fed.accumulator.fields))
    const fields = { start: 'i64', ...this.#key.fields, ...held }
    this.#groups = new HashTable({ id: GROUPS, name: 'groups', fields })
    store.place(this.#groups.entries)
    this.#texts?.addUser(this.#groups)
    this.#windows = new OpenWindows(WINDOWS, this.#groups)
  }

  get deadline(): TimeField {
    return this.#windows.deadline
  }

  get waiting(): Expr {
    return this.#windows.waiting
  }

  get regions(): StatefulStage['regions'] {
    const heads = [
      this.#groups.head,
      this.#windows.table.head,
      this.#windows.head,
      ...(this.#texts?.fixed ?? []),
    ]
    const held = this.#accumulation.accumulators.flatMap(({ accumulator }) => accumulator.regions ?? [])
    return [...heads.map(mem => ({ mem, rows: 1 })), ...held]
  }

  get growables(): StatefulStage['growables'] {
    const [groups, windows, texts] = [this.#groups, this.#windows, this.#texts]
    return [
      { growable: groups.growable, grow: k => groups.grow(k) },
      { growable: windows.growable, grow: k => windows.table.grow(k) },
      ...(texts ? [{ growable: texts.growable, grow: (k: KernelBuilder) => texts.grow(k) }] : []),
    ]
  }

  init(k: KernelBuilder): void {
    this.#windows.init(k)
  }

  push(cx: RowScope, row: Row): void {
    const { k } = cx
    const operator = aggregateRule.print(this.#node)
    k.note(operator)
    if (isConst(row.mask, true)) this.#take(cx, row, operator)
    else k.if(row.mask, () => this.#take(cx, row, operator))
  }

  #take(cx: RowScope, row: Row, operator: string): void {
    const { k } = cx
    const bounds = this.#bounds(row)
    if (this.#node.window)
      k.if(le(bounds.end, load(this.#watermark.mem, this.#watermark.field)), () => cx.late())
    const args = this.#node.aggregates.map(({ call }) => call.arg && lowerExpr(cx, row.columns, call.arg))
    cx.reject(faultsOf(args.filter(arg => arg !== undefined)), row.mask, operator)
    const key = this.#key.read(cx, row.columns)
    const found = this.#find(k, bounds, key)
    const isNew = k.let('is_new', lt(found.entry, i32(0)))
    const entry = k.let('known', max32(found.entry, i32(0)))
    const time = this.#timeOf(cx, row.columns)
    const prepared = this.#accumulation.accumulators.map(({ accumulator, feeder }) =>
      accumulator.prepare({ cx, arg: args[feeder], time, entry, isNew }),
    )
    cx.reject(
      prepared.flatMap(one => one.faults),
      row.mask,
      operator,
    )
    this.#reserve(cx, isNew, key, prepared)
    k.phase('apply')
    this.#apply(k, row.columns, bounds, key, found, isNew, prepared)
  }

  #bounds(row: Row): Bounds {
    const { window } = this.#node
    if (!window) return ALWAYS
    const [start, end] = [window.start, window.end].map(
      name => scalarOf(row.columns.get(name) ?? missing(name)).value,
    )
    return { start, end }
  }

  /** Event time where the stream has one, else the number of the row. */
  #timeOf(cx: RowScope, columns: RowColumns): Expr {
    const column = this.#node.input.relation.time?.columns[0]
    const value = column === undefined ? undefined : columns.get(column)
    return value ? scalarOf(value).value : cx.arrival
  }

  #find(k: KernelBuilder, bounds: Bounds, key: KeyValue): Found {
    if (this.#isUngrouped) return { entry: this.#onlyGroup(k), hash: i32(0) }
    const hash = this.#hash(k, bounds, key)
    const { entries } = this.#groups
    return this.#groups.find(k, hash, candidate => {
      const sameKey = this.#key.matches(entries, candidate, key)
      return this.#node.window ? and(eq(load(entries, 'start', candidate), bounds.start), sameKey) : sameKey
    })
  }

  /** All rows belong to one group, whose id is the first there is. */
  #onlyGroup(k: KernelBuilder): Local {
    return k.let('only_group', select(gt(load(this.#groups.head, 'live'), i32(0)), i32(0), i32(-1)))
  }

  #hash(k: KernelBuilder, bounds: Bounds, key: KeyValue): Local {
    return hashWords(k, [...(this.#node.window ? wordsOf(bounds.start) : []), ...this.#key.words(key)])
  }

  #reserve(cx: RowScope, isNew: Expr, key: KeyValue, prepared: readonly Prepared[]): void {
    const { k, leave } = cx
    k.if(isNew, () => {
      this.#groups.reserve(k, leave)
      this.#windows.reserve(k, leave)
    })
    const texts = [...key.texts, ...prepared.flatMap(one => one.texts)]
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
  }

  #apply(
    k: KernelBuilder,
    columns: RowColumns,
    bounds: Bounds,
    key: KeyValue,
    found: Found,
    isNew: Expr,
    prepared: readonly Prepared[],
  ): void {
    for (const text of [...key.texts, ...prepared.flatMap(one => one.texts)]) this.#texts?.intern(k, text)
    const group = k.let('group_entry', found.entry)
    k.if(isNew, () => {
      const known = { ...key, fields: this.#key.withTexts(columns, key) }
      const hash = key.texts.length > 0 ? this.#hash(k, bounds, known) : found.hash
      k.set(group, this.#groups.insert(k, hash))
      this.#initialise(k, group, bounds, known)
    })
    for (const one of prepared) one.apply(group)
  }

  #initialise(k: KernelBuilder, group: Local, bounds: Bounds, key: KeyValue): void {
    const { entries } = this.#groups
    k.store(entries, 'start', group, bounds.start)
    for (const [field, value] of key.fields) k.store(entries, field, group, value)
    for (const { accumulator } of this.#accumulation.accumulators) accumulator.init(k, group)
    this.#windows.append(k, bounds, group)
  }

  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const [groups, windows] = [this.#groups, this.#windows]
    windows.advance(k, leave, this.#watermark, {
      each: (bounds, group) => each(this.#result(bounds, group)),
      drop: group => groups.remove(k, group),
    })
    groups.clearIfEmpty(k)
    windows.table.clearIfEmpty(k)
  }

  /** The columns of a group: window, keys, aggregates. */
  #result(bounds: Bounds, group: Local): RowColumns {
    const { window, aggregates, relation } = this.#node
    const columns = new Map<string, Value>(this.#key.values(this.#groups.entries, group))
    const typeOf = (name: string): Value['type'] => (findColumn(relation.schema, name) ?? missing(name)).type
    if (window) {
      columns.set(window.start, scalar(typeOf(window.start), bounds.start, FALSE))
      columns.set(window.end, scalar(typeOf(window.end), bounds.end, FALSE))
    }
    for (const [n, { name }] of aggregates.entries()) columns.set(name, this.#accumulation.finish(n, group))
    return columns
  }
}

const missing = (name: string): never => {
  throw new Error(`column ${name} is not part of the row`)
}
