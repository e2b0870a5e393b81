/**
 * source: the watermarks of its partitions. A table of partitions by key, a heap of the watermarks of those that are active,
 * whose root is the watermark of the source, and where partitions can be idle a list in order of activity. A row costs a
 * probe and, where its time is the largest of its partition, a way down the heap.
 */
import { Trap } from '../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  ne,
  not,
  op,
  sub,
} from '../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../ir/kernel/node.ts'
import { rowLayout } from '../../ir/layout.ts'
import type { PartitionSpec } from '../../ir/logical/partition.ts'
import type { PartitionMems } from '../../ir/physical/program.ts'
import type { Column } from '../../ir/schema.ts'
import { when } from './accumulators/accumulator.ts'
import { MAX_TIME, MIN_TIME, timeRegion } from './event-time.ts'
import type { RowColumns } from './expr/index.ts'
import { type Leave, returnIfBudgetSpent, trap } from './lib/control.ts'
import { hashWords } from './lib/hash.ts'
import { DeadlineHeap } from './lib/heap.ts'
import type { Interner } from './lib/interner.ts'
import { Recency, recencyFields, recencyHead } from './lib/recency.ts'
import { HashTable } from './lib/table.ts'
import { GroupKey, type KeyValue } from './operators/group-key.ts'
import { type NewKey, PendingKey } from './operators/pending-key.ts'
import type { Miss, StatefulStage } from './stage.ts'
import { andNot } from './value.ts'

export interface PartitionOptions {
  readonly spec: PartitionSpec
  readonly column: Column
  readonly delayTicks: bigint
  /** Its number among the growable states of the pipeline. */
  readonly id: number
  /** Where the texts of keys are kept. */
  readonly texts: Interner | undefined
}

/** A row as its partition sees it. */
export interface PartitionRow {
  readonly columns: RowColumns
  /** Takes the row no part? */
  readonly isOut: Expr
  readonly leave: Leave
  readonly miss: Miss
}

/** An entry that is not in the heap: it is idle, or has no rows yet. */
const NOWHERE = i32(-1)

export class Partitions {
  readonly head: Mem
  readonly #options: PartitionOptions
  readonly #key: GroupKey
  readonly #table: HashTable
  readonly #heap: DeadlineHeap
  readonly #recency: Recency | undefined
  readonly #pending: PendingKey

  constructor(options: PartitionOptions) {
    const { spec, column, id, texts } = options
    const isTimed = spec.idleMs !== undefined
    this.#options = options
    this.#key = new GroupKey([column], texts)
    this.#pending = new PendingKey('pending_partition', this.#key)
    this.head = rowLayout('partitions_due', 'state', {
      /** The largest of all watermarks; how many partitions were forgotten; since when the root is what it is. */
      top: 'i64',
      forgotten: 'i64',
      holds_since: 'i64',
      /** Active partitions; those that ever had a row; the one at the root. */
      waiting: 'i32',
      appeared: 'i32',
      holder: 'i32',
      ...(isTimed && recencyHead),
    })
    const fields = { wm: 'i64', heap_place: 'i32', has_rows: 'u8', ...(isTimed && recencyFields) } as const
    this.#table = new HashTable({ id, name: 'partitions', fields: { ...this.#key.fields, ...fields } })
    texts?.addUser(this.#table)
    const places = { mem: this.#table.entries, field: 'heap_place' }
    this.#heap = new DeadlineHeap('partition_marks', this.head, false, { places })
    this.#recency = isTimed ? new Recency(this.head, this.#table.entries) : undefined
  }

  get growables(): StatefulStage['growables'] {
    const { growable } = this.#table
    const parts = [...growable.parts, { mem: this.#heap.items, rowsPerUnit: 1 }]
    return [{ growable: { ...growable, parts }, grow: k => this.#table.grow(k) }]
  }

  get mems(): readonly Mem[] {
    return [this.head, this.#table.head, this.#pending.mem]
  }

  /** Where the facts about it are found. */
  get places(): PartitionMems {
    const { column, texts } = this.#options
    const { head, entries } = this.#table
    return { head: this.head, table: head, entries, column, texts: texts?.table.entries }
  }

  /** Can a partition become idle while no row comes? */
  get canBeIdle(): boolean {
    return this.#recency !== undefined
  }

  init(k: KernelBuilder): void {
    this.#table.init(k)
    k.put(this.head, 'top', i64(MIN_TIME))
    k.put(this.head, 'holder', i32(-1))
    this.#recency?.init(k)
  }

  /** The partition of a row; one that is not there is made behind the loop over rows, and the row taken again. */
  find(k: KernelBuilder, { columns, isOut, leave, miss }: PartitionRow): Local {
    const key = this.#key.read({ k }, columns)
    const hash = hashWords(k, this.#key.words(key))
    const { entries } = this.#table
    const { entry } = this.#table.find(k, hash, candidate => this.#key.matches(entries, candidate, key))
    k.if(andNot(lt(entry, i32(0)), isOut), () => {
      this.#reserve(k, key, leave)
      this.#pending.write(k, { hash, key })
      miss(() => this.#make(k, this.#pending.read(k, key)))
    })
    return entry
  }

  get #isFull(): Expr {
    return ge(load(this.#table.head, 'live'), i32(this.#options.spec.max))
  }

  #reserve(k: KernelBuilder, key: KeyValue, leave: Leave): void {
    k.if(this.#isFull, () => {
      const noneToForget = this.#canForget ? not(this.#longestIdle(k).exists) : undefined
      const stop = (): void => trap(k, Trap.tooManyPartitions, leave)
      if (noneToForget) k.if(noneToForget, stop)
      else stop()
    })
    this.#table.reserve(k, leave)
    if (key.texts.length > 0) this.#options.texts?.reserve(k, key.texts, leave)
  }

  get #canForget(): boolean {
    return this.#options.spec.whenFull === 'forget'
  }

  #longestIdle(k: KernelBuilder): ReturnType<Recency['longestIdle']> {
    if (!this.#recency) throw new Error('partitions that are never idle are not forgotten')
    return this.#recency.longestIdle(k)
  }

  #make(k: KernelBuilder, { hash: known, key: wanted }: NewKey): void {
    if (this.#canForget) k.if(this.#isFull, () => this.#forget(k))
    for (const text of wanted.texts) this.#options.texts?.intern(k, text)
    const key = this.#key.withTexts(wanted)
    const hash = key.texts.length === 0 ? known : hashWords(k, this.#key.words(key))
    const { entries } = this.#table
    const entry = this.#table.insert(k, hash)
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    k.store(entries, 'wm', entry, i64(MIN_TIME))
    k.store(entries, 'heap_place', entry, NOWHERE)
    k.store(entries, 'has_rows', entry, i32(0))
    this.#recency?.initEntry(k, entry)
  }

  /** An idle partition goes; it is in the list, but not in the heap. */
  #forget(k: KernelBuilder): void {
    const { entry } = this.#longestIdle(k)
    this.#recency?.unlink(k, entry)
    this.#table.remove(k, entry)
    k.put(this.head, 'forgotten', add(load(this.head, 'forgotten'), i64(1n)))
  }

  /** Has the watermark of a partition passed a time? */
  hasPassed(entry: Expr, time: Expr): Expr {
    return ge(load(this.#table.entries, 'wm', entry), time)
  }

  /** A row of a partition is taken; `counts`: its time moves the watermark. `raise` writes what is done with that of the source. */
  take(
    k: KernelBuilder,
    entry: Expr,
    { ts, counts }: { readonly ts: Expr; readonly counts: Expr },
    raise: (to: Expr) => void,
  ): void {
    const { entries } = this.#table
    this.#recency?.touch(k, entry, load(timeRegion, 'now'))
    when(k, counts, () => this.#move(k, entry, ts))
    const place = k.let('heap_place', load(entries, 'heap_place', entry))
    const wm = k.let('partition_wm', load(entries, 'wm', entry))
    k.if(
      lt(place, i32(0)),
      () => {
        this.#appear(k, entry)
        this.#heap.push(k, wm, entry)
      },
      () => k.if(ne(wm, load(this.#heap.items, 'time', place)), () => this.#heap.delay(k, place, wm)),
    )
    this.#tellHolder(k)
    this.#raise(k, raise)
  }

  /** As a source without partitions: never to the last tick, and a watermark that would come before all times stays. */
  #move(k: KernelBuilder, entry: Expr, ts: Expr): void {
    const { delayTicks } = this.#options
    const { entries } = this.#table
    const moved = k.let('moved', sub(ts, i64(delayTicks)))
    const isLater = gt(moved, load(entries, 'wm', entry))
    const wraps = op('subo.i64', ts, i64(delayTicks))
    k.if(delayTicks === 0n ? isLater : and(isLater, not(wraps)), () => {
      k.store(entries, 'wm', entry, moved)
      if (delayTicks === 0n)
        k.if(eq(moved, i64(MAX_TIME)), () => k.store(entries, 'wm', entry, i64(MAX_TIME - 1n)))
      const wm = load(entries, 'wm', entry)
      k.if(gt(wm, load(this.head, 'top')), () => k.put(this.head, 'top', wm))
    })
  }

  #appear(k: KernelBuilder, entry: Expr): void {
    const { entries } = this.#table
    k.if(eq(load(entries, 'has_rows', entry), i32(0)), () => {
      k.store(entries, 'has_rows', entry, i32(1))
      k.put(this.head, 'appeared', add(load(this.head, 'appeared'), i32(1)))
    })
  }

  /** For those who ask who holds the watermark back. */
  #tellHolder(k: KernelBuilder): void {
    const isEmpty = eq(load(this.head, 'waiting'), i32(0))
    const root = load(this.#heap.items, 'id', i32(0))
    k.if(
      isEmpty,
      () => k.put(this.head, 'holder', i32(-1)),
      () =>
        k.if(ne(root, load(this.head, 'holder')), () => {
          k.put(this.head, 'holder', root)
          k.put(this.head, 'holds_since', load(timeRegion, 'now'))
        }),
    )
  }

  /** The least watermark of the active partitions; the largest of all where none is. */
  #raise(k: KernelBuilder, raise: (to: Expr) => void): void {
    const { expected } = this.#options.spec
    const least = (): void => raise(k.let('least', this.#heap.earliest(load(this.head, 'top'))))
    if (expected === undefined) least()
    else k.if(ge(load(this.head, 'appeared'), i32(expected)), least)
  }

  /** Finds those that have become idle: they hold nothing back any more. Yields by the budget. */
  sweep(k: KernelBuilder, raise: (to: Expr) => void): void {
    const { idleMs } = this.#options.spec
    if (!this.#recency || idleMs === undefined) return
    const spent = k.let('swept', i32(0))
    this.#recency.sweep(k, load(timeRegion, 'now'), idleMs, entry => {
      returnIfBudgetSpent(k, spent)
      this.#heap.remove(k, load(this.#table.entries, 'heap_place', entry))
      k.store(this.#table.entries, 'heap_place', entry, NOWHERE)
      this.#tellHolder(k)
      this.#raise(k, raise)
    })
  }
}
