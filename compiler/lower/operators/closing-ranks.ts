/** The rankings of windows that have closed: each gives its rows in order, unless they were told, and forgets them. */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { add, and, eq, f64, ge, gt, i32, type KernelBuilder, le, load } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import { lastRankOf, type Rank } from '../../../ir/logical/rank.ts'
import type { Leave } from '../lib/control.ts'
import type { Closed, Pane, TimeField } from '../lib/group-windows.ts'
import { OpenWindows } from '../lib/open-windows.ts'
import type { RankedRows } from '../lib/ranked-rows.ts'
import type { HashTable } from '../lib/table.ts'
import { NIL, Side } from '../lib/value-nodes.ts'
import type { RootCell } from '../lib/weighted-tree.ts'

/** What is done with the rows of a partition whose window has closed. */
export interface Giving {
  cellOf(entry: Expr): RootCell
  /** Hands a row out; may leave before anything has changed. */
  give(window: Closed, entry: Expr, row: Expr, rank: Expr): void
  /** The row goes. */
  forget(row: Expr): void
}

export class ClosingRanks {
  readonly windows: OpenWindows
  readonly #node: Rank
  readonly #rows: RankedRows
  readonly #partitions: HashTable

  constructor(node: Rank, rows: RankedRows, partitions: HashTable, id: number) {
    this.#node = node
    this.#rows = rows
    this.#partitions = partitions
    this.windows = new OpenWindows(id, partitions)
  }

  /** What a partition keeps: its window, how many rows were given, and what comes before the group that is given now. */
  static readonly fields = { start: 'i64', given: 'f64', ahead: 'f64' } as const satisfies FieldSpecs

  /** A partition is new. */
  open(k: KernelBuilder, { start, lastEnd }: Pane, entry: Expr): void {
    k.store(this.#partitions.entries, 'start', entry, start)
    for (const field of ['given', 'ahead']) k.store(this.#partitions.entries, field, entry, f64(0))
    this.windows.append(k, { start, from: start, closes: lastEnd }, entry)
  }

  advance(k: KernelBuilder, leave: Leave, watermark: TimeField, giving: Giving): void {
    this.windows.advance(k, leave, watermark, {
      each: (window, entry) => this.#give(k, leave, giving, window, entry),
      rows: () => i32(1),
      drop: entry => this.#partitions.remove(k, entry),
      merge: noPanes,
      reserveCombine: noPanes,
      combine: noPanes,
      combineRows: noPanes,
      spare: noPanes,
      clear: noPanes,
    })
  }

  #give(k: KernelBuilder, leave: Leave, giving: Giving, window: Closed, entry: Expr): void {
    const cell = giving.cellOf(entry)
    const spent = k.let('spent_rows', i32(0))
    k.loop('rows_of_partition', label => {
      const group = this.#rows.outermost(k, cell.root, Side.left)
      k.breakIf(eq(group, NIL), label)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      const row = k.let('row', this.#rows.firstOf(group))
      if (this.#node.emit === 'close') {
        const rank = k.let('rank', this.#rankOfNext(entry))
        k.if(this.#isTold(rank), () => giving.give(window, entry, row, rank))
      }
      k.phase('apply')
      this.#count(k, entry, eq(this.#rows.sizeOf(group), f64(1)))
      giving.forget(row)
      this.#rows.remove(k, cell, row)
      k.set(spent, add(spent, i32(1)))
    })
  }

  #isTold(rank: Expr): Expr {
    const last = lastRankOf(this.#node)
    const isBehind = gt(rank, f64(this.#node.offset))
    return last === undefined ? isBehind : and(isBehind, le(rank, f64(last)))
  }

  #held(field: keyof typeof ClosingRanks.fields, entry: Expr): Expr {
    return load(this.#partitions.entries, field, entry)
  }

  #rankOfNext(entry: Expr): Expr {
    return add(this.#held(this.#node.by === 'row_number' ? 'given' : 'ahead', entry), f64(1))
  }

  /** One more row was given, which may be the last of its group. */
  #count(k: KernelBuilder, entry: Expr, isLast: Expr): void {
    const { entries } = this.#partitions
    const given = k.let('given', add(this.#held('given', entry), f64(1)))
    k.store(entries, 'given', entry, given)
    const ahead = this.#node.by === 'dense_rank' ? add(this.#held('ahead', entry), f64(1)) : given
    k.if(isLast, () => k.store(entries, 'ahead', entry, ahead))
  }
}

const noPanes = (): never => {
  throw new Error('rankings are not combined')
}
