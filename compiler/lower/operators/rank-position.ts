/** Ranks of rows: what each of the three ways to count makes of the rows and groups that come before. */
import {
  add,
  eq,
  f64,
  ge,
  gt,
  i32,
  type KernelBuilder,
  lt,
  ne,
  op,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { RankFunction } from '../../../ir/logical/rank.ts'
import { NO_ROW, type RankedPlace, type RankedRows } from '../lib/ranked-rows.ts'
import { NIL, Side } from '../lib/value-nodes.ts'
import type { RootCell } from '../lib/weighted-tree.ts'

/** A row and its rank, an f64; NO_ROW where there is none. */
export interface RankedRow {
  readonly row: Local
  readonly rank: Local
}

export class RankPosition {
  readonly #by: RankFunction
  readonly #rows: RankedRows

  constructor(by: RankFunction, rows: RankedRows) {
    this.#by = by
    this.#rows = rows
  }

  /** Of a row behind so many of those that are equal to it. */
  of({ before, groupsBefore }: Pick<RankedPlace, 'before' | 'groupsBefore'>, equals: Expr): Expr {
    switch (this.#by) {
      case 'row_number':
        return add(add(before, equals), f64(1))
      case 'rank':
        return add(before, f64(1))
      case 'dense_rank':
        return add(groupsBefore, f64(1))
    }
  }

  /** The rank of the rows behind one more that comes to such a place, before it came: those and all behind are one more. */
  ofNext({ before, groupsBefore, group }: RankedPlace, equals: Expr): Expr {
    if (this.#by !== 'dense_rank') return add(add(before, equals), f64(1))
    return select(eq(group, NIL), add(groupsBefore, f64(1)), f64(Number.MAX_SAFE_INTEGER))
  }

  /** The last row of an owner that has a rank of at most so much. */
  lastUpTo(k: KernelBuilder, root: Expr, most: number): RankedRow {
    const rows = this.#rows
    const isDense = this.#by === 'dense_rank'
    const count = isDense ? rows.groups(root) : rows.total(root)
    const index = k.let('index', sub(select(lt(count, f64(most)), count, f64(most)), f64(1)))
    const row = k.let('last_row', NO_ROW)
    const rank = k.let('last_rank', add(index, f64(1)))
    k.if(gt(count, f64(0)), () => {
      if (isDense) {
        k.set(row, rows.lastOf(rows.groupBy(k, root, index)))
        return
      }
      const { group, before } = rows.groupAt(k, root, index)
      if (this.#by === 'row_number') k.set(row, rows.rowOf(k, group, before))
      else {
        k.set(row, rows.lastOf(group))
        k.set(rank, sub(rank, before))
      }
    })
    return { row, rank }
  }

  /** Goes on to the row before. */
  stepBack(k: KernelBuilder, { row, rank }: RankedRow): void {
    const rows = this.#rows
    const group = k.let('group', rows.groupOf(row))
    k.set(row, rows.neighbour(row, Side.left))
    if (this.#by === 'row_number') {
      k.set(rank, sub(rank, f64(1)))
      return
    }
    k.if(ne(row, NO_ROW), () => {
      const other = k.let('group_before', rows.groupOf(row))
      const step = this.#by === 'rank' ? rows.sizeOf(other) : f64(1)
      k.if(ne(other, group), () => k.set(rank, sub(rank, step)))
    })
  }

  /** Goes on to the row behind. */
  stepOn(k: KernelBuilder, { row, rank }: RankedRow): void {
    const rows = this.#rows
    const group = k.let('group', rows.groupOf(row))
    k.set(row, rows.neighbour(row, Side.right))
    if (this.#by === 'row_number') {
      k.set(rank, add(rank, f64(1)))
      return
    }
    k.if(ne(row, NO_ROW), () => {
      const step = this.#by === 'rank' ? rows.sizeOf(group) : f64(1)
      k.if(ne(rows.groupOf(row), group), () => k.set(rank, add(rank, step)))
    })
  }

  /** The first row whose rank changes where a row goes, and its rank; `place` is that of the row. */
  firstBehind(k: KernelBuilder, { before, groupsBefore, group }: RankedPlace, gone: RankedRow): RankedRow {
    const rows = this.#rows
    const row = k.let('behind', NO_ROW)
    if (this.#by === 'row_number') {
      k.set(row, rows.neighbour(gone.row, Side.right))
      return { row, rank: k.let('behind_rank', add(gone.rank, f64(1))) }
    }
    const isDense = this.#by === 'dense_rank'
    const size = rows.sizeOf(group)
    const rank = k.let('behind_rank', add(isDense ? add(groupsBefore, f64(1)) : add(before, size), f64(1)))
    const next = (): void => k.set(row, rows.behindGroup(gone.row))
    if (isDense) k.if(eq(size, f64(1)), next)
    else next()
    return { row, rank }
  }

  /** Has an owner so many ranks, so that what comes behind its last row has a rank behind them? */
  isFull(root: Expr, most: number): Expr {
    return ge(this.#by === 'dense_rank' ? this.#rows.groups(root) : this.#rows.total(root), f64(most))
  }

  /** Has a row such a rank, that compares so to the last row of an owner that is full? */
  isBehindLast(order: Expr): Expr {
    return this.#by === 'row_number' ? ge(order, i32(0)) : gt(order, i32(0))
  }

  /** Where the rank of the last row is behind a bound it goes, with all that have it; `last` is the last row from then on. */
  trim(k: KernelBuilder, cell: RootCell, last: Local, most: number): void {
    const rows = this.#rows
    const group = k.let('last_group', rows.groupOf(last))
    const isRank = this.#by === 'rank'
    const others = isRank ? sub(rows.total(cell.root), rows.sizeOf(group)) : undefined
    k.if(others ? gt(others, f64(most - 1)) : this.isFull(cell.root, most + 1), () => {
      const first = this.#by === 'row_number' ? last : rows.firstOf(group)
      const before = k.let('before_last', rows.neighbour(first, Side.left))
      if (this.#by === 'row_number') rows.remove(k, cell, last)
      else rows.removeGroup(k, cell, group)
      k.set(last, before)
    })
  }
}

/** As a column has it. */
export const asRank = (rank: Expr): Expr => op('extend.i32', op('int32.f64', rank))
