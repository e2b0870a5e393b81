/**
 * A pool of nodes that are linked to chains: state of its own that grows, for owners that keep any number of values for an
 * entry. A chain is given back at once, however long it is: its nodes are taken again before new ones are.
 */
import { controlBlock } from '../../../ir/abi.ts'
import { add, eq, ge, gt, i32, type KernelBuilder, load, lt, min32, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { type FieldSpecs, rowLayout } from '../../../ir/layout.ts'
import type { Growable } from '../../../ir/physical/program.ts'
import { askForRoom, type Leave, returnIfBudgetSpent } from './control.ts'
import { type TextWalk, UNKNOWN_TEXT } from './interner.ts'
import { powerOfTwo, roomFor } from './table.ts'

/** Nodes that there is room for when it first grows. */
const ROOM_MIN = 16
/** No node follows. */
export const END_OF_CHAIN = -1

export interface Chain {
  readonly first: Expr
  readonly last: Expr
  readonly count: Expr
}

export class NodePool {
  readonly head: Mem
  /** Field `next` is the node behind, or END_OF_CHAIN. */
  readonly nodes: Mem
  readonly #id: number
  readonly #name: string

  constructor(id: number, name: string, fields: FieldSpecs) {
    this.#id = id
    this.#name = name
    /** Nodes in use; ids ever given; first free id + 1; nodes there is room for. */
    this.head = rowLayout(`${name}_head`, 'state', { live: 'i32', high: 'i32', free: 'i32', room: 'i32' })
    this.nodes = rowLayout(name, 'state', { ...fields, next: 'i32' })
  }

  get growable(): Growable {
    return {
      id: this.#id,
      name: this.#name,
      kernel: `grow_${this.#name}`,
      head: this.head,
      parts: [{ mem: this.nodes, rowsPerUnit: 1 }],
      holdsOutput: false,
    }
  }

  #head(field: string): Expr {
    return load(this.head, field)
  }

  next(node: Expr): Expr {
    return load(this.nodes, 'next', node)
  }

  link(k: KernelBuilder, node: Expr, next: Expr): void {
    k.store(this.nodes, 'next', node, next)
  }

  /** Returns `grow` when `count` more nodes would find no room. Part of a row's reserve. */
  reserve(k: KernelBuilder, leave: Leave, count: Expr): void {
    const need = k.let('need', add(this.#head('live'), count))
    k.if(gt(need, this.#head('room')), () => askForRoom(k, this.#id, need, leave))
  }

  /** Would `count` more nodes find no room? */
  lacks(count: Expr): Expr {
    return gt(add(this.#head('live'), count), this.#head('room'))
  }

  /** A node of which nobody knows; its fields hold what its last owner left. */
  take(k: KernelBuilder): Local {
    const free = k.let('free', this.#head('free'))
    const node = k.let('node', sub(free, i32(1)))
    k.if(
      eq(free, i32(0)),
      () => {
        k.set(node, this.#head('high'))
        k.put(this.head, 'high', add(node, i32(1)))
      },
      () => k.put(this.head, 'free', add(this.next(node), i32(1))),
    )
    k.put(this.head, 'live', add(this.#head('live'), i32(1)))
    return node
  }

  /** Gives a chain back, if there is any. */
  release(k: KernelBuilder, { first, last, count }: Chain): void {
    k.if(gt(count, i32(0)), () => {
      this.link(k, last, sub(this.#head('free'), i32(1)))
      k.put(this.head, 'free', add(first, i32(1)))
      k.put(this.head, 'live', sub(this.#head('live'), count))
    })
  }

  /** The body of the grow kernel: nodes stay where they are. */
  grow(k: KernelBuilder): void {
    const room = powerOfTwo(k, roomFor(load(controlBlock, 'need')), ROOM_MIN)
    k.put(this.head, 'room', min32(room, load(controlBlock, 'limit')))
  }

  /** Of texts that a field names: nodes that were given back forget theirs, then all that know one are looked at. */
  textWalks(field: string): readonly TextWalk[] {
    return [
      (k, at, save) => this.#forgetTexts(k, field, at, save),
      (k, at, save, mark) => this.#eachNode(k, at, save, node => mark(load(this.nodes, field, node))),
    ]
  }

  /** The position is an id + 1, as in `free`; 0 before the first. */
  #forgetTexts(k: KernelBuilder, field: string, at: Local, save: () => void): void {
    const spent = k.let('spent', i32(0))
    k.if(eq(at, i32(0)), () => k.set(at, this.#head('free')))
    k.loop('free_nodes', label => {
      k.breakIf(eq(at, i32(0)), label)
      save()
      returnIfBudgetSpent(k, spent)
      const node = k.let('node', sub(at, i32(1)))
      k.store(this.nodes, field, node, i32(UNKNOWN_TEXT))
      k.set(at, add(this.next(node), i32(1)))
    })
  }

  #eachNode(k: KernelBuilder, at: Local, save: () => void, each: (node: Expr) => void): void {
    const spent = k.let('spent', i32(0))
    k.loop('nodes', label => {
      k.breakIf(ge(at, this.#head('high')), label)
      save()
      returnIfBudgetSpent(k, spent)
      each(at)
      k.set(at, add(at, i32(1)))
    })
  }
}

/** Runs code for each node from one on; what it does to their links makes no difference. */
export function eachOf(k: KernelBuilder, pool: NodePool, first: Expr, each: (node: Local) => void): void {
  const node = k.let('node', first)
  k.loop('chain', label => {
    k.breakIf(lt(node, i32(0)), label)
    const next = k.let('next', pool.next(node))
    each(node)
    k.set(node, next)
  })
}
