/** One side of a join: its rows that may still find a partner, and those of them that leave without one. */

import { columnsOf } from '../../../ir/expr/expr.ts'
import { and, eq, i32, i64, type KernelBuilder, le, load, ne, sub } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import {
  givesUnmatched,
  type IntervalJoin,
  intervalJoinRule,
  type JoinSide,
  timesOf,
} from '../../../ir/logical/interval-join.ts'
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

export class JoinRows implements Owner {
  readonly log: RowLog
  /** Are rows of this side handed on that leave without a partner? */
  readonly givesUnmatched: boolean
  /** Must be known of a row that is kept whether it has found a partner? */
  readonly marksMatched: boolean
  readonly heads: readonly Mem[]
  readonly #node: IntervalJoin
  readonly #number: number
  readonly #name: JoinSide
  readonly #input: LogicalNode
  readonly #times: JoinTimes
  readonly #keys: HashTable
  readonly #kept: KeptRow
  /** Rows without a partner, by their time. */
  readonly #unmatched: DeadlineHeap | undefined
  readonly #unmatchedHead: Mem

  constructor(
    node: IntervalJoin,
    number: number,
    id: number,
    parts: { times: JoinTimes; keys: HashTable; texts: Interner | undefined },
  ) {
    this.#node = node
    this.#number = number
    this.#name = sideNames[number]
    this.#input = node[this.#name]
    this.#times = parts.times
    this.#keys = parts.keys
    this.givesUnmatched = givesUnmatched(node.type, this.#name)
    this.marksMatched = this.givesUnmatched || (node.type === 'semi' && this.#name === 'left')
    this.#kept = new KeptRow(keptColumns(node, this.#name), parts.texts)
    this.log = new RowLog(id, `${this.#name}_rows`, {
      ...(this.marksMatched && { matched: 'u8' }),
      ...this.#kept.fields,
    })
    this.#unmatchedHead = rowLayout(`${this.#name}_unmatched_head`, 'state', { waiting: 'i32' })
    this.#unmatched = this.givesUnmatched
      ? new DeadlineHeap(`${this.#name}_unmatched`, this.#unmatchedHead)
      : undefined
    this.heads = [this.log.head, ...(this.#unmatched ? [this.#unmatchedHead] : [])]
    parts.texts?.addWalk(this.log.textWalk)
  }

  /** The heap holds one item for each row at most. */
  get growable(): RowLog['growable'] {
    const { growable } = this.log
    if (!this.#unmatched) return growable
    return { ...growable, parts: [...growable.parts, { mem: this.#unmatched.items, rowsPerUnit: 1 }] }
  }

  /** The time by which a row is joined, in a local. */
  time(k: KernelBuilder, columns: RowColumns): Expr {
    const value = columns.get(this.#timeColumn)
    if (!value) throw new Error('a row is joined without its time')
    return k.let('ts', this.#inTime(scalarOf(value).value))
  }

  get #timeColumn(): string {
    return timesOf(this.#node)[this.#number]
  }

  /** A row belongs to the window that its last tick lies in. */
  #inTime(value: Expr): Expr {
    return this.#node.condition.range ? value : sub(value, i64(1n))
  }

  key(cx: RowScope, columns: RowColumns): JoinKey {
    const exprs = this.#node.condition.keys.map(pair => pair[this.#name])
    return joinKey(cx, columns, exprs, intervalJoinRule.print(this.#node))
  }

  /** The row as it is to be kept. */
  want(k: KernelBuilder, columns: RowColumns): WantedRow {
    return this.#kept.want(k, columns)
  }

  /** Keeps a row of a key, or of none. There is room for it. */
  keep(k: KernelBuilder, key: Expr, ts: Expr, wanted: WantedRow, isMatched: Expr): void {
    const row = this.log.append(k, this, key)
    this.#kept.store(k, this.log.rows, row, wanted)
    if (this.marksMatched) k.store(this.log.rows, 'matched', row, isMatched)
    if (this.#unmatched) k.if(eq(isMatched, i32(0)), () => this.#unmatched?.push(k, ts, row))
    this.log.release(k, this)
  }

  timeAt(row: Expr): Expr {
    return this.#inTime(load(this.log.rows, this.#kept.fieldOf(this.#timeColumn), row))
  }

  isMatched(row: Expr): Expr {
    return ne(load(this.log.rows, 'matched', row), i32(0))
  }

  markMatched(k: KernelBuilder, row: Expr): void {
    if (this.marksMatched) k.store(this.log.rows, 'matched', row, i32(1))
  }

  columnsAt(row: Expr): RowColumns {
    return this.#kept.read(this.log.rows, row)
  }

  /** Has the time of what waits without a partner passed? */
  get isDue(): Expr {
    if (!this.#unmatched) return FALSE
    const isWaiting = ne(load(this.#unmatchedHead, 'waiting'), i32(0))
    return and(isWaiting, le(load(this.#unmatched.items, 'time', i32(0)), this.#past))
  }

  get #past(): Expr {
    return this.#times.past(this.#number)
  }

  /** Can no partner come any more for a row of that time? */
  isPast(ts: Expr): Expr {
    return le(ts, this.#past)
  }

  /** The row that waits without a partner for the longest; it may have found one since. */
  get nextUnmatched(): Expr {
    if (!this.#unmatched) throw new Error('no row of this side waits for a partner')
    return load(this.#unmatched.items, 'id', i32(0))
  }

  dropUnmatched(k: KernelBuilder): void {
    this.#unmatched?.pop(k)
  }

  /** The columns of results made of a row of this side; those of the other are null where there is no partner. */
  asResult(columns: RowColumns): RowColumns {
    if (this.#number === 0) return columns
    return new Map([...columns].map(([name, value]) => [this.#node.names.get(name) ?? name, value]))
  }

  /** Nulls in place of a row of this side. */
  get nulls(): RowColumns {
    return this.asResult(nullsFor(this.#input.relation.schema))
  }

  newest(key: Expr): Expr {
    return load(this.#keys.entries, newestField(this.#number), key)
  }

  setNewest(k: KernelBuilder, key: Expr, row: Expr): void {
    k.store(this.#keys.entries, newestField(this.#number), key, row)
  }

  hasPassed(row: Expr): Expr {
    return this.isPast(this.timeAt(row))
  }

  /** The heap is made anew of the rows that have no partner yet. */
  moving(k: KernelBuilder): void {
    if (this.#unmatched) k.put(this.#unmatchedHead, 'waiting', i32(0))
  }

  moved(k: KernelBuilder, row: Expr): void {
    if (!this.#unmatched) return
    k.if(eq(load(this.log.rows, 'matched', row), i32(0)), () =>
      this.#unmatched?.push(k, this.timeAt(row), row),
    )
  }
}

/** What results are made of, and what the condition reads of a row that is kept. */
function keptColumns(node: IntervalJoin, side: JoinSide): Schema {
  const { residual } = node.condition
  const read = new Set([
    ...node.relation.schema.map(({ name }) => name),
    ...columnsOf(residual ? [residual] : []),
  ])
  const time = timesOf(node)[sideNames.indexOf(side)]
  const nameOf = (name: string): string => (side === 'left' ? name : (node.names.get(name) ?? name))
  return node[side].relation.schema.filter(({ name }) => name === time || read.has(nameOf(name)))
}
