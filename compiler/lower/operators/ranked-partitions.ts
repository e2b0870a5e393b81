/** The partitions of a ranking, by their columns and the start of their window, with what is kept of each. */
import { MillraceError } from '../../../ir/errors.ts'
import { and, eq, type KernelBuilder, load } from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Rank } from '../../../ir/logical/rank.ts'
import { type Column, findColumn } from '../../../ir/schema.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Closed, Pane } from '../lib/group-windows.ts'
import { hashWords } from '../lib/hash.ts'
import type { Interner } from '../lib/interner.ts'
import { HashTable } from '../lib/table.ts'
import { FALSE, scalar } from '../value.ts'
import { GroupKey, KEYS_MAX, type KeyValue } from './group-key.ts'
import { asRank } from './rank-position.ts'

/** The partition that a row looked for: its entry, or -1. */
export interface SoughtPartition {
  readonly pane: Pane | undefined
  readonly key: KeyValue
  readonly hash: Expr
  readonly entry: Local
}

export class RankedPartitions {
  readonly table: HashTable
  readonly #node: Rank
  readonly #key: GroupKey

  /** `fields`: what a partition keeps beside its key; where it belongs to a window `start` is among them. */
  constructor(id: number, node: Rank, texts: Interner | undefined, fields: FieldSpecs) {
    this.#node = node
    this.#key = new GroupKey(partitionColumns(node), texts)
    this.table = new HashTable({ id, name: 'partitions_ranked', fields: { ...fields, ...this.#key.fields } })
    texts?.addUser(this.table)
  }

  get entries(): Mem {
    return this.table.entries
  }

  find(k: KernelBuilder, pane: Pane | undefined, row: RowColumns): SoughtPartition {
    const key = this.#key.read({ k }, row)
    const hash = hashWords(k, this.#key.words(key), pane?.hash)
    const { entry } = this.table.find(k, hash, candidate =>
      pane
        ? and(
            eq(load(this.entries, 'start', candidate), pane.start),
            this.#key.equals(this.entries, candidate, key),
          )
        : this.#key.matches(this.entries, candidate, key),
    )
    return { pane, key, hash, entry }
  }

  /** A new partition, whose texts were interned; what it keeps is to be written. */
  add(k: KernelBuilder, { key: wanted, hash: known, pane }: SoughtPartition): Local {
    const key = this.#key.withTexts(wanted)
    const hash = key.texts.length === 0 ? known : hashWords(k, this.#key.words(key), pane?.hash)
    const entry = this.table.insert(k, hash)
    for (const [field, value] of key.fields) k.store(this.entries, field, entry, value)
    return entry
  }

  /** A row of a partition as it is told, with its rank. */
  columns(entry: Expr, kept: RowColumns, rank: Expr, bounds?: Closed): RowColumns {
    const { as, window } = this.#node
    const columns = new Map([...this.#key.values(this.entries, entry), ...kept])
    if (window && bounds) {
      columns.set(window.start, scalar(window.type, bounds.start, FALSE))
      columns.set(window.end, scalar(window.type, bounds.end, FALSE))
    }
    if (as !== undefined) columns.set(as, scalar('int64', asRank(rank), FALSE))
    return columns
  }
}

export const partitionColumns = ({ input, partitionBy }: Rank): readonly Column[] =>
  checkCount(
    partitionBy.flatMap(name => findColumn(input.relation.schema, name) ?? []),
    'a ranking within',
  )

/** What is looked for by all of these. */
export function checkCount(columns: readonly Column[], what: string): readonly Column[] {
  if (columns.length > KEYS_MAX)
    throw new MillraceError('LDB-1001', `${what} ${columns.length} columns; ${KEYS_MAX} is the most`)
  return columns
}
