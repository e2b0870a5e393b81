/**
 * Rows in an order as kernel code: for each owner a list of its rows, those that are equal in the order of arrival; and above
 * it a tree of groups, one for all rows that are equal. So it is known how many rows and how many groups come before a row,
 * which is all that ranks are, and the next row is at hand.
 */
import {
  add,
  and,
  eq,
  f64,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  lt,
  ne,
  not,
  op,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import type { Leave } from './control.ts'
import { type Chain, END_OF_CHAIN, NodePool } from './node-pool.ts'
import { NIL, Side, ValueNodes } from './value-nodes.ts'
import { type RootCell, WeightedTree } from './weighted-tree.ts'

/** No row. */
export const NO_ROW = i32(END_OF_CHAIN)

/** Where a row is among those of an owner, or would be: behind all that are equal. */
export interface RankedPlace {
  /** The group of the rows that are equal to it, or NIL. */
  readonly group: Local
  readonly parent: Local
  readonly side: Local
  /** Rows and groups that come before that group: an f64 each. */
  readonly before: Local
  readonly groupsBefore: Local
}

export class RankedRows {
  readonly #rows: NodePool
  readonly #groups: ValueNodes
  readonly #tree: WeightedTree

  /** `fields`: what a row keeps. */
  constructor(ids: { readonly next: () => number }, fields: FieldSpecs) {
    this.#rows = new NodePool(ids.next(), 'ranked_rows', { ...fields, before: 'i32', group: 'i32' })
    this.#groups = new ValueNodes({
      id: ids.next(),
      name: 'ranked_groups',
      fields: { first: 'i32', last: 'i32' },
    })
    this.#tree = new WeightedTree(this.#groups)
  }

  /** Its rows are by id. */
  get rows(): Mem {
    return this.#rows.nodes
  }

  get pool(): NodePool {
    return this.#rows
  }

  get heads(): readonly Mem[] {
    return [this.#rows.head, this.#groups.head]
  }

  get growables(): readonly { readonly growable: Growable; grow(k: KernelBuilder): void }[] {
    return [
      { growable: this.#rows.growable, grow: k => this.#rows.grow(k) },
      { growable: this.#groups.growable, grow: k => this.#groups.grow(k) },
    ]
  }

  init(k: KernelBuilder): void {
    this.#groups.init(k)
  }

  /** Room for one row more. */
  reserve(k: KernelBuilder, leave: Leave): void {
    this.#rows.reserve(k, leave, i32(1))
    k.if(this.#groups.isFull, () => this.#groups.askForOne(k, leave))
  }

  /** How many rows an owner has, an f64. */
  total(root: Expr): Expr {
    return this.#groups.of('total', root)
  }

  /** How many groups, an f64. */
  groups(root: Expr): Expr {
    return op('float.i32', this.#groups.of('size', root))
  }

  /** The rows of a group, an f64. */
  sizeOf(group: Expr): Expr {
    return this.#groups.of('rows', group)
  }

  groupOf(row: Expr): Expr {
    return load(this.rows, 'group', row)
  }

  firstOf(group: Expr): Expr {
    return load(this.#groups.entries, 'first', group)
  }

  lastOf(group: Expr): Expr {
    return load(this.#groups.entries, 'last', group)
  }

  /** Looks for the place of a row; `compare` says whether it comes before, with or behind one that is there. */
  search(k: KernelBuilder, root: Expr, compare: (row: Expr) => Expr): RankedPlace {
    const groups = this.#groups
    const group = k.let('group', root)
    const [parent, side] = [k.let('above', NIL), k.let('side', i32(Side.left))]
    const [before, groupsBefore] = [k.let('before', f64(0)), k.let('groups_before', f64(0))]
    k.loop('find_place', label => {
      k.breakIf(eq(group, NIL), label)
      const order = k.let('order', compare(k.let('first', this.firstOf(group))))
      const left = k.let('left', groups.child(group, i32(Side.left)))
      k.if(ge(order, i32(0)), () => {
        k.set(before, add(before, this.total(left)))
        k.set(groupsBefore, add(groupsBefore, this.groups(left)))
      })
      k.breakIf(eq(order, i32(0)), label)
      k.set(parent, group)
      k.set(side, toInt(gt(order, i32(0))))
      k.if(gt(order, i32(0)), () => {
        k.set(before, add(before, this.sizeOf(group)))
        k.set(groupsBefore, add(groupsBefore, f64(1)))
      })
      k.set(group, groups.child(parent, side))
    })
    return { group, parent, side, before, groupsBefore }
  }

  /** A row at a place that was just looked for; what it keeps is to be written. There must be room. */
  insert(k: KernelBuilder, cell: RootCell, place: RankedPlace): Local {
    const groups = this.#groups
    const row = this.#rows.take(k)
    const [before, behind] = this.#around(k, place)
    this.#link(k, before, row)
    this.#link(k, row, behind)
    const group = k.let('group', place.group)
    k.if(eq(group, NIL), () => {
      k.set(group, groups.allocate(k))
      groups.put(k, 'rows', group, f64(0))
      k.store(groups.entries, 'first', group, row)
      this.#tree.hang(k, cell, place, group)
    })
    k.store(groups.entries, 'last', group, row)
    k.store(this.rows, 'group', row, group)
    groups.put(k, 'rows', group, add(this.sizeOf(group), f64(1)))
    this.#tree.settle(k, cell, group)
    return row
  }

  /** The rows between which a place is: behind those of its group, or beside those of the one that a new group hangs on. */
  #around(k: KernelBuilder, { group, parent, side }: RankedPlace): readonly [before: Local, behind: Local] {
    const beside = k.let('beside', select(eq(group, NIL), parent, group))
    const [before, behind] = ['row_before', 'row_behind'].map(name => k.let(name, NO_ROW))
    k.if(ne(beside, NIL), () => {
      k.if(
        and(eq(group, NIL), eq(side, i32(Side.left))),
        () => {
          k.set(behind, this.firstOf(beside))
          k.set(before, this.neighbour(behind, Side.left))
        },
        () => {
          k.set(before, this.lastOf(beside))
          k.set(behind, this.neighbour(before, Side.right))
        },
      )
    })
    return [before, behind]
  }

  /** Makes two rows neighbours, if there are two. */
  #link(k: KernelBuilder, before: Expr, behind: Expr): void {
    k.if(ge(before, i32(0)), () => this.#rows.link(k, before, behind))
    k.if(ge(behind, i32(0)), () => k.store(this.rows, 'before', behind, before))
  }

  remove(k: KernelBuilder, cell: RootCell, row: Expr): void {
    this.#release(k, cell, k.let('group', this.groupOf(row)), { first: row, last: row, count: i32(1) })
  }

  /** All rows of a group at once, however many they are. */
  removeGroup(k: KernelBuilder, cell: RootCell, group: Expr): void {
    const [first, last] = [k.let('first', this.firstOf(group)), k.let('last', this.lastOf(group))]
    const count = k.let('count', op('int32.f64', this.sizeOf(group)))
    this.#release(k, cell, group, { first, last, count })
  }

  /** Takes rows that follow each other out of their group, which goes with its last ones. */
  #release(k: KernelBuilder, cell: RootCell, group: Expr, rows: Chain): void {
    const { entries } = this.#groups
    const before = k.let('row_before', this.neighbour(rows.first, Side.left))
    const behind = k.let('row_behind', this.neighbour(rows.last, Side.right))
    this.#link(k, before, behind)
    const left = k.let('left', sub(this.sizeOf(group), op('float.i32', rows.count)))
    const changed = k.let('changed', group)
    k.if(
      eq(left, f64(0)),
      () => {
        k.set(changed, this.#tree.unlink(k, cell, group))
        this.#groups.release(k, group)
      },
      () => {
        k.if(eq(this.firstOf(group), rows.first), () => k.store(entries, 'first', group, behind))
        k.if(eq(this.lastOf(group), rows.last), () => k.store(entries, 'last', group, before))
        this.#groups.put(k, 'rows', group, left)
      },
    )
    this.#rows.release(k, rows)
    this.#tree.settle(k, cell, changed)
  }

  /** The first group or the last one, or NIL. */
  outermost(k: KernelBuilder, root: Expr, side: number): Local {
    return this.#tree.outermost(k, root, side)
  }

  /** The row before or behind another one, or NO_ROW. */
  neighbour(row: Expr, side: number): Expr {
    return load(this.rows, side === Side.left ? 'before' : 'next', row)
  }

  /** The first row of the group behind that of a row, or NO_ROW. */
  behindGroup(row: Expr): Expr {
    return this.neighbour(this.lastOf(this.groupOf(row)), Side.right)
  }

  /** The group of the row that so many come before, and how many of its rows do; NIL where there are no more. */
  groupAt(k: KernelBuilder, root: Expr, index: Expr): { readonly group: Local; readonly before: Local } {
    const { node, before } = this.#tree.at(k, root, index)
    return { group: node, before }
  }

  /** The group that so many groups come before. */
  groupBy(k: KernelBuilder, root: Expr, index: Expr): Local {
    const groups = this.#groups
    const group = k.let('group', root)
    const before = k.let('before', index)
    k.loop('nth_group', label => {
      k.breakIf(eq(group, NIL), label)
      const left = k.let('left', groups.child(group, i32(Side.left)))
      const smaller = k.let('smaller', this.groups(left))
      k.breakIf(eq(before, smaller), label)
      k.if(
        lt(before, smaller),
        () => k.set(group, left),
        () => {
          k.set(before, sub(sub(before, smaller), f64(1)))
          k.set(group, groups.child(group, i32(Side.right)))
        },
      )
    })
    return group
  }

  /** The row of a group that so many of its rows come before. */
  rowOf(k: KernelBuilder, group: Expr, index: Expr): Local {
    const row = k.let('nth_row', this.lastOf(group))
    const isLast = eq(add(index, f64(1)), this.sizeOf(group))
    k.if(not(isLast), () => {
      k.set(row, this.firstOf(group))
      const left = k.let('left', index)
      k.loop('nth_of_group', label => {
        k.breakIf(eq(left, f64(0)), label)
        k.set(row, this.#rows.next(row))
        k.set(left, sub(left, f64(1)))
      })
    })
    return row
  }

  /** How many rows of its group come before a row, or as many as `most` where they are more. */
  placeInGroup(k: KernelBuilder, row: Expr, most: Expr): Local {
    const at = k.let('at', this.firstOf(this.groupOf(row)))
    const count = k.let('place', f64(0))
    k.loop('place_in_group', label => {
      k.breakIf(eq(at, row), label)
      k.breakIf(eq(count, most), label)
      k.set(at, this.#rows.next(at))
      k.set(count, add(count, f64(1)))
    })
    return count
  }
}
