/**
 * Ordered trees as kernel code, each of an owner: nodes that hold rows, in an order that whoever finds the place of a node
 * knows. A node stays what it is as long as it is there, however the tree is turned.
 *
 * A tree is balanced by weight (J. Nievergelt and E. Reingold, Binary search trees of bounded balance, 1973; with the
 * constants that Y. Hirai and K. Yamamoto prove right for insertion and deletion, Balancing weight-balanced trees, 2011).
 * So no order of rows makes it deep, nothing is random, and each node knows how many rows and nodes are below it.
 */
import {
  add,
  eq,
  ge,
  gt,
  i32,
  type KernelBuilder,
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
import { NIL, Side, type ValueNodes } from './value-nodes.ts'

/** A side may be so many times as heavy as the other; its inner part so many times as its outer one. */
const SIDES_RATIO = 3
const PARTS_RATIO = 2

/** Where an owner keeps its tree: an i32 that is 0 where the tree is empty. */
export interface RootCell {
  readonly root: Expr
  set(root: Expr): void
}

/** Where a new node goes: the node above, NIL in an empty tree, and the side of it. */
export interface Gap {
  readonly parent: Expr
  readonly side: Expr
}

/** What else a node knows of those below it: written when its children may be others. */
export type Summary = (k: KernelBuilder, node: Expr, children: readonly Local[]) => void

/** A place among the rows of a tree: the node that holds it, or NIL, and how much of that is before it. */
export interface At {
  readonly node: Local
  readonly before: Local
}

export class WeightedTree {
  readonly nodes: ValueNodes
  readonly #summary: Summary

  constructor(nodes: ValueNodes, summary: Summary = () => {}) {
    this.nodes = nodes
    this.#summary = summary
  }

  /** Takes in a node that is in no tree; `settle` is to follow, once it has its rows. */
  hang(k: KernelBuilder, cell: RootCell, { parent, side }: Gap, node: Expr): void {
    this.nodes.put(k, 'parent', node, parent)
    this.#place(k, cell, parent, side, node)
  }

  /** Takes a node out of its tree; yields the lowest one below which something has changed: `settle` is to follow. */
  unlink(k: KernelBuilder, cell: RootCell, node: Expr): Local {
    const { nodes } = this
    const changed = k.let('changed', nodes.of('parent', node))
    const [left, right] = [Side.left, Side.right].map(side => k.let('child', nodes.child(node, i32(side))))
    k.if(
      gt(min(left, right), NIL),
      () => {
        const heir = this.outermost(k, right, Side.left)
        const above = k.let('above', nodes.of('parent', heir))
        k.set(changed, select(eq(above, node), heir, above))
        this.#lower(k, cell, heir)
        this.#replace(k, cell, node, heir)
        for (const side of Object.values(Side)) {
          const child = k.let('child', nodes.child(node, i32(side)))
          nodes.putChild(k, heir, i32(side), child)
          nodes.put(k, 'parent', child, heir)
        }
      },
      () => this.#lower(k, cell, node),
    )
    return changed
  }

  /** Puts the one child of a node in its place, or none. */
  #lower(k: KernelBuilder, cell: RootCell, node: Expr): void {
    const [left, right] = [Side.left, Side.right].map(side => this.nodes.child(node, i32(side)))
    this.#replace(k, cell, node, k.let('only', or(left, right)))
  }

  #replace(k: KernelBuilder, cell: RootCell, node: Expr, by: Expr): void {
    const parent = k.let('above', this.nodes.of('parent', node))
    this.#place(k, cell, parent, this.#sideOf(node, parent), by)
    this.nodes.put(k, 'parent', by, parent)
  }

  /** Makes a node the child of another, or the root where that is NIL. */
  #place(k: KernelBuilder, cell: RootCell, parent: Expr, side: Expr, node: Expr): void {
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
  settle(k: KernelBuilder, cell: RootCell, from: Expr): void {
    const { nodes } = this
    const at = k.let('at', from)
    k.loop('settle', label => {
      k.breakIf(eq(at, NIL), label)
      this.#count(k, at)
      const [left, right] = [Side.left, Side.right].map(side => this.#weight(nodes.child(at, i32(side))))
      const side = k.let('heavy', toInt(gt(right, left)))
      k.if(gt(max(left, right), mul(min(left, right), i32(SIDES_RATIO))), () => {
        k.if(this.#balance(k, cell, at, side), () => k.continue(label))
      })
      k.set(at, nodes.of('parent', at))
    })
  }

  #weight(node: Expr): Expr {
    return add(this.nodes.of('size', node), i32(1))
  }

  #count(k: KernelBuilder, node: Expr): void {
    const { nodes } = this
    const children = [Side.left, Side.right].map(side => k.let('child', nodes.child(node, i32(side))))
    const both = (field: 'total' | 'size'): Expr =>
      children.map(child => nodes.of(field, child)).reduce((a, b) => add(a, b))
    nodes.put(k, 'size', node, add(both('size'), i32(1)))
    nodes.put(k, 'total', node, add(both('total'), nodes.of('rows', node)))
    this.#summary(k, node, children)
  }

  /**
   * Lifts the heavy side of a node above it; the inner part of that side first, where it is what makes it heavy: then it yields
   * that there is more to do. After that it is heavy no more, as the side itself is in balance.
   */
  #balance(k: KernelBuilder, cell: RootCell, node: Local, side: Expr): Expr {
    const { nodes } = this
    const other = k.let('light', xor(side, i32(1)))
    const child = k.let('child', nodes.child(node, side))
    const [inner, outer] = [other, side].map(part => this.#weight(nodes.child(child, part)))
    const isInner = k.let('is_inner', ge(inner, mul(outer, i32(PARTS_RATIO))))
    const lowered = k.let('lowered', select(isInner, child, node))
    this.#lift(k, cell, lowered, k.let('lifted_side', select(isInner, other, side)))
    return isInner
  }

  /** Rotates: the child at a side takes the place of its parent. */
  #lift(k: KernelBuilder, cell: RootCell, node: Expr, side: Expr): void {
    const { nodes } = this
    const other = k.let('other', xor(side, i32(1)))
    const child = k.let('lifted', nodes.child(node, side))
    const inner = k.let('inner', nodes.child(child, other))
    const parent = k.let('above', nodes.of('parent', node))
    this.#place(k, cell, parent, k.let('place', this.#sideOf(node, parent)), child)
    nodes.putChild(k, node, side, inner)
    nodes.putChild(k, child, other, node)
    nodes.put(k, 'parent', inner, node)
    nodes.put(k, 'parent', child, parent)
    nodes.put(k, 'parent', node, child)
    this.#count(k, node)
    this.#count(k, child)
  }

  /** The first node of a tree, or the last one; or NIL. */
  outermost(k: KernelBuilder, root: Expr, side: number): Local {
    const node = k.let('node', root)
    k.loop('outermost', label => {
      const child = k.let('child', this.nodes.child(node, i32(side)))
      k.breakIf(eq(child, NIL), label)
      k.set(node, child)
    })
    return node
  }

  /** The next node at a side, or NIL. */
  neighbour(k: KernelBuilder, node: Expr, side: number): Local {
    const { nodes } = this
    const other = side === Side.left ? Side.right : Side.left
    const next = k.let('next', nodes.child(node, i32(side)))
    k.if(
      ne(next, NIL),
      () => k.set(next, this.outermost(k, next, other)),
      () => {
        const below = k.let('below', node)
        k.loop('climb', label => {
          k.set(next, nodes.of('parent', below))
          k.breakIf(eq(next, NIL), label)
          k.breakIf(eq(nodes.child(next, i32(other)), below), label)
          k.set(below, next)
        })
      },
    )
    return next
  }

  /** The row that so many come before, an f64; NIL where there are no more. */
  at(k: KernelBuilder, root: Expr, rank: Expr): At {
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
    return { node, before }
  }
}

export const max = (a: Expr, b: Expr): Expr => select(gt(a, b), a, b)
const min = (a: Expr, b: Expr): Expr => select(lt(a, b), a, b)
