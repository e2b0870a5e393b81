/**
 * Rows that wait for their time: whole rows in a pool, and a heap of them, the earliest at its root. Rows of one time are told
 * apart by columns, and by when they came.
 */
import {
  add,
  and,
  eq,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  not,
  or,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { SortKey } from '../../../ir/logical/sort.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import type { Column } from '../../../ir/schema.ts'
import { MAX_TIME } from '../../../ir/times.ts'
import { orderOf } from '../expr/compare.ts'
import type { RowColumns } from '../expr/index.ts'
import { isNever, type Value } from '../value.ts'
import type { Leave } from './control.ts'
import { NEVER, type TimeField } from './group-windows.ts'
import { DeadlineHeap } from './heap.ts'
import type { Interner } from './interner.ts'
import { KeptRow, type WantedRow } from './kept-row.ts'
import { NodePool } from './node-pool.ts'

export class SortedRows {
  readonly head: Mem
  readonly #kept: KeptRow
  readonly #pool: NodePool
  readonly #heap: DeadlineHeap
  readonly #texts: Interner | undefined

  constructor(id: number, columns: readonly Column[], keys: readonly SortKey[], texts: Interner | undefined) {
    this.#texts = texts
    this.#kept = new KeptRow(columns, texts)
    this.#pool = new NodePool(id, 'waiting_rows', this.#kept.fields)
    this.head = rowLayout('sorted_head', 'state', { deadline: 'i64', waiting: 'i32', arrived: 'i64' })
    const ties = (k: KernelBuilder, a: Expr, b: Expr): Expr => this.#compare(k, keys, a, b)
    this.#heap = new DeadlineHeap('sorted', this.head, true, { ties: keys.length > 0 ? ties : undefined })
    for (const field of this.#kept.textFields)
      for (const walk of this.#pool.textWalks(field)) texts?.addWalk(walk)
  }

  get heads(): readonly Mem[] {
    return [this.#pool.head, this.head]
  }

  /** The heap holds one item for each row. */
  get growable(): Growable {
    const { growable } = this.#pool
    return { ...growable, parts: [...growable.parts, { mem: this.#heap.items, rowsPerUnit: 1 }] }
  }

  grow(k: KernelBuilder): void {
    this.#pool.grow(k)
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'deadline', i64(NEVER))
  }

  /** The watermark that passes the earliest row: one tick behind it, or the last of all. */
  get deadline(): TimeField {
    return { mem: this.head, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.head, 'waiting')
  }

  /** Has the watermark passed the earliest row? */
  isDue({ mem, field }: TimeField): Expr {
    return and(gt(this.waiting, i32(0)), not(lt(load(mem, field), load(this.head, 'deadline'))))
  }

  /** Would one more row find no room? */
  get lacksRoom(): Expr {
    return this.#pool.lacks(i32(1))
  }

  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  reserve(k: KernelBuilder, { texts }: WantedRow, leave: Leave): void {
    this.#pool.reserve(k, leave, i32(1))
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
  }

  add(k: KernelBuilder, row: WantedRow, time: Expr): void {
    for (const text of row.texts) this.#texts?.intern(k, text)
    const node = this.#pool.take(k)
    this.#kept.store(k, this.#pool.nodes, node, row)
    const arrived = k.let('arrived', load(this.head, 'arrived'))
    k.put(this.head, 'arrived', add(arrived, i64(1n)))
    this.#heap.push(k, time, node, arrived)
    this.#setDeadline(k)
  }

  /** The time of the earliest row, if there is one. */
  get firstTime(): Expr {
    return load(this.#heap.items, 'time', i32(0))
  }

  /** Its columns. */
  get first(): RowColumns {
    return this.#kept.read(this.#pool.nodes, this.#firstNode)
  }

  get #firstNode(): Expr {
    return load(this.#heap.items, 'id', i32(0))
  }

  dropFirst(k: KernelBuilder): void {
    const node = k.let('node', this.#firstNode)
    this.#heap.pop(k)
    this.#pool.release(k, { first: node, last: node, count: i32(1) })
    this.#setDeadline(k)
  }

  #setDeadline(k: KernelBuilder): void {
    const first = k.let('first_time', this.#heap.earliest(i64(NEVER)))
    k.put(this.head, 'deadline', select(eq(first, i64(MAX_TIME)), first, add(first, i64(1n))))
  }

  /** Below, at or above zero, as one row comes before, with or after another by the columns. */
  #compare(k: KernelBuilder, keys: readonly SortKey[], a: Expr, b: Expr): Expr {
    const order = k.let('order', i32(0))
    const [x, y] = [a, b].map(node => this.#kept.read(this.#pool.nodes, node))
    for (const key of keys) k.if(eq(order, i32(0)), () => k.set(order, orderBy(k, key, x, y)))
    return order
  }
}

function orderBy(
  k: KernelBuilder,
  { column, descending, nullsFirst }: SortKey,
  x: RowColumns,
  y: RowColumns,
): Expr {
  const [a, b] = [x, y].map(columns => valueIn(columns, column))
  const byValue = (): Expr => (descending ? orderOf(k, b, a) : orderOf(k, a, b))
  if (isNever(a.isNull)) return byValue()
  const order = k.let(
    'by_nulls',
    nullsFirst ? sub(toInt(b.isNull), toInt(a.isNull)) : sub(toInt(a.isNull), toInt(b.isNull)),
  )
  k.if(not(or(a.isNull, b.isNull)), () => k.set(order, byValue()))
  return order
}

function valueIn(columns: RowColumns, name: string): Value {
  const value = columns.get(name)
  if (!value) throw new Error(`rows are sorted by ${name} and do not keep it`)
  return value
}
