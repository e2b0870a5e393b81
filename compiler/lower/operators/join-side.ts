/** One side of a join: its rows that may still find a partner, and those of them that leave without one. */
import { columnsOf } from '../../../ir/expr/expr.ts'
import {
  add,
  and,
  eq,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  ne,
  not,
  or,
  sub,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, FieldType, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import {
  givesUnmatched,
  type IntervalJoin,
  intervalJoinRule,
  isTimed,
  type JoinSide,
  timesOf,
} from '../../../ir/logical/interval-join.ts'
import { withoutCode } from '../../../ir/logical/mode.ts'
import type { Schema } from '../../../ir/schema.ts'
import type { RowColumns } from '../expr/index.ts'
import type { JoinTimes } from '../join-times.ts'
import { DeadlineHeap } from '../lib/heap.ts'
import type { Interner } from '../lib/interner.ts'
import { KeptRow, type WantedRow } from '../lib/kept-row.ts'
import { type Owner, RowLog } from '../lib/row-log.ts'
import type { HashTable } from '../lib/table.ts'
import type { RowScope } from '../scope.ts'
import { FALSE, scalarOf } from '../value.ts'
import { type JoinKey, joinKey, nullsFor } from './join-key.ts'

export const sideNames = ['left', 'right'] as const satisfies readonly JoinSide[]

export const newestField = (side: number): string => `newest_${side}`

export interface JoinParts {
  /** Absent where times bound nothing. */
  readonly times: JoinTimes | undefined
  readonly keys: HashTable
  readonly texts: Interner | undefined
}

export class JoinRows implements Owner {
  readonly log: RowLog
  /** Are rows of this side handed on that have no partner? */
  readonly givesUnmatched: boolean
  /** Must be known of a row that is kept how many partners it has? */
  readonly countsPartners: boolean
  /** May its rows be taken back? */
  readonly retracts: boolean
  readonly heads: readonly Mem[]
  readonly #node: IntervalJoin
  readonly #number: number
  readonly #name: JoinSide
  readonly #times: JoinTimes | undefined
  readonly #keys: HashTable
  readonly #kept: KeptRow
  /** Rows that leave by their time if they have no partner then. */
  readonly #unmatched: DeadlineHeap | undefined
  readonly #unmatchedHead: Mem

  constructor(node: IntervalJoin, number: number, id: number, { times, keys, texts }: JoinParts) {
    this.#node = node
    this.#number = number
    this.#name = sideNames[number]
    this.#times = times
    this.#keys = keys
    this.givesUnmatched = givesUnmatched(node.type, this.#name)
    this.countsPartners = this.givesUnmatched || (node.type === 'semi' && this.#name === 'left')
    this.retracts = node[this.#name].relation.isChangelog
    this.#kept = new KeptRow(keptColumns(node, this.#name), texts)
    this.log = new RowLog(id, `${this.#name}_rows`, { ...this.#facts, ...this.#kept.fields }, node.maxRows)
    this.#unmatchedHead = rowLayout(`${this.#name}_unmatched_head`, 'state', {
      waiting: 'i32',
      /** Rows that have begun to wait: of those of one time the first to come leaves first. */
      order: 'i64',
    })
    this.#unmatched = this.#waits
      ? new DeadlineHeap(`${this.#name}_unmatched`, this.#unmatchedHead, true)
      : undefined
    this.heads = [this.log.head, ...(this.#unmatched ? [this.#unmatchedHead] : [])]
    texts?.addWalk(this.log.textWalk)
  }

  /** Do rows wait for their time before they are handed on alone? */
  get #waits(): boolean {
    return this.givesUnmatched && isTimed(this.#node)
  }

  /** Partners it has; was it taken back; was it handed on alone? */
  get #facts(): Readonly<Record<string, FieldType>> {
    return {
      ...(this.countsPartners && { partners: 'i32' as const }),
      ...(this.retracts && { gone: 'u8' as const }),
      ...(this.retracts && this.#waits && { told: 'u8' as const }),
    }
  }

  /** The heap holds one item for each row at most. */
  get growable(): RowLog['growable'] {
    const { growable } = this.log
    if (!this.#unmatched) return growable
    return { ...growable, parts: [...growable.parts, { mem: this.#unmatched.items, rowsPerUnit: 1 }] }
  }

  /** The time by which a row is joined. */
  timeOf(columns: RowColumns): Expr {
    const value = columns.get(this.#timeColumn)
    if (!value) throw new Error('a row is joined without its time')
    return this.#inTime(scalarOf(value).value)
  }

  get #timeColumn(): string {
    return timesOf(this.#node)[this.#number]
  }

  /** A row belongs to the window that its last tick lies in. */
  #inTime(value: Expr): Expr {
    return this.#node.condition.range ? value : sub(value, i64(1n))
  }

  /** The key of a row. A null or a NaN is equal to nothing. */
  key(cx: RowScope, columns: RowColumns): JoinKey {
    const exprs = this.#node.condition.keys.map(pair => pair[this.#name])
    return joinKey(cx, columns, exprs, intervalJoinRule.print(this.#node))
  }

  /** The row as it is to be kept. */
  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  /** Keeps a row of a key. There is room for it. `told`: it was handed on alone. */
  keep(k: KernelBuilder, key: Expr, wanted: WantedRow, partners: Expr, told: Expr): void {
    const row = this.log.append(k, this, key)
    const { rows } = this.log
    this.#kept.store(k, rows, row, wanted)
    if (this.countsPartners) k.store(rows, 'partners', row, partners)
    if (this.retracts) k.store(rows, 'gone', row, i32(0))
    if (this.retracts && this.#waits) k.store(rows, 'told', row, toInt(told))
    this.#waitFor(k, row)
    this.log.release(k, this)
  }

  /** Puts a row among those that wait, where it may have no partner when its time comes. */
  #waitFor(k: KernelBuilder, row: Expr): void {
    const heap = this.#unmatched
    if (!heap) return
    const isOpen = not(this.hasNoPartnerToCome(row))
    const wants = this.#mayLosePartners ? isOpen : and(isOpen, eq(this.partnersOf(row), i32(0)))
    k.if(wants, () => {
      const order = load(this.#unmatchedHead, 'order')
      heap.push(k, this.timeAt(row), row, order)
      k.put(this.#unmatchedHead, 'order', add(order, i64(1n)))
    })
  }

  /** May a partner be taken back? */
  get #mayLosePartners(): boolean {
    return this.#node[sideNames[1 - this.#number]].relation.isChangelog
  }

  timeAt(row: Expr): Expr {
    return this.#inTime(load(this.log.rows, this.#kept.fieldOf(this.#timeColumn), row))
  }

  partnersOf(row: Expr): Expr {
    return load(this.log.rows, 'partners', row)
  }

  setPartners(k: KernelBuilder, row: Expr, count: Expr): void {
    k.store(this.log.rows, 'partners', row, count)
  }

  /** Was a row taken back? */
  isGone(row: Expr): Expr {
    return this.retracts ? ne(load(this.log.rows, 'gone', row), i32(0)) : FALSE
  }

  wasTold(row: Expr): Expr {
    return ne(load(this.log.rows, 'told', row), i32(0))
  }

  takeBack(k: KernelBuilder, row: Expr): void {
    k.store(this.log.rows, 'gone', row, i32(1))
    this.log.countGone(k)
  }

  /** The newest row of a key like one that is taken back, or a negative number. */
  find(k: KernelBuilder, key: Expr, wanted: WantedRow): Local {
    const row = k.let('like', this.log.newest(k, this, key))
    k.loop(`find_${this.#name}`, done => {
      k.breakIf(lt(row, i32(0)), done)
      const isLike = and(not(this.isGone(row)), this.#kept.isLike(this.log.rows, row, wanted))
      k.breakIf(isLike, done)
      k.set(row, this.log.before(k, row))
    })
    return row
  }

  columnsAt(row: Expr): RowColumns {
    return this.#kept.read(this.log.rows, row)
  }

  /** Has the time of what waits for a partner passed? */
  get isDue(): Expr {
    if (!this.#unmatched) return FALSE
    const isWaiting = ne(load(this.#unmatchedHead, 'waiting'), i32(0))
    return and(isWaiting, this.isPast(load(this.#unmatched.items, 'time', i32(0))))
  }

  /** Can no partner come any more for a row of that time? */
  isPast(ts: Expr): Expr {
    return this.#times ? le(ts, this.#times.past(this.#number)) : FALSE
  }

  hasNoPartnerToCome(row: Expr): Expr {
    return this.#times ? this.isPast(this.timeAt(row)) : FALSE
  }

  /** The row that waits for the longest; it may have found a partner since, or be gone. */
  get nextUnmatched(): Expr {
    if (!this.#unmatched) throw new Error('no row of this side waits for a partner')
    return load(this.#unmatched.items, 'id', i32(0))
  }

  /** Is a row that waited to be handed on alone? */
  isAlone(row: Expr): Expr {
    const isFree = eq(this.partnersOf(row), i32(0))
    return this.retracts ? and(isFree, not(this.isGone(row))) : isFree
  }

  dropUnmatched(k: KernelBuilder, row: Expr, isAlone: Expr): void {
    if (this.retracts) k.if(isAlone, () => k.store(this.log.rows, 'told', row, i32(1)))
    this.#unmatched?.pop(k)
  }

  /** The columns of results made of a row of this side; those of the other are null where there is no partner. */
  asResult(columns: RowColumns): RowColumns {
    if (this.#number === 0) return columns
    return new Map([...columns].map(([name, value]) => [this.#node.names.get(name) ?? name, value]))
  }

  /** Nulls in place of a row of this side. */
  get nulls(): RowColumns {
    const columns = withoutCode(this.#node[this.#name].relation.schema)
    return this.asResult(nullsFor(columns))
  }

  newest(key: Expr): Expr {
    return load(this.#keys.entries, newestField(this.#number), key)
  }

  setNewest(k: KernelBuilder, key: Expr, row: Expr): void {
    k.store(this.#keys.entries, newestField(this.#number), key, row)
  }

  /** A row that may be taken back stays until that would be late. */
  hasPassed(row: Expr): Expr {
    if (!this.#times) return this.isGone(row)
    const isPast = this.hasNoPartnerToCome(row)
    return this.retracts ? and(isPast, lt(this.timeAt(row), this.#times.timeOf(this.#number))) : isPast
  }

  /** What is gone waits for its time where it lies in the heap, which is made anew when rows move. */
  mayDrop(row: Expr): Expr {
    return this.#times && this.retracts ? or(this.hasPassed(row), this.isGone(row)) : this.hasPassed(row)
  }

  moving(k: KernelBuilder): void {
    if (this.#unmatched) k.put(this.#unmatchedHead, 'waiting', i32(0))
  }

  moved(k: KernelBuilder, row: Expr): void {
    this.#waitFor(k, row)
  }

  /** Another partner, or one less. */
  countPartner(k: KernelBuilder, row: Expr, isLess: Expr): Local {
    const count = k.let('partners', this.partnersOf(row))
    k.if(
      isLess,
      () => this.setPartners(k, row, sub(count, i32(1))),
      () => this.setPartners(k, row, add(count, i32(1))),
    )
    return count
  }
}

/**
 * What results are made of, and what the condition reads of a row that is kept; all of one that may be taken back, for that is
 * what it is known by.
 */
function keptColumns(node: IntervalJoin, side: JoinSide): Schema {
  const columns = withoutCode(node[side].relation.schema)
  if (node[side].relation.isChangelog) return columns
  const { residual } = node.condition
  const read = new Set([
    ...node.relation.schema.map(({ name }) => name),
    ...columnsOf(residual ? [residual] : []),
  ])
  const time = isTimed(node) ? timesOf(node)[sideNames.indexOf(side)] : undefined
  const nameOf = (name: string): string => (side === 'left' ? name : (node.names.get(name) ?? name))
  return columns.filter(({ name }) => name === time || read.has(nameOf(name)))
}
