/**
 * The rows of a partition that others learn of: a chain of nodes in order, and cursors that stand so many rows before the one
 * under way. A partition is the entry of a table, which has the fields of its chain.
 */
import { add, eq, ge, gt, i32, type KernelBuilder, load, lt, select, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Column } from '../../../ir/schema.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from './control.ts'
import type { Interner } from './interner.ts'
import { KeptRow, type WantedRow } from './kept-row.ts'
import { END_OF_CHAIN, NodePool } from './node-pool.ts'

export interface Reach {
  /** How far back rows learn of others: so many rows before the one under way are kept. */
  readonly rows: number
  /** The distances that rows are read at, from 1 on. */
  readonly distances: readonly number[]
  /** Are more rows kept than that? Else the first of them is the one that is the farthest back, and needs no cursor. */
  readonly keepsMore: boolean
}

export class RowChain {
  readonly pool: NodePool
  readonly #kept: KeptRow
  readonly #reach: Reach
  #entries: Mem | undefined

  /** `more`: what nodes keep beside the columns. */
  constructor(
    id: number,
    columns: readonly Column[],
    reach: Reach,
    texts: Interner | undefined,
    more: FieldSpecs = {},
  ) {
    this.#kept = new KeptRow(columns, texts)
    this.#reach = reach
    this.pool = new NodePool(id, 'kept_rows', { ...this.#kept.fields, ...more })
    for (const field of this.#kept.textFields)
      for (const walk of this.pool.textWalks(field)) texts?.addWalk(walk)
  }

  /** The first and the last node of a partition, and how many stand before the one under way. */
  get fields(): FieldSpecs {
    const cursors = this.#cursors.map(distance => [cursorOf(distance), 'i32'])
    return { first: 'i32', last: 'i32', before: 'i32', ...Object.fromEntries(cursors) }
  }

  get #cursors(): readonly number[] {
    const { rows, distances, keepsMore } = this.#reach
    return keepsMore ? distances : distances.filter(distance => distance < rows)
  }

  place(entries: Mem): void {
    this.#entries = entries
  }

  get #mem(): Mem {
    if (!this.#entries) throw new Error('the chains of partitions have no place yet')
    return this.#entries
  }

  #held(field: string, entry: Expr): Expr {
    return load(this.#mem, field, entry)
  }

  #put(k: KernelBuilder, field: string, entry: Expr, value: Expr): void {
    k.store(this.#mem, field, entry, value)
  }

  /** A partition that is new has no rows. */
  init(k: KernelBuilder, entry: Expr): void {
    this.#put(k, 'first', entry, i32(END_OF_CHAIN))
    this.#put(k, 'before', entry, i32(0))
    for (const distance of this.#cursors) this.#put(k, cursorOf(distance), entry, i32(0))
  }

  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  /** Room for a row, but for its texts. */
  reserve(k: KernelBuilder, leave: Leave): void {
    this.pool.reserve(k, leave, i32(1))
  }

  /** Puts a row, whose texts were interned, behind all others of its partition. */
  append(k: KernelBuilder, entry: Expr, row: WantedRow): Local {
    const node = this.pool.take(k)
    this.#kept.store(k, this.pool.nodes, node, row)
    this.pool.link(k, node, i32(END_OF_CHAIN))
    k.if(
      lt(this.#held('first', entry), i32(0)),
      () => this.#put(k, 'first', entry, node),
      () => this.pool.link(k, this.#held('last', entry), node),
    )
    this.#put(k, 'last', entry, node)
    return node
  }

  /** The next row of a partition is the one under way, before which there were so many. */
  enter(k: KernelBuilder, entry: Expr, rows: Expr): void {
    for (const distance of this.#cursors) {
      const cursor = cursorOf(distance)
      k.if(eq(rows, i32(distance)), () => this.#put(k, cursor, entry, this.first(entry)))
      k.if(gt(rows, i32(distance)), () =>
        this.#put(k, cursor, entry, this.pool.next(this.#held(cursor, entry))),
      )
    }
  }

  first(entry: Expr): Expr {
    return this.#held('first', entry)
  }

  /** The node so many rows before the one under way, if there were so many rows; else the first. */
  at(entry: Expr, distance: number, rows: Expr): Expr {
    const first = this.first(entry)
    if (!this.#cursors.includes(distance)) return first
    return select(ge(rows, i32(distance)), this.#held(cursorOf(distance), entry), first)
  }

  /** The columns that a node keeps. */
  read(node: Expr): RowColumns {
    return this.#kept.read(this.pool.nodes, node)
  }

  /** The row under way is done: the one that no other learns of any more goes. */
  leave(k: KernelBuilder, entry: Expr): void {
    k.if(
      this.hasMore(entry),
      () => this.#dropFirst(k, entry),
      () => this.keep(k, entry),
    )
  }

  /** Are more rows kept, with the one under way, than any learns of by distance? */
  hasMore(entry: Expr): Expr {
    return ge(this.#held('before', entry), i32(this.#reach.rows))
  }

  /** The first of more rows goes: of those before the one under way there is one less. */
  dropFirst(k: KernelBuilder, entry: Expr): void {
    this.#dropFirst(k, entry)
    this.#put(k, 'before', entry, sub(this.#held('before', entry), i32(1)))
  }

  /** The row under way is done, and is kept. */
  keep(k: KernelBuilder, entry: Expr): void {
    this.#put(k, 'before', entry, add(this.#held('before', entry), i32(1)))
  }

  #dropFirst(k: KernelBuilder, entry: Expr): void {
    const first = k.let('first', this.first(entry))
    this.#put(k, 'first', entry, this.pool.next(first))
    this.pool.release(k, { first, last: first, count: i32(1) })
  }
}

const cursorOf = (distance: number): string => `at_${distance}`
