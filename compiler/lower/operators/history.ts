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
import { MAX_TIME, timeRegion } from '../event-time.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import type { Interner } from '../lib/interner.ts'
import { RowChain } from '../lib/row-chain.ts'
import type { PlanScope, Row, RowScope, RowWork } from '../scope.ts'
import type { EagerOutput, Miss, StatefulStage } from '../stage.ts'
import { withoutFaults } from '../value.ts'
import { totalsOf } from './history-frames.ts'
import { type Current, countedOf, HistoryRows } from './history-rows.ts'
import { HistoryState, type Kept } from './history-state.ts'

interface KeptBefore extends Kept {
  readonly rows: HistoryRows
}

export class HistoryStage implements StatefulStage {
  readonly #node: History
  readonly #state: HistoryState
  readonly #kept: KeptBefore
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
    const columns = node.calls
      .flatMap(({ call }) => readBy(call))
      .flatMap(name => findColumn(schema, name) ?? [])
    let kept: KeptBefore | undefined
    this.#state = new HistoryState(
      node,
      columns,
      texts,
      (ids, known) => {
        const totals = totalsOf(node.calls, { texts: known, plan, ids, keepsRefused: false })
        const rows = new HistoryRows(node.calls, schema, known, (read, reach) =>
          reach.rows === 0
            ? undefined
            : new RowChain(ids.next(), read, { ...reach, keepsMore: false }, known),
        )
        kept = { rows, totals, chain: rows.chain, fields: rows.fields, countMax: countedOf(node.calls) }
        return kept
      },
      [this.#never],
    )
    if (!kept) throw new Error('a history that keeps nothing')
    this.#kept = kept
    this.#kept.rows.place(this.#state.entries)
  }

  get deadline(): TimeField {
    return { mem: this.#never, field: 'deadline' }
  }

  get waiting(): Expr {
    return i32(0)
  }

  get regions(): StatefulStage['regions'] {
    return this.#state.regions
  }

  get growables(): StatefulStage['growables'] {
    return this.#state.growables
  }

  init(k: KernelBuilder): void {
    this.#state.init(k)
    k.put(this.#never, 'deadline', i64(NEVER))
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
    const { partitions, texts: interner } = this.#state
    const { rows, chain, totals } = this.#kept
    const entry = partitions.find(cx, row, miss)
    const current = { entry, rows: k.let('rows_before', partitions.rows(entry)), columns: row.columns }
    const entering = totals.flatMap(one => one.prepare(cx, row.columns, entry, false))
    cx.reject(
      entering.flatMap(({ faults }) => faults),
      row.mask,
      operator,
    )
    const numbered = rows.want(k, current)
    const chained = chain?.want(k, row.columns)
    const texts = [...entering, ...numbered, ...(chained ? [chained] : [])].flatMap(one => one.texts)
    k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    for (const one of entering) one.reserve?.(cx.leave)
    chain?.reserve(k, cx.leave)
    if (texts.length > 0) interner?.reserve(k, texts, cx.leave)
    k.phase('apply')
    for (const text of texts) interner?.intern(k, text)
    if (chained) chain?.append(k, entry, chained)
    rows.enter(k, current, numbered)
    for (const one of entering) one.apply()
    this.#give(cx, current, output)
    leaveFrames(cx, this.#kept, current)
    chain?.leave(k, entry)
    partitions.count(k, entry)
  }

  #give(cx: RowScope, current: Current, output: EagerOutput): void {
    const { rows, totals } = this.#kept
    const sums = totals.flatMap(one => one.values(cx.k, current.entry))
    const learned = new Map([...rows.values(cx, current), ...sums])
    output.emit(new Map([...current.columns, ...withoutFaults(learned)]))
  }
}

/** Frames of rows make room for the next row: what they come to is then that of the others. */
export function leaveFrames(
  cx: RowWork,
  { rows, totals }: Pick<KeptBefore, 'rows' | 'totals'>,
  current: Current,
): void {
  const { k } = cx
  for (const one of totals) {
    if (one.frame.kind !== 'rows') continue
    const { preceding } = one.frame
    const leave = (): void => {
      const columns = rows.at(current, preceding)
      for (const { apply } of one.prepare(cx, columns, current.entry, true)) apply()
    }
    if (preceding === 0) leave()
    else k.if(ge(current.rows, i32(preceding)), leave)
  }
}
