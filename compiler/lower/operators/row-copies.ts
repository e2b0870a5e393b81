/** Rows that may be taken back, by all of their columns: of rows that are equal the last to come is the first to go. */
import { and, eq, i32, type KernelBuilder, load, lt } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Column } from '../../../ir/schema.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { hashWords } from '../lib/hash.ts'
import type { Interner, Wanted } from '../lib/interner.ts'
import { HashTable } from '../lib/table.ts'
import type { StatefulStage } from '../stage.ts'
import { GroupKey, type KeyValue } from './group-key.ts'

const NONE = i32(-1)

/** A row that was looked for: its key, and the entry of all that are equal to it, or -1. */
export interface SoughtCopies {
  readonly key: KeyValue
  readonly entry: Local
}

export class RowCopies {
  readonly #key: GroupKey
  readonly #table: HashTable

  constructor(id: number, columns: readonly Column[], texts: Interner | undefined) {
    this.#key = new GroupKey(columns, texts)
    const fields = { owner: 'i32' as const, newest: 'i32' as const, ...this.#key.fields }
    this.#table = new HashTable({ id, name: 'row_copies', fields })
    texts?.addUser(this.#table)
  }

  /** What rows keep for it. */
  static readonly rowFields = { older: 'i32', copies: 'i32' } as const satisfies FieldSpecs

  get head(): Mem {
    return this.#table.head
  }

  get growable(): StatefulStage['growables'][number] {
    return { growable: this.#table.growable, grow: k => this.#table.grow(k) }
  }

  init(k: KernelBuilder): void {
    this.#table.init(k)
  }

  /** Looks for the rows of an owner that have those columns; with an owner below 0 there are none. */
  find(k: KernelBuilder, owner: Expr, columns: RowColumns): SoughtCopies {
    const key = this.#key.read({ k }, columns)
    const { entries } = this.#table
    const { entry } = this.#table.find(k, this.#hashOf(k, owner, key), candidate =>
      and(eq(load(entries, 'owner', candidate), owner), this.#key.equals(entries, candidate, key)),
    )
    return { key, entry }
  }

  #hashOf(k: KernelBuilder, owner: Expr, key: KeyValue): Local {
    return hashWords(k, [owner, ...this.#key.words(key)])
  }

  /** Texts that must be known before a row is added. */
  textsOf({ key }: SoughtCopies): readonly Wanted[] {
    return key.texts
  }

  reserve(k: KernelBuilder, leave: Leave): void {
    this.#table.reserve(k, leave)
  }

  /** The row that is taken back. */
  newestOf({ entry }: SoughtCopies): Expr {
    return load(this.#table.entries, 'newest', entry)
  }

  /** One more row of an owner, whose texts were interned. */
  add(k: KernelBuilder, sought: SoughtCopies, owner: Expr, rows: Mem, row: Expr): void {
    const { entries } = this.#table
    const entry = k.let('copies', sought.entry)
    const older = k.let('older', NONE)
    k.if(
      lt(entry, i32(0)),
      () => {
        const key = this.#key.withTexts(sought.key)
        k.set(entry, this.#table.insert(k, this.#hashOf(k, owner, key)))
        k.store(entries, 'owner', entry, owner)
        for (const [field, value] of key.fields) k.store(entries, field, entry, value)
      },
      () => k.set(older, load(entries, 'newest', entry)),
    )
    k.store(entries, 'newest', entry, row)
    k.store(rows, 'older', row, older)
    k.store(rows, 'copies', row, entry)
  }

  /** Forgets a row, which is the last to have come of those that are equal to it. */
  remove(k: KernelBuilder, rows: Mem, row: Expr): void {
    const entry = k.let('copies', load(rows, 'copies', row))
    const older = k.let('older', load(rows, 'older', row))
    k.store(this.#table.entries, 'newest', entry, older)
    k.if(lt(older, i32(0)), () => this.#table.remove(k, entry))
  }
  /** Forgets a row whose owner goes as a whole, row by row in order of arrival. */
  removeOldest(k: KernelBuilder, rows: Mem, row: Expr): void {
    const entry = k.let('copies', load(rows, 'copies', row))
    k.if(eq(load(this.#table.entries, 'newest', entry), row), () => this.#table.remove(k, entry))
  }
}
