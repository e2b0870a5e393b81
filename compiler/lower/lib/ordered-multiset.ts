/**
 * Ordered multisets as kernel code: for each owner the values that it has, in the total order of their type, each
 * distinct one in one node with the number of rows that have it. Of values that are equal (0 and -0, all NaN) the first
 * to arrive is kept, as long as there is any.
 *
 * The tree of an owner is balanced by weight (J. Nievergelt and E. Reingold, Binary search trees of bounded balance,
 * 1973; with the constants that Y. Hirai and K. Yamamoto prove right for insertion and deletion, Balancing weight-balanced
 * trees, 2011). So no order of rows makes it deep, nothing is random, and each node knows what the order statistics need:
 * how many rows and nodes are below it.
 */
import {
  add,
  eq,
  f64,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  lt,
  mul,
  ne,
  or,
  select,
  sub,
  toInt,
  xor,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { DataType } from '../../../ir/types.ts'
import { orderOf } from '../expr/compare.ts'
import { bind, type Value } from '../value.ts'
import type { Leave } from './control.ts'
import type { Interner } from './interner.ts'
import { keptField, readKept } from './kept.ts'
import { NIL, Side, ValueNodes } from './value-nodes.ts'

/** A side may be so many times as heavy as the other; its inner part so many times as its outer one. */
const SIDES_RATIO = 3
const PARTS_RATIO = 2

/** In place of the next node of a tree that is taken into another: there is none. */
const BEHIND_LAST = i32(-1)

/** Where an owner keeps its tree: an i32 that is 0 where the tree is empty. */
export interface RootCell {
  readonly root: Expr
  set(root: Expr): void
}

/** A value on its way in: itself, to be compared, and as its field takes it. */
export interface KeptValue {
  readonly value: Value
  readonly stored: Expr
}

/** Where a value is, or would be: its node or NIL, the node above that, and the side of it. */
interface Place {
  readonly node: Local
  readonly parent: Local
  readonly side: Local
}

export class OrderedMultiset {
  readonly nodes: ValueNodes
  readonly #type: DataType
  readonly #texts: Interner | undefined

  /** Texts are those that `texts` names; else there need be none. */
  constructor(id: number, name: string, type: DataType, texts?: Interner) {
    this.nodes = new ValueNodes({ id, name, fields: { value: keptField(type) } })
    this.#type = type
    this.#texts = texts
  }

  /** The value of a node. */
  valueOf(node: Expr): Value {
    return readKept(this.nodes.entries, 'value', node, this.#type, this.#texts)
  }

  /** How many distinct values an owner has, an i32. */
  distinct(root: Expr): Expr {
    return this.nodes.of('size', root)
  }

  /** How many rows an owner has, an f64. */
  total(root: Expr): Expr {
    return this.nodes.of('total', root)
  }

  /** Does an owner have a value? */
  has(k: KernelBuilder, root: Expr, value: Value): Expr {
    return ne(this.#find(k, root, value).node, NIL)
  }

  /** Returns `grow` where a value is new and would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, leave: Leave, root: Expr, value: Value): void {
    k.if(this.nodes.isFull, () => {
      k.if(eq(this.#find(k, root, value).node, NIL), () => this.nodes.askForOne(k, leave))
    })
  }

  /** Returns `grow` where any new value would find no room. */
  reserveAny(k: KernelBuilder, leave: Leave): void {
    k.if(this.nodes.isFull, () => this.nodes.askForOne(k, leave))
  }

  #find(k: KernelBuilder, root: Expr, value: Value): Place {
    const node = k.let('node', root)
    const parent = k.let('above', NIL)
    const side = k.let('side', i32(Side.left))
    k.loop('find_value', label => {
      k.breakIf(eq(node, NIL), label)
      const order = k.let('order', orderOf(k, value, bind(k, 'held', this.valueOf(node))))
      k.breakIf(eq(order, i32(0)), label)
      k.set(parent, node)
      k.set(side, toInt(gt(order, i32(0))))
      k.set(node, this.nodes.child(node, side))
    })
    return { node, parent, side }
  }

  /** Takes in a value that so many rows have. There must be room. */
  insert(k: KernelBuilder, cell: RootCell, { value, stored }: KeptValue, rows: Expr = f64(1)): void {
    const { nodes } = this
    const { node, parent, side } = this.#find(k, cell.root, value)
    k.if(eq(node, NIL), () => {
      k.set(node, nodes.allocate(k))
      k.store(nodes.entries, 'value', node, stored)
      nodes.put(k, 'rows', node, f64(0))
      nodes.put(k, 'parent', node, parent)
      this.#hang(k, cell, parent, side, node)
    })
    nodes.put(k, 'rows', node, add(nodes.of('rows', node), rows))
    this.#settle(k, cell, node)
  }

  /** Takes out one row of a value; yields whether there was any. */
  remove(k: KernelBuilder, cell: RootCell, value: Value): Local {
    const { nodes } = this
    const { node } = this.#find(k, cell.root, value)
    const isThere = k.let('is_there', ne(node, NIL))
    k.if(isThere, () => {
      nodes.put(k, 'rows', node, sub(nodes.of('rows', node), f64(1)))
      const changed = k.let('changed', node)
      k.if(eq(nodes.of('rows', node), f64(0)), () => k.set(changed, this.#unlink(k, cell, node)))
      this.#settle(k, cell, changed)
    })
    return isThere
  }

  /** Takes a node out of its tree; yields the lowest one below which something has changed. */
  #unlink(k: KernelBuilder, cell: RootCell, node: Expr): Local {
    const { nodes } = this
    const gone = k.let('gone', node)
    const [left, right] = [Side.left, Side.right].map(side => k.let('child', nodes.child(node, i32(side))))
    k.if(gt(min(left, right), NIL), () => {
      k.set(gone, this.#outermost(k, right, Side.left))
      k.store(nodes.entries, 'value', node, k.let('moved', this.#held(gone)))
      nodes.put(k, 'rows', node, nodes.of('rows', gone))
    })
    const only = k.let('only', or(nodes.child(gone, i32(Side.left)), nodes.child(gone, i32(Side.right))))
    const parent = k.let('above', nodes.of('parent', gone))
    this.#hang(k, cell, parent, this.#sideOf(gone, parent), only)
    nodes.put(k, 'parent', only, parent)
    nodes.release(k, gone)
    return parent
  }

  /** Makes a node the child of another, or the root where that is NIL. */
  #hang(k: KernelBuilder, cell: RootCell, parent: Expr, side: Expr, node: Expr): void {
    k.if(
      eq(parent, NIL),
      () => cell.set(node),
      () => this.nodes.putChild(k, parent, side, node),
    )
  }

  #sideOf(node: Expr, parent: Expr): Expr {
    return toInt(eq(this.nodes.child(parent, i32(Side.right)), node))
  }

  /** Brings what nodes know of those below them up to date, from one up to the root, and the tree back into balance. */
  #settle(k: KernelBuilder, cell: RootCell, from: Expr): void {
    const { nodes } = this
    const at = k.let('at', from)
    k.loop('settle', label => {
      k.breakIf(eq(at, NIL), label)
      this.#count(k, at)
      const [left, right] = [Side.left, Side.right].map(side => this.#weight(nodes.child(at, i32(side))))
      const side = k.let('heavy', toInt(gt(right, left)))
      k.if(gt(max(left, right), mul(min(left, right), i32(SIDES_RATIO))), () =>
        this.#balance(k, cell, at, side),
      )
      k.set(at, nodes.of('parent', at))
    })
  }

  #weight(node: Expr): Expr {
    return add(this.nodes.of('size', node), i32(1))
  }

  #count(k: KernelBuilder, node: Expr): void {
    const { nodes } = this
    const [left, right] = [Side.left, Side.right].map(side => k.let('child', nodes.child(node, i32(side))))
    const both = (field: 'total' | 'size'): Expr => add(nodes.of(field, left), nodes.of(field, right))
    const most = [left, right].map(child => nodes.of('most', child)).reduce(max, nodes.of('rows', node))
    nodes.put(k, 'size', node, add(both('size'), i32(1)))
    nodes.put(k, 'total', node, add(both('total'), nodes.of('rows', node)))
    nodes.put(k, 'most', node, most)
  }

  /** Lifts the heavy side of a node above it; the inner part of that side first, where it is what makes it heavy. */
  #balance(k: KernelBuilder, cell: RootCell, node: Local, side: Expr): void {
    const { nodes } = this
    const other = k.let('light', xor(side, i32(1)))
    const child = k.let('child', nodes.child(node, side))
    const [inner, outer] = [other, side].map(part => this.#weight(nodes.child(child, part)))
    k.if(ge(inner, mul(outer, i32(PARTS_RATIO))), () => this.#lift(k, cell, child, other))
    this.#lift(k, cell, node, side)
  }

  /** Rotates: the child at a side takes the place of its parent. */
  #lift(k: KernelBuilder, cell: RootCell, node: Expr, side: Expr): void {
    const { nodes } = this
    const other = k.let('other', xor(side, i32(1)))
    const child = k.let('lifted', nodes.child(node, side))
    const inner = k.let('inner', nodes.child(child, other))
    const parent = k.let('above', nodes.of('parent', node))
    this.#hang(k, cell, parent, k.let('place', this.#sideOf(node, parent)), child)
    nodes.putChild(k, node, side, inner)
    nodes.putChild(k, child, other, node)
    nodes.put(k, 'parent', inner, node)
    nodes.put(k, 'parent', child, parent)
    nodes.put(k, 'parent', node, child)
    this.#count(k, node)
    this.#count(k, child)
  }

  /** The node of the least value, or NIL. */
  least(k: KernelBuilder, root: Expr): Local {
    return this.#outermost(k, root, Side.left)
  }

  /** The node of the greatest value, or NIL. */
  greatest(k: KernelBuilder, root: Expr): Local {
    return this.#outermost(k, root, Side.right)
  }

  #outermost(k: KernelBuilder, root: Expr, side: number): Local {
    const node = k.let('node', root)
    k.loop('outermost', label => {
      const child = k.let('child', this.nodes.child(node, i32(side)))
      k.breakIf(eq(child, NIL), label)
      k.set(node, child)
    })
    return node
  }

  /** The node of the row that so many come before in the order of values, an f64; NIL where there are no more. */
  at(k: KernelBuilder, root: Expr, rank: Expr): Local {
    const { nodes } = this
    const node = k.let('node', root)
    const before = k.let('before', rank)
    k.loop('at_rank', label => {
      k.breakIf(eq(node, NIL), label)
      const left = k.let('left', nodes.child(node, i32(Side.left)))
      const smaller = k.let('smaller', nodes.of('total', left))
      k.if(
        lt(before, smaller),
        () => k.set(node, left),
        () => {
          k.set(before, sub(before, smaller))
          k.breakIf(lt(before, nodes.of('rows', node)), label)
          k.set(before, sub(before, nodes.of('rows', node)))
          k.set(node, nodes.child(node, i32(Side.right)))
        },
      )
    })
    return node
  }

  /** The node of the value that most rows have, of several the least; or NIL. */
  mode(k: KernelBuilder, root: Expr): Local {
    const { nodes } = this
    const node = k.let('node', root)
    const most = k.let('most', nodes.of('most', root))
    k.loop('find_mode', label => {
      k.breakIf(eq(node, NIL), label)
      const left = k.let('left', nodes.child(node, i32(Side.left)))
      k.if(
        eq(nodes.of('most', left), most),
        () => k.set(node, left),
        () => {
          k.breakIf(eq(nodes.of('rows', node), most), label)
          k.set(node, nodes.child(node, i32(Side.right)))
        },
      )
    })
    return node
  }

  /** Forgets all values of an owner, at once. */
  forget(k: KernelBuilder, cell: RootCell): void {
    const root = k.let('root', cell.root)
    k.if(ne(root, NIL), () => {
      this.nodes.forget(k, root)
      cell.set(NIL)
    })
  }

  /**
   * Takes the next value of one owner into another, whose equal values stay; yields whether all have been taken. There
   * must be room for one. When they all have, `endTaking` comes before another owner is taken in.
   */
  takeNext(k: KernelBuilder, into: RootCell, from: Expr): Expr {
    const { nodes } = this
    const node = this.#next(k, from)
    k.if(gt(node, NIL), () => {
      const held = k.let('taken', this.#held(node))
      const value = bind(k, 'taken', this.valueOf(node))
      this.insert(k, into, { value, stored: held }, nodes.of('rows', node))
      k.set(node, this.#successor(k, node))
    })
    k.put(nodes.head, 'next', select(gt(node, NIL), node, BEHIND_LAST))
    return eq(load(nodes.head, 'next'), BEHIND_LAST)
  }

  /** The node that `takeNext` takes, or BEHIND_LAST; NIL where there is none at all. */
  #next(k: KernelBuilder, from: Expr): Local {
    const node = k.let('next', load(this.nodes.head, 'next'))
    k.if(eq(node, NIL), () => k.set(node, this.least(k, from)))
    return node
  }

  /** Returns `grow` where what `takeNext` takes would find no room. */
  reserveNext(k: KernelBuilder, leave: Leave, into: Expr, from: Expr): void {
    k.if(this.nodes.isFull, () => {
      const node = this.#next(k, from)
      k.if(gt(node, NIL), () => this.reserve(k, leave, into, bind(k, 'next', this.valueOf(node))))
    })
  }

  endTaking(k: KernelBuilder): void {
    k.put(this.nodes.head, 'next', NIL)
  }

  /** The node of the next larger value, or NIL. */
  #successor(k: KernelBuilder, node: Expr): Local {
    const { nodes } = this
    const next = k.let('right', nodes.child(node, i32(Side.right)))
    k.if(
      ne(next, NIL),
      () => k.set(next, this.#outermost(k, next, Side.left)),
      () => {
        const below = k.let('below', node)
        k.loop('climb', label => {
          k.set(next, nodes.of('parent', below))
          k.breakIf(eq(next, NIL), label)
          k.breakIf(eq(nodes.child(next, i32(Side.left)), below), label)
          k.set(below, next)
        })
      },
    )
    return next
  }

  #held(node: Expr): Expr {
    return load(this.nodes.entries, 'value', node)
  }
}

const max = (a: Expr, b: Expr): Expr => select(gt(a, b), a, b)
const min = (a: Expr, b: Expr): Expr => select(lt(a, b), a, b)
