/**
 * rank: of each partition the rows in their order. Where only the first can ever be told the others are forgotten; where rows
 * may be taken back all are kept. A row tells what it changes, or a window that closes gives its rows, each of which is
 * forgotten once it was written.
 */
import {
  bool,
  eq,
  f64,
  ge,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  select,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { keepsFirstOnly, lastRankOf, type Rank, rankRule, restOf } from '../../../ir/logical/rank.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { passWatermark } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { type Closed, NEVER, type Pane, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, type Interner, textsOf, type Wanted } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { NO_ROW, RankedRows } from '../lib/ranked-rows.ts'
import { NIL, Side } from '../lib/value-nodes.ts'
import type { RootCell } from '../lib/weighted-tree.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, StatefulStage } from '../stage.ts'
import { asChange, takesBack } from './change-rows.ts'
import { ClosingRanks } from './closing-ranks.ts'
import { RankChanges } from './rank-changes.ts'
import { RankPosition } from './rank-position.ts'
import { checkCount, partitionColumns, RankedPartitions, type SoughtPartition } from './ranked-partitions.ts'
import { RowCopies, type SoughtCopies } from './row-copies.ts'
import { SortOrder } from './sort-order.ts'

const TABLE = 0

/** A row on its way in: its partition, or -1, with the root of its tree, and what it brings. */
interface Arriving extends SoughtPartition {
  readonly root: Expr
  readonly columns: RowColumns
  readonly copies: SoughtCopies | undefined
}

export class RankStage implements StatefulStage {
  readonly #node: Rank
  readonly #watermark: TimeField
  readonly #partitions: RankedPartitions
  readonly #texts: Interner | undefined
  readonly #kept: KeptRow
  readonly #rows: RankedRows
  /** Set where rows may be taken back. */
  readonly #copies: RowCopies | undefined
  readonly #order: SortOrder
  readonly #position: RankPosition
  /** Set where rows belong to windows. */
  readonly #closing: ClosingRanks | undefined
  readonly #changes: RankChanges
  /** A deadline that never comes. */
  readonly #never: Mem = rowLayout('no_deadline', 'state', { deadline: 'i64' })

  readonly masked = false
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined

  constructor(node: Rank, watermark: TimeField, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    const rest = restOf(node)
    const { isChangelog } = node.input.relation
    if (isChangelog) checkCount(rest, 'a ranking of changes of')
    const ids = new StateIds(TABLE + 1)
    const hasTexts = [...partitionColumns(node), ...rest].some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    const fields = { root: 'i32' as const, last: 'i32' as const, ...(node.window && ClosingRanks.fields) }
    this.#partitions = new RankedPartitions(TABLE, node, this.#texts, fields)
    this.#kept = new KeptRow(rest, this.#texts)
    this.#copies = isChangelog ? new RowCopies(ids.next(), rest, this.#texts) : undefined
    this.#rows = new RankedRows(ids, { ...this.#kept.fields, ...(isChangelog && RowCopies.rowFields) })
    for (const [name, field] of Object.entries(this.#rows.rows.fields))
      if (field.interned) for (const walk of this.#rows.pool.textWalks(name)) this.#texts?.addWalk(walk)
    this.#closing = node.window && new ClosingRanks(node, this.#rows, this.#partitions.table, ids.next())
    this.#order = new SortOrder(node.orderBy.filter(({ name }) => findColumn(rest, name)))
    this.#position = new RankPosition(node.by, this.#rows)
    this.#changes = new RankChanges(node, this.#rows, this.#position)
  }

  get isEager(): boolean {
    return this.#node.emit === 'update'
  }

  get deadline(): TimeField {
    return this.#closing?.windows.deadline ?? { mem: this.#never, field: 'deadline' }
  }

  get waiting(): Expr {
    return this.#closing?.windows.waiting ?? i32(0)
  }

  get regions(): StatefulStage['regions'] {
    const heads = [
      this.#partitions.table.head,
      ...this.#rows.heads,
      ...(this.#copies ? [this.#copies.head] : []),
      ...(this.#closing?.windows.heads ?? [this.#never]),
      ...(this.isEager ? [this.#changes.mem] : []),
      ...(this.#texts?.fixed ?? []),
    ]
    return heads.map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    const { table } = this.#partitions
    return [
      { growable: table.growable, grow: k => table.grow(k) },
      ...this.#rows.growables,
      ...(this.#copies ? [this.#copies.growable] : []),
      ...(this.#closing?.windows.growables ?? []).map(one => ({
        growable: one.growable,
        grow: (k: KernelBuilder) => one.table.grow(k),
      })),
      ...growingTexts(this.#texts),
    ]
  }

  init(k: KernelBuilder): void {
    this.#partitions.table.init(k)
    this.#rows.init(k)
    this.#copies?.init(k)
    if (this.#closing) this.#closing.windows.init(k)
    else k.put(this.#never, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  passWatermark(k: KernelBuilder): void {
    passWatermark(k, this.#node.window?.spec, 0n)
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    const { k } = cx
    k.note(rankRule.print(this.#node))
    const { pane } = row
    if (pane) k.if(cx.hasPassed(pane.lastEnd), () => cx.late(true))
    const arriving = this.#find(k, pane, row.columns)
    if (!this.#copies) {
      this.#take(cx, arriving, output)
      return
    }
    k.if(
      takesBack(k, row.columns),
      () => this.#takeBack(cx, arriving, output),
      () => this.#take(cx, arriving, output),
    )
  }

  #find(k: KernelBuilder, pane: Pane | undefined, row: RowColumns): Arriving {
    const sought = this.#partitions.find(k, pane, row)
    const { entry } = sought
    const root = k.let('root', NIL)
    k.if(ge(entry, i32(0)), () => k.set(root, load(this.#partitions.entries, 'root', entry)))
    const columns = this.#order.bind(k, row)
    return { ...sought, root, columns, copies: this.#copies?.find(k, entry, columns) }
  }

  #compare(k: KernelBuilder, columns: RowColumns): (row: Expr) => Expr {
    return row => this.#order.compare(k, columns, this.#kept.read(this.#rows.rows, row))
  }

  /** A row that comes: it is kept, unless it can never be among the first. */
  #take(cx: RowScope, arriving: Arriving, output: EagerOutput | undefined): void {
    const { k } = cx
    const { root, columns, copies } = arriving
    const bound = keepsFirstOnly(this.#node) ? lastRankOf(this.#node) : undefined
    if (bound !== undefined) this.#dropBehindLast(cx, arriving, bound)
    const place = this.#rows.search(k, root, this.#compare(k, columns))
    const equals = k.let('equals', this.#rows.sizeOf(place.group))
    const rank = k.let('rank', this.#position.of(place, equals))
    const wanted = copies ? { columns, texts: copies.key.texts } : this.#kept.want(k, columns)
    this.#reserve(cx, arriving, wanted)
    const entry = k.let('partition', arriving.entry)
    const newest = k.let('newest', NO_ROW)
    const insert = (): Expr => {
      k.phase('apply')
      for (const text of [...arriving.key.texts, ...wanted.texts]) this.#texts?.intern(k, text)
      k.if(lt(entry, i32(0)), () => k.set(entry, this.#makePartition(k, arriving)))
      const made = this.#rows.insert(k, this.#cell(k, entry), place)
      this.#kept.store(k, this.#rows.rows, made, wanted)
      if (copies) this.#copies?.add(k, copies, entry, this.#rows.rows, made)
      if (bound !== undefined) k.set(newest, made)
      return made
    }
    if (output) {
      const coming = { root, place, equals, rank }
      this.#changes.tellComing(cx, output, coming, this.#telling(output, entry, boundsOf(arriving)), insert)
    } else insert()
    if (bound !== undefined) this.#trim(k, entry, newest, bound)
  }

  /** Behind the last rank that is kept nothing is looked for. */
  #dropBehindLast(cx: RowScope, { entry, root, columns }: Arriving, bound: number): void {
    const { k } = cx
    k.if(this.#position.isFull(root, bound), () => {
      const last = k.let('last', load(this.#partitions.entries, 'last', entry))
      const order = this.#compare(k, columns)(last)
      k.if(this.#position.isBehindLast(order), () => cx.drop())
    })
  }

  /** A row has come, and may be the last one. */
  #trim(k: KernelBuilder, entry: Expr, newest: Expr, bound: number): void {
    const { entries } = this.#partitions
    const isLast = lt(this.#rows.neighbour(newest, Side.right), i32(0))
    const last = k.let('last', select(isLast, newest, load(entries, 'last', entry)))
    this.#position.trim(k, this.#cell(k, entry), last, bound)
    k.store(entries, 'last', entry, last)
  }

  #reserve({ k, leave }: RowScope, { entry, key }: Arriving, wanted: WantedRow): void {
    k.if(lt(entry, i32(0)), () => this.#partitions.table.reserve(k, leave))
    this.#closing?.windows.reserve(k, leave)
    this.#rows.reserve(k, leave)
    this.#copies?.reserve(k, leave)
    const texts: readonly Wanted[] = [...key.texts, ...wanted.texts]
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
  }

  #makePartition(k: KernelBuilder, sought: SoughtPartition): Local {
    const entry = this.#partitions.add(k, sought)
    k.store(this.#partitions.entries, 'root', entry, NIL)
    if (sought.pane) this.#closing?.open(k, sought.pane, entry)
    return entry
  }

  /** A row that is taken back: it must be there. */
  #takeBack(cx: RowScope, arriving: Arriving, output: EagerOutput | undefined): void {
    const { k } = cx
    const { entry, root, columns, copies } = arriving
    if (!copies || !this.#copies) return
    cx.reject([{ code: 'LDB-9005', when: lt(copies.entry, i32(0)) }], TRUE, rankRule.print(this.#node))
    const row = k.let('gone', this.#copies.newestOf(copies))
    const cell = this.#cell(k, entry)
    const remove = (): void => {
      this.#copies?.remove(k, this.#rows.rows, row)
      this.#rows.remove(k, cell, row)
      if (!this.#closing) k.if(eq(cell.root, NIL), () => this.#partitions.table.remove(k, entry))
    }
    if (!output) {
      k.phase('apply')
      remove()
      return
    }
    const place = this.#rows.search(k, root, this.#compare(k, columns))
    const last = f64(lastRankOf(this.#node) ?? 0)
    const equals = this.#node.by === 'row_number' ? this.#rows.placeInGroup(k, row, last) : f64(0)
    const gone = { row, rank: k.let('rank', this.#position.of(place, equals)) }
    const tell = this.#telling(output, entry, boundsOf(arriving))
    this.#changes.tellGoing(cx, output, { root, place, gone }, tell, remove)
  }

  #telling(
    output: EagerOutput,
    entry: Expr,
    bounds: Closed | undefined,
  ): (row: Expr, rank: Expr, code: Expr) => void {
    return (row, rank, code) => output.emit(asChange(this.#columns(entry, row, rank, bounds), code))
  }

  /** A row of a partition as it is told. */
  #columns(entry: Expr, row: Expr, rank: Expr, bounds?: Closed): RowColumns {
    return this.#partitions.columns(entry, this.#kept.read(this.#rows.rows, row), rank, bounds)
  }

  #cell(k: KernelBuilder, entry: Expr): RootCell {
    const { entries } = this.#partitions
    return { root: load(entries, 'root', entry), set: root => k.store(entries, 'root', entry, root) }
  }

  /** Without windows nothing is ever due. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    this.#closing?.advance(k, leave, this.#watermark, {
      cellOf: entry => this.#cell(k, entry),
      give: (window, entry, row, rank) =>
        each(() => this.#columns(entry, row, rank, window), rankRule.print(this.#node)),
      forget: row => this.#copies?.removeOldest(k, this.#rows.rows, row),
    })
  }
}

const TRUE = bool(true)

const boundsOf = ({ pane }: Arriving): Closed | undefined => pane && { start: pane.from, end: pane.lastEnd }
