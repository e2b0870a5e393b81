/** The partitions of a history: a table by key. One that is missed is made behind the loop over rows. */
import { MillraceError } from '../../../ir/errors.ts'
import { add, i32, type KernelBuilder, load, lt, min32 } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Schema } from '../../../ir/schema.ts'
import { hashWords } from '../lib/hash.ts'
import type { Interner } from '../lib/interner.ts'
import { HashTable } from '../lib/table.ts'
import type { Row, RowScope } from '../scope.ts'
import type { Miss } from '../stage.ts'
import { GroupKey, KEYS_MAX } from './group-key.ts'
import { PendingKey } from './pending-key.ts'

export interface PartitionsOptions {
  readonly id: number
  readonly columns: Schema
  readonly texts: Interner | undefined
  /** What is kept of each beside its key and the number of its rows. */
  readonly fields: FieldSpecs
  /** Rows are counted up to this number, and no further. */
  readonly countMax: number
  /** Before the first row of one. */
  readonly init: (k: KernelBuilder, entry: Expr) => void
}

export class HistoryPartitions {
  readonly table: HashTable
  readonly #key: GroupKey
  readonly #pending: PendingKey
  readonly #options: PartitionsOptions

  constructor(options: PartitionsOptions) {
    const { id, columns, texts, fields } = options
    if (columns.length > KEYS_MAX)
      throw new MillraceError('LDB-1001', `partitions by ${columns.length} columns; ${KEYS_MAX} is the most`)
    this.#options = options
    this.#key = new GroupKey(columns, texts)
    this.#pending = new PendingKey('pending_history', this.#key)
    this.table = new HashTable({
      id,
      name: 'histories',
      fields: { ...this.#key.fields, rows: 'i32', ...fields },
    })
    texts?.addUser(this.table)
  }

  get heads(): readonly Mem[] {
    return [this.table.head, this.#pending.mem]
  }

  /** The partition of a row. */
  find(cx: RowScope, row: Row, miss: Miss): Expr {
    const { k } = cx
    const { entries } = this.table
    const key = this.#key.read(cx, row.columns)
    const hash = hashWords(k, this.#key.words(key))
    const { entry } = this.table.find(k, hash, candidate => this.#key.matches(entries, candidate, key))
    k.if(lt(entry, i32(0)), () => {
      this.table.reserve(k, cx.leave)
      if (key.texts.length > 0) this.#options.texts?.reserve(k, key.texts, cx.leave)
      this.#pending.write(k, { hash, key })
      miss(() => this.#make(k, this.#pending.read(k, key)))
    })
    return entry
  }

  #make(k: KernelBuilder, { hash: known, key: wanted }: ReturnType<PendingKey['read']>): void {
    const { entries } = this.table
    for (const text of wanted.texts) this.#options.texts?.intern(k, text)
    const key = this.#key.withTexts(wanted)
    const hash = key.texts.length === 0 ? known : hashWords(k, this.#key.words(key))
    const entry = this.table.insert(k, hash)
    for (const [field, value] of key.fields) k.store(entries, field, entry, value)
    k.store(entries, 'rows', entry, i32(0))
    this.#options.init(k, entry)
  }

  /** How many rows there were, as far as that is counted. */
  rows(entry: Expr): Expr {
    return load(this.table.entries, 'rows', entry)
  }

  count(k: KernelBuilder, entry: Expr): void {
    const rows = min32(add(this.rows(entry), i32(1)), i32(this.#options.countMax))
    k.store(this.table.entries, 'rows', entry, rows)
  }
}
