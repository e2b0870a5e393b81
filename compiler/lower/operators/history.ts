/**
 * history of rows before: a table of partitions, each with the last rows that others learn of and what its frames come to. A
 * row leaves as it comes, with what it has learned.
 */
import { Status } from '../../../ir/abi.ts'
import { ge, i32, i64, type KernelBuilder, le, load } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type History, historyRule } from '../../../ir/logical/history.ts'
import { readBy } from '../../../ir/logical/history-call.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { MAX_TIME, timeRegion } from '../event-time.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import type { PlanScope, Row, RowScope } from '../scope.ts'
import type { EagerOutput, Miss, StatefulStage } from '../stage.ts'
import { withoutFaults } from '../value.ts'
import { type FrameTotals, totalsOf } from './history-frames.ts'
import { HistoryPartitions } from './history-partitions.ts'
import { type Current, countedOf, HistoryRows } from './history-rows.ts'

const PARTITIONS = 0

export class HistoryStage implements StatefulStage {
  readonly #node: History
  readonly #texts: Interner | undefined
  readonly #totals: readonly FrameTotals[]
  readonly #rows: HistoryRows
  readonly #partitions: HistoryPartitions
  /** Nothing is ever due. */
  readonly #never: Mem = rowLayout('never_due', 'state', { deadline: 'i64' })

  readonly masked = false
  readonly isEager = true
  readonly misses = true
  readonly blocks = undefined
  readonly canWait = false

  constructor(node: History, plan: PlanScope, texts?: Interner) {
    this.#node = node
    const { schema } = node.input.relation
    const ids = new StateIds(PARTITIONS + 1)
    const kept = [...node.keys, ...node.calls.flatMap(({ call }) => readBy(call))]
    const columns = kept.flatMap(name => findColumn(schema, name) ?? [])
    const hasTexts = columns.some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    this.#totals = totalsOf(node.calls, { texts: this.#texts, plan, ids })
    this.#rows = new HistoryRows(() => ids.next(), node.calls, schema, this.#texts)
    this.#partitions = new HistoryPartitions({
      id: PARTITIONS,
      columns: columns.slice(0, node.keys.length),
      texts: this.#texts,
      fields: Object.assign({ ...this.#rows.fields }, ...this.#totals.map(({ fields }) => fields)),
      countMax: countedOf(node.calls),
      init: (k, entry) => this.#initPartition(k, entry),
    })
    const { entries } = this.#partitions.table
    this.#rows.place(entries)
    for (const one of this.#totals) one.place(entries)
  }

  get deadline(): TimeField {
    return { mem: this.#never, field: 'deadline' }
  }

  get waiting(): Expr {
    return i32(0)
  }

  get regions(): StatefulStage['regions'] {
    const chain = this.#rows.chain ? [this.#rows.chain.pool.head] : []
    const heads = [...this.#partitions.heads, ...chain, this.#never, ...(this.#texts?.fixed ?? [])]
    return [...heads.map(mem => ({ mem, rows: 1 })), ...this.#totals.flatMap(({ regions }) => regions)]
  }

  get growables(): StatefulStage['growables'] {
    const { table } = this.#partitions
    const pool = this.#rows.chain?.pool
    const parts = [...table.growable.parts, ...this.#totals.flatMap(one => one.parts)]
    return [
      { growable: { ...table.growable, parts }, grow: k => table.grow(k) },
      ...growingTexts(this.#texts),
      ...this.#totals.flatMap(({ held }) => held.states),
      ...(pool ? [{ growable: pool.growable, grow: (k: KernelBuilder) => pool.grow(k) }] : []),
    ]
  }

  init(k: KernelBuilder): void {
    this.#partitions.table.init(k)
    k.put(this.#never, 'deadline', i64(NEVER))
    for (const { held } of this.#totals) for (const state of held.states) state.init?.(k)
  }

  #initPartition(k: KernelBuilder, entry: Expr): void {
    this.#rows.chain?.init(k, entry)
    for (const { held } of this.#totals) held.init(k, entry)
  }

  open(): void {}

  close(): void {}

  advance(): void {}

  /** Rows go on as they come, and so does their time: each of them tells it. */
  passWatermark(k: KernelBuilder): void {
    k.put(timeRegion, 'out_wm', load(timeRegion, 'wm'))
    k.put(timeRegion, 'passed_to', i64(MAX_TIME))
  }

  push(cx: RowScope, row: Row, miss: Miss, output: EagerOutput | undefined): void {
    const { k } = cx
    if (!output) throw new Error('a history that nobody is given')
    const operator = historyRule.print(this.#node)
    k.note(operator)
    const entry = this.#partitions.find(cx, row, miss)
    const current = { entry, rows: k.let('rows_before', this.#partitions.rows(entry)), columns: row.columns }
    const entering = this.#totals.flatMap(one => one.prepare(cx, row.columns, entry, false))
    cx.reject(
      entering.flatMap(({ faults }) => faults),
      row.mask,
      operator,
    )
    const wanted = this.#rows.want(k, current)
    const texts = [...entering, ...wanted].flatMap(one => one.texts)
    k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    for (const one of entering) one.reserve?.(cx.leave)
    this.#rows.chain?.reserve(k, cx.leave)
    if (texts.length > 0) this.#texts?.reserve(k, texts, cx.leave)
    k.phase('apply')
    for (const text of texts) this.#texts?.intern(k, text)
    this.#rows.keep(k, current, wanted)
    for (const one of entering) one.apply()
    this.#give(cx, current, output)
    this.#leaveFrames(cx, current)
    this.#rows.chain?.leave(k, entry)
    this.#partitions.count(k, entry)
  }

  #give(cx: RowScope, current: Current, output: EagerOutput): void {
    const totals = this.#totals.flatMap(one => one.values(cx.k, current.entry))
    const learned = new Map([...this.#rows.values(cx, current), ...totals])
    output.emit(new Map([...current.columns, ...withoutFaults(learned)]))
  }

  /** Frames of rows make room for the next row: what they come to is then that of the others. */
  #leaveFrames(cx: RowScope, current: Current): void {
    const { k } = cx
    for (const one of this.#totals) {
      if (one.frame.kind !== 'rows') continue
      const { preceding } = one.frame
      const leave = (): void => {
        const columns = this.#rows.at(current, preceding)
        for (const { apply } of one.prepare(cx, columns, current.entry, true)) apply()
      }
      if (preceding === 0) leave()
      else k.if(ge(current.rows, i32(preceding)), leave)
    }
  }
}
