/**
 * The nodes of the trees of lib/weighted-tree, one for each distinct value of an owner, in a pool that grows. Node 0
 * is none at all: it has no rows below it, so that nobody has to ask for it. A tree is forgotten as a whole, by its
 * root; whoever needs a node takes such a root, and what hangs below it are roots from then on.
 */
import { controlBlock } from '../../../ir/abi.ts'
import {
  add,
  eq,
  f64,
  ge,
  gt,
  i32,
  type KernelBuilder,
  load,
  min32,
  mul,
  ne,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { columnLayout, type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { askForRoom, type Leave, returnIfBudgetSpent } from './control.ts'
import { powerOfTwo, roomFor } from './table.ts'

/** No node. */
export const NIL = i32(0)
/** Nodes that there is room for at the least, NIL among them. */
const ROOM_MIN = 16

/** The sides of a node: smaller values, larger ones. */
export const Side = { left: 0, right: 1 } as const

export interface NodesOptions {
  readonly id: number
  readonly name: string
  /** What a node keeps of its value. */
  readonly fields: FieldSpecs
}

const nodeFields = {
  /** Rows that have the value; all rows at and below the node. */
  rows: 'f64',
  total: 'f64',
  /** The node above, or the next one of those that are free; nodes at and below it. */
  parent: 'i32',
  size: 'i32',
} as const satisfies FieldSpecs
export type NodeField = keyof typeof nodeFields

export class ValueNodes {
  readonly head: Mem
  readonly entries: Mem
  readonly #children: Mem
  readonly #id: number
  readonly #name: string

  constructor({ id, name, fields }: NodesOptions) {
    this.#id = id
    this.#name = name
    this.head = rowLayout(`${name}_head`, 'state', {
      /** Nodes in use, ids ever given, nodes there is room for. */
      live: 'i32',
      high: 'i32',
      room: 'i32',
      /** The first node that is free, and the first root of a tree that was forgotten. */
      free: 'i32',
      forest: 'i32',
      /** While a tree is taken into another: the node that comes next, or BEHIND_LAST. */
      next: 'i32',
    })
    this.entries = rowLayout(name, 'state', { ...fields, ...nodeFields })
    this.#children = columnLayout(`${name}_children`, 'state', { node: 'i32' }, 1)
  }

  get growable(): Growable {
    return {
      id: this.#id,
      name: this.#name,
      kernel: `grow_${this.#name}`,
      head: this.head,
      parts: [
        { mem: this.entries, rowsPerUnit: 1 },
        { mem: this.#children, rowsPerUnit: 2 },
      ],
      holdsOutput: false,
    }
  }

  of(field: NodeField, node: Expr): Expr {
    return load(this.entries, field, node)
  }

  put(k: KernelBuilder, field: NodeField, node: Expr, value: Expr): void {
    k.store(this.entries, field, node, value)
  }

  child(node: Expr, side: Expr): Expr {
    return load(this.#children, 'node', this.#placeOf(node, side))
  }

  putChild(k: KernelBuilder, node: Expr, side: Expr, child: Expr): void {
    k.store(this.#children, 'node', this.#placeOf(node, side), child)
  }

  #placeOf(node: Expr, side: Expr): Expr {
    return add(mul(node, i32(2)), side)
  }

  #head(field: string): Expr {
    return load(this.head, field)
  }

  init(k: KernelBuilder): void {
    k.put(this.head, 'live', i32(1))
    k.put(this.head, 'high', i32(1))
    k.put(this.head, 'room', min32(i32(ROOM_MIN), load(controlBlock, 'limit')))
  }

  /** Is there no room for another node? */
  get isFull(): Expr {
    return ge(this.#head('live'), this.#head('room'))
  }

  /** Asks for room for another node. Part of a row's reserve. */
  askForOne(k: KernelBuilder, leave: Leave): void {
    askForRoom(k, this.#id, add(this.#head('live'), i32(1)), leave)
  }

  /** The body of the grow kernel: there is nothing to move. */
  grow(k: KernelBuilder): void {
    const room = powerOfTwo(k, roomFor(load(controlBlock, 'need')), ROOM_MIN)
    k.put(this.head, 'room', min32(room, load(controlBlock, 'limit')))
  }

  /** A node without children, for which there must be room. */
  allocate(k: KernelBuilder): Local {
    const node = k.let('node', this.#head('free'))
    k.if(
      ne(node, NIL),
      () => k.put(this.head, 'free', this.of('parent', node)),
      () => {
        k.set(node, this.#takeForgotten(k))
        k.if(eq(node, NIL), () => {
          k.set(node, this.#head('high'))
          k.put(this.head, 'high', add(node, i32(1)))
        })
      },
    )
    for (const side of Object.values(Side)) this.putChild(k, node, i32(side), NIL)
    k.put(this.head, 'live', add(this.#head('live'), i32(1)))
    return node
  }

  /** The root of a tree that was forgotten, or NIL; what was below it stays forgotten. */
  #takeForgotten(k: KernelBuilder): Local {
    const root = k.let('root', this.#head('forest'))
    k.if(ne(root, NIL), () => {
      k.put(this.head, 'forest', this.of('parent', root))
      for (const side of Object.values(Side)) {
        const child = k.let('child', this.child(root, i32(side)))
        k.if(ne(child, NIL), () => this.#plant(k, child))
      }
    })
    return root
  }

  #plant(k: KernelBuilder, root: Expr): void {
    this.put(k, 'parent', root, this.#head('forest'))
    k.put(this.head, 'forest', root)
  }

  /** Gives one node back, which is in no tree any more. */
  release(k: KernelBuilder, node: Expr): void {
    this.#setFree(k, node)
    k.put(this.head, 'live', sub(this.#head('live'), i32(1)))
  }

  #setFree(k: KernelBuilder, node: Expr): void {
    k.store(this.entries, 'rows', node, f64(0))
    this.put(k, 'parent', node, this.#head('free'))
    k.put(this.head, 'free', node)
  }

  /** Gives back all nodes of a tree that is not empty, however many they are. */
  forget(k: KernelBuilder, root: Expr): void {
    k.put(this.head, 'live', sub(this.#head('live'), this.of('size', root)))
    this.#plant(k, root)
  }

  /**
   * Calls `each` with every node in use, from `at` on; `save` keeps the position over a yield. Nodes that were forgotten
   * with their trees are set free first: in use is what has rows.
   */
  scan(k: KernelBuilder, at: Local, save: () => void, each: (node: Local) => void): void {
    const spent = k.let('spent', i32(0))
    k.loop('fell', label => {
      k.breakIf(eq(this.#head('forest'), NIL), label)
      returnIfBudgetSpent(k, spent)
      this.#setFree(k, this.#takeForgotten(k))
    })
    k.loop(`walk_${this.#name}`, label => {
      k.breakIf(ge(at, this.#head('high')), label)
      save()
      returnIfBudgetSpent(k, spent)
      k.if(gt(this.of('rows', at), f64(0)), () => each(at))
      k.set(at, add(at, i32(1)))
    })
  }
}
