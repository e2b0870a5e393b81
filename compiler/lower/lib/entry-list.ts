/** Entries of a table in some order: a list that is linked both ways, so that one leaves it wherever it stands. */
import { eq, i32, type KernelBuilder, load, lt } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'

const NONE = -1

/** What the head of a list keeps. */
export const endFields = { first: 'i32', last: 'i32' } as const satisfies FieldSpecs

export class EntryList {
  readonly #head: Mem
  readonly #entries: Mem
  readonly #name: string

  /** The head has `endFields`, entries those of `linkFields`. */
  constructor(head: Mem, entries: Mem, name: string) {
    this.#head = head
    this.#entries = entries
    this.#name = name
  }

  static linkFields(name: string): FieldSpecs {
    return { [`${name}_before`]: 'i32', [`${name}_behind`]: 'i32' }
  }

  init(k: KernelBuilder): void {
    k.put(this.#head, 'first', i32(NONE))
    k.put(this.#head, 'last', i32(NONE))
  }

  /** The entry that comes first, or -1. */
  get first(): Expr {
    return load(this.#head, 'first')
  }

  get isEmpty(): Expr {
    return eq(this.first, i32(NONE))
  }

  /** Puts an entry behind all others. */
  append(k: KernelBuilder, entry: Expr): void {
    const last = k.let('last_entry', load(this.#head, 'last'))
    this.#link(k, last, entry)
    this.#link(k, entry, i32(NONE))
  }

  remove(k: KernelBuilder, entry: Expr): void {
    const [before, behind] = ['before', 'behind'].map(side => k.let(side, this.#beside(entry, side)))
    this.#link(k, before, behind)
  }

  #beside(entry: Expr, side: string): Expr {
    return load(this.#entries, `${this.#name}_${side}`, entry)
  }

  /** Makes two entries neighbours; none stands for an end of the list. */
  #link(k: KernelBuilder, before: Expr, behind: Expr): void {
    const put = (entry: Expr, side: string, end: string, other: Expr): void =>
      k.if(
        lt(entry, i32(0)),
        () => k.put(this.#head, end, other),
        () => k.store(this.#entries, `${this.#name}_${side}`, entry, other),
      )
    put(before, 'behind', 'first', behind)
    put(behind, 'before', 'last', before)
  }
}
