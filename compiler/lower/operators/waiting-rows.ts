/** The rows of a lookup that wait for an answer, in order of arrival, each with the watermark before it. */
import { eq, i32, type KernelBuilder, load, ne } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { Lookup } from '../../../ir/logical/lookup.ts'
import { findColumn, type Schema } from '../../../ir/schema.ts'
import { timeRegion } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Interner } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { NO_ROW, type Owner, RowLog } from '../lib/row-log.ts'
import { FALSE } from '../value.ts'

/** Rows of a lookup are in no chain. */
const NO_KEY = -1

export class WaitingRows implements Owner {
  readonly log: RowLog
  readonly #kept: KeptRow
  readonly #isOrdered: boolean

  constructor(node: Lookup, id: number, texts: Interner | undefined) {
    this.#isOrdered = node.isOrdered
    this.#kept = new KeptRow(keptColumns(node), texts)
    const facts = { entry: 'i32', mark: 'i64', gone: 'u8' } as const
    this.log = new RowLog(id, 'waiting', { ...facts, ...this.#kept.fields })
    texts?.addWalk(this.log.textWalk)
  }

  get isEmpty(): Expr {
    return eq(this.log.live, i32(0))
  }

  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  /** A row begins to wait for an entry, or behind others where that is negative. */
  append(k: KernelBuilder, entry: Expr, wanted: WantedRow): void {
    const row = this.log.append(k, this, i32(NO_KEY))
    const { rows } = this.log
    k.store(rows, 'entry', row, entry)
    k.store(rows, 'mark', row, load(timeRegion, 'wm'))
    k.store(rows, 'gone', row, i32(0))
    this.#kept.store(k, rows, row, wanted)
  }

  entryOf(row: Expr): Expr {
    return load(this.log.rows, 'entry', row)
  }

  columnsOf(row: Expr): RowColumns {
    return this.#kept.read(this.log.rows, row)
  }

  /** The watermark before the row that waits for longest: what leaves is not ahead of it. */
  get mark(): Expr {
    return load(this.log.rows, 'mark', this.log.oldest)
  }

  /** A row waits no more, and lies where it is until those before it have left. */
  leave(k: KernelBuilder, row: Expr): void {
    k.store(this.log.rows, 'gone', row, i32(1))
    this.log.countGone(k)
  }

  newest(): Expr {
    return i32(NO_ROW)
  }

  setNewest(): void {}

  hasPassed(row: Expr): Expr {
    return this.isGone(row)
  }

  isGone(row: Expr): Expr {
    return this.#isOrdered ? FALSE : ne(load(this.log.rows, 'gone', row), i32(0))
  }

  mayDrop(row: Expr): Expr {
    return this.isGone(row)
  }

  moved(): void {}

  moving(): void {}
}

/** Of a row that waits just what results have of it. */
const keptColumns = ({ input, relation }: Lookup): Schema =>
  input.relation.schema.filter(({ name }) => findColumn(relation.schema, name))
