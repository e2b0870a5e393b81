/** The values that a group keeps in their order: a chain of nodes, whose ends and number are fields of its entry. */
import {
  add,
  bool,
  eq,
  i32,
  type KernelBuilder,
  load,
  lt,
  ne,
  not,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { DataType } from '../../../ir/types.ts'
import { isBytes } from '../../../ir/types.ts'
import type { Leave } from '../lib/control.ts'
import type { Wanted } from '../lib/interner.ts'
import { type Chain, END_OF_CHAIN, eachOf, NodePool } from '../lib/node-pool.ts'
import type { RowWork } from '../scope.ts'
import { isNever, type Value } from '../value.ts'
import type { GroupStore, OwnState } from './accumulator.ts'
import { heldField, readHeld, writeHeld } from './held.ts'

/** Of a node: what it holds, and whether that is null. */
const VALUE = 'value'
const IS_NULL = 'is_null'

export interface Held {
  readonly type: DataType
  readonly nullable: boolean
}

export class ValueChain {
  readonly held: Held
  readonly #store: GroupStore
  readonly #name: string
  readonly #pool: NodePool
  /** Nodes as entries of their own. */
  readonly #nodes: GroupStore

  constructor(store: GroupStore, name: string, held: Held) {
    this.held = held
    this.#store = store
    this.#name = name
    const fields = { [VALUE]: heldField(held.type), ...(held.nullable && { [IS_NULL]: 'u8' as const }) }
    this.#pool = new NodePool(store.newState(), `${name}_values`, fields)
    this.#nodes = store.of(this.#pool.nodes)
    if (isBytes(held.type)) for (const walk of this.#pool.textWalks(VALUE)) store.texts?.addWalk(walk)
  }

  get fields(): FieldSpecs {
    return { [this.#field('first')]: 'i32', [this.#field('last')]: 'i32', [this.#field('count')]: 'i32' }
  }

  get state(): OwnState {
    return { growable: this.#pool.growable, grow: k => this.#pool.grow(k) }
  }

  get heads(): readonly NodePool['head'][] {
    return [this.#pool.head]
  }

  #field(name: keyof Chain): string {
    return `${this.#name}_${name}`
  }

  #load(name: keyof Chain, entry: Expr): Expr {
    return this.#store.load(this.#field(name), entry)
  }

  #put(k: KernelBuilder, name: keyof Chain, entry: Expr, value: Expr): void {
    k.store(this.#store.entries, this.#field(name), entry, value)
  }

  init(k: KernelBuilder, entry: Expr): void {
    for (const end of ['first', 'last'] as const) this.#put(k, end, entry, i32(END_OF_CHAIN))
    this.#put(k, 'count', entry, i32(0))
  }

  count(entry: Expr): Expr {
    return this.#load('count', entry)
  }

  first(entry: Expr): Expr {
    return this.#load('first', entry)
  }

  last(entry: Expr): Expr {
    return this.#load('last', entry)
  }

  /** Room for so many more values. */
  reserve(k: KernelBuilder, leave: Leave, count: Expr): void {
    this.#pool.reserve(k, leave, count)
  }

  /** Gives all values of an entry back. */
  forget(k: KernelBuilder, entry: Expr): void {
    const [first, last, count] = [this.first(entry), this.last(entry), this.count(entry)]
    this.#pool.release(k, { first, last, count })
  }

  /** The value of a node. Under a null lies nothing. */
  read(node: Expr): Value {
    const value = readHeld(this.#nodes, VALUE, this.held.type, node)
    if (!this.held.nullable) return value
    return { ...value, isNull: ne(this.#nodes.load(IS_NULL, node), i32(0)) }
  }

  /** Puts a value behind that of a node of the chain, or in front of all. A text must have been interned. */
  insert(
    cx: RowWork,
    entry: Expr,
    behind: Expr,
    { value, texts }: { readonly value: Value; readonly texts: readonly Wanted[] },
  ): void {
    const node = this.#pool.take(cx.k)
    writeHeld(cx, this.#nodes, VALUE, node, value, texts)
    if (this.held.nullable) cx.k.store(this.#pool.nodes, IS_NULL, node, toInt(value.isNull))
    this.#link(cx.k, entry, behind, node)
  }

  /** As `insert`, of what a node of another entry holds. */
  insertCopy(k: KernelBuilder, entry: Expr, behind: Expr, of: Expr): Local {
    const node = this.#pool.take(k)
    const { nodes } = this.#pool
    for (const field of this.held.nullable ? [VALUE, IS_NULL] : [VALUE])
      k.store(nodes, field, node, load(nodes, field, of))
    this.#link(k, entry, behind, node)
    return node
  }

  #link(k: KernelBuilder, entry: Expr, behind: Expr, node: Local): void {
    k.if(
      lt(behind, i32(0)),
      () => {
        this.#pool.link(k, node, this.first(entry))
        this.#put(k, 'first', entry, node)
      },
      () => {
        this.#pool.link(k, node, this.next(behind))
        this.#pool.link(k, behind, node)
      },
    )
    k.if(eq(this.next(node), i32(END_OF_CHAIN)), () => this.#put(k, 'last', entry, node))
    this.#put(k, 'count', entry, add(this.count(entry), i32(1)))
  }

  next(node: Expr): Expr {
    return this.#pool.next(node)
  }

  /** Gives the first value of several back. */
  dropFirst(k: KernelBuilder, entry: Expr): void {
    const first = k.let('dropped', this.first(entry))
    this.#put(k, 'first', entry, this.next(first))
    this.#put(k, 'count', entry, sub(this.count(entry), i32(1)))
    this.#pool.release(k, { first, last: first, count: i32(1) })
  }

  /** Runs code for each value of an entry in their order. */
  each(k: KernelBuilder, entry: Expr, body: (node: Local) => void): void {
    eachOf(k, this.#pool, this.first(entry), body)
  }
}

/** Is there a value? */
export const isGiven = ({ isNull }: Value): Expr => (isNever(isNull) ? bool(true) : not(isNull))
