/**
 * Ordered multisets as kernel code: for each owner the values that it has, in the total order of their type, each
 * distinct one in one node with the number of rows that have it. Of values that are equal (0 and -0, all NaN) the first
 * to arrive is kept, as long as there is any. Nodes know what the order statistics need: how many rows and nodes are below
 * them, and the most that one value there has.
 */
import {
  add,
  eq,
  f64,
  gt,
  i32,
  type KernelBuilder,
  load,
  ne,
  select,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { DataType } from '../../../ir/types.ts'
import { orderOf } from '../expr/compare.ts'
import { bind, type Value } from '../value.ts'
import type { Leave } from './control.ts'
import type { Interner } from './interner.ts'
import { keptField, readKept } from './kept.ts'
import { NIL, Side, ValueNodes } from './value-nodes.ts'
import { max, type RootCell, WeightedTree } from './weighted-tree.ts'

/** In place of the next node of a tree that is taken into another: there is none. */
const BEHIND_LAST = i32(-1)

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
  readonly #tree: WeightedTree
  readonly #type: DataType
  readonly #texts: Interner | undefined

  /** Texts are those that `texts` names; else there need be none. */
  constructor(id: number, name: string, type: DataType, texts?: Interner) {
    this.nodes = new ValueNodes({ id, name, fields: { value: keptField(type), most: 'f64' } })
    this.#tree = new WeightedTree(this.nodes, (k, node, children) => {
      const most = children.map(child => this.#most(child)).reduce(max, this.nodes.of('rows', node))
      k.store(this.nodes.entries, 'most', node, most)
    })
    this.#type = type
    this.#texts = texts
  }

  /** The value of a node. */
  valueOf(node: Expr): Value {
    return readKept(this.nodes.entries, 'value', node, this.#type, this.#texts)
  }

  /** The most rows that one value at or below a node has. */
  #most(node: Expr): Expr {
    return load(this.nodes.entries, 'most', node)
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
    const { node, ...gap } = this.#find(k, cell.root, value)
    k.if(eq(node, NIL), () => {
      k.set(node, nodes.allocate(k))
      k.store(nodes.entries, 'value', node, stored)
      nodes.put(k, 'rows', node, f64(0))
      this.#tree.hang(k, cell, gap, node)
    })
    nodes.put(k, 'rows', node, add(nodes.of('rows', node), rows))
    this.#tree.settle(k, cell, node)
  }

  /** Takes out one row of a value; yields whether there was any. */
  remove(k: KernelBuilder, cell: RootCell, value: Value): Local {
    const { nodes } = this
    const { node } = this.#find(k, cell.root, value)
    const isThere = k.let('is_there', ne(node, NIL))
    k.if(isThere, () => {
      nodes.put(k, 'rows', node, sub(nodes.of('rows', node), f64(1)))
      const changed = k.let('changed', node)
      k.if(eq(nodes.of('rows', node), f64(0)), () => {
        k.set(changed, this.#tree.unlink(k, cell, node))
        nodes.release(k, node)
      })
      this.#tree.settle(k, cell, changed)
    })
    return isThere
  }

  /** The node of the least value, or NIL. */
  least(k: KernelBuilder, root: Expr): Local {
    return this.#tree.outermost(k, root, Side.left)
  }

  /** The node of the greatest value, or NIL. */
  greatest(k: KernelBuilder, root: Expr): Local {
    return this.#tree.outermost(k, root, Side.right)
  }

  /** The node of the row that so many come before in the order of values, an f64; NIL where there are no more. */
  at(k: KernelBuilder, root: Expr, rank: Expr): Local {
    return this.#tree.at(k, root, rank).node
  }

  /** The node of the value that most rows have, of several the least; or NIL. */
  mode(k: KernelBuilder, root: Expr): Local {
    const { nodes } = this
    const node = k.let('node', root)
    const most = k.let('most', this.#most(root))
    k.loop('find_mode', label => {
      k.breakIf(eq(node, NIL), label)
      const left = k.let('left', nodes.child(node, i32(Side.left)))
      k.if(
        eq(this.#most(left), most),
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
      const held = k.let('taken', load(nodes.entries, 'value', node))
      const value = bind(k, 'taken', this.valueOf(node))
      this.insert(k, into, { value, stored: held }, nodes.of('rows', node))
      k.set(node, this.#tree.neighbour(k, node, Side.right))
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
}
