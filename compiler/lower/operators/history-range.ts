/**
 * history of ranges of time: rows wait whole until the watermark has passed them, for until then others of their time may come.
 * They come in the order of time and leave in it, one at a time. A row is entered first, into all that goes by rows; then the
 * frames of ranges move to it, row by row; then it leaves; then rows go that no other learns of. Each step may stop, and is
 * gone on with where it was.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  and,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  ne,
  not,
  select,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type History, historyRule } from '../../../ir/logical/history.ts'
import { frameOf } from '../../../ir/logical/history-call.ts'
import type { StateIds } from '../accumulators/accumulator.ts'
import { passTimes } from '../event-time.ts'
import type { RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { EntryList, endFields } from '../lib/entry-list.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import type { Interner } from '../lib/interner.ts'
import { RowChain } from '../lib/row-chain.ts'
import { type ExprScope, type PlanScope, type Row, type RowScope, type RowWork, Scratch } from '../scope.ts'
import type { EmitEach, Miss, StatefulStage } from '../stage.ts'
import { scalarOf } from '../value.ts'
import { leaveFrames } from './history.ts'
import { type FrameTotals, totalsOf, valueIn } from './history-frames.ts'
import { type Current, countedOf, HistoryRows } from './history-rows.ts'
import { rangesOf, Span, TIME } from './history-span.ts'
import { HistoryState, type Kept } from './history-state.ts'

const QUEUE = 'queue'
/** What is done of the row under way: nothing; it was entered; it has left. */
const ENTERED = 1
const GIVEN = 2

interface KeptRanges extends Kept {
  readonly chain: RowChain
  readonly rows: HistoryRows
  /** Of frames that go by rows. */
  readonly byRows: readonly FrameTotals[]
  /** The longest first. */
  readonly spans: readonly Span[]
}

/** The first row that waits. */
interface First extends Current {
  readonly node: Local
  readonly time: Expr
}

export class HistoryRangeStage implements StatefulStage {
  readonly #node: History
  readonly #watermark: TimeField
  readonly #plan: PlanScope
  readonly #state: HistoryState
  readonly #kept: KeptRanges
  readonly #queue: EntryList
  readonly #head: Mem = rowLayout('waiting_head', 'state', { deadline: 'i64', step: 'i32', ...endFields })

  readonly masked = false
  readonly isEager = false
  readonly misses = true
  readonly blocks = undefined
  /** What has to leave comes before all that is still to come. */
  readonly canWait = true

  constructor(node: History, watermark: TimeField, plan: PlanScope, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    this.#plan = plan
    let kept: KeptRanges | undefined
    this.#state = new HistoryState(
      node,
      node.input.relation.schema,
      texts,
      (ids, known) => {
        kept = keep(node, plan, ids, known)
        return kept
      },
      [this.#head],
    )
    if (!kept) throw new Error('rows wait nowhere')
    this.#kept = kept
    this.#kept.rows.place(this.#state.entries)
    for (const span of kept.spans) span.place(this.#state.entries)
    this.#queue = new EntryList(this.#head, kept.chain.pool.nodes, QUEUE)
  }

  get deadline(): TimeField {
    return { mem: this.#head, field: 'deadline' }
  }

  /** More than nothing where a row waits. */
  get waiting(): Expr {
    return add(this.#queue.first, i32(1))
  }

  get regions(): StatefulStage['regions'] {
    return this.#state.regions
  }

  get growables(): StatefulStage['growables'] {
    return this.#state.growables
  }

  init(k: KernelBuilder): void {
    this.#state.init(k)
    this.#queue.init(k)
    this.#setDeadline(k)
  }

  open(): void {}

  close(): void {}

  /** Rows that are still to come are not before the watermark. */
  passWatermark(k: KernelBuilder): void {
    passTimes(k, { step: 1n, offset: 0n, behind: 0n })
  }

  push(cx: RowScope, row: Row, miss: Miss): void {
    const { k } = cx
    k.note(historyRule.print(this.#node))
    const { partitions, texts } = this.#state
    const { chain } = this.#kept
    const entry = partitions.find(cx, row, miss)
    // What has to leave makes room, so that how much there is does not depend on how long it waits.
    k.if(chain.pool.lacks(i32(1)), () => cx.leaveIfDue())
    const wanted = chain.want(k, row.columns)
    chain.reserve(k, cx.leave)
    if (wanted.texts.length > 0) texts?.reserve(k, wanted.texts, cx.leave)
    k.phase('apply')
    for (const text of wanted.texts) texts?.intern(k, text)
    const node = chain.append(k, entry, wanted)
    k.store(chain.pool.nodes, 'partition', node, entry)
    k.store(chain.pool.nodes, TIME, node, scalarOf(valueIn(row.columns, this.#node.column ?? '')).value)
    this.#queue.append(k, node)
    this.#setDeadline(k)
  }

  /** The watermark that passes the first row: one tick behind it, or the last of all. */
  #setDeadline(k: KernelBuilder): void {
    const first = k.let('first', this.#queue.first)
    k.put(this.#head, 'deadline', i64(NEVER))
    k.if(ge(first, i32(0)), () => {
      const time = k.let('time', load(this.#kept.chain.pool.nodes, TIME, first))
      k.put(this.#head, 'deadline', select(eq(time, i64(NEVER)), time, add(time, i64(1n))))
    })
  }

  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const { chain, spans } = this.#kept
    const spent = k.let('spent', i32(0))
    const spend = (): void => {
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      k.set(spent, add(spent, i32(1)))
    }
    const work = { k, plan: this.#plan, scratch: new Scratch(k, leave), arrival: i64(0n), lane: undefined }
    k.loop('due_rows', done => {
      k.breakIf(not(this.#isDue), done)
      const row = this.#first(k)
      this.#enter(work, row, spend, leave)
      for (const span of spans) this.#move(work, span, row, spend, leave)
      this.#give(work, row, spend, each)
      this.#forget(k, row, spend)
      k.phase('apply')
      chain.keep(k, row.entry)
      this.#queue.remove(k, row.node)
      k.put(this.#head, 'step', i32(0))
      this.#setDeadline(k)
    })
  }

  get #isDue(): Expr {
    const isPast = ge(load(this.#watermark.mem, this.#watermark.field), load(this.#head, 'deadline'))
    return and(isPast, gt(this.waiting, i32(0)))
  }

  #first(k: KernelBuilder): First {
    const { nodes } = this.#kept.chain.pool
    const node = k.let('first', this.#queue.first)
    const entry = k.let('entry', load(nodes, 'partition', node))
    const rows = k.let('rows_before', this.#state.partitions.rows(entry))
    return { node, entry, rows, time: load(nodes, TIME, node), columns: this.#kept.chain.read(node) }
  }

  /** A step that is done once for a row: it has to be in one state, and leaves another. */
  #once(k: KernelBuilder, from: number, to: number, name: string, code: () => void): void {
    k.loop(name, done => {
      k.breakIf(ne(load(this.#head, 'step'), i32(from)), done)
      code()
      k.put(this.#head, 'step', i32(to))
    })
  }

  #enter(work: RowWork, row: First, spend: () => void, leave: Leave): void {
    const { k } = work
    const { rows, byRows } = this.#kept
    this.#once(k, 0, ENTERED, 'enter', () => {
      spend()
      const entering = byRows.flatMap(one => one.prepare(work, row.columns, row.entry, false))
      const numbered = rows.want(k, row)
      for (const one of entering) one.reserve?.(leave)
      k.phase('apply')
      rows.enter(k, row, numbered)
      for (const one of entering) one.apply()
    })
  }

  /** Moves the frame of a range to a row: to all of its time, and away from what is too old. */
  #move(work: RowWork, span: Span, { entry, time }: First, spend: () => void, leave: Leave): void {
    const { k } = work
    const { chain } = this.#kept
    k.loop('into_range', done => {
      const node = span.next(k, entry)
      k.breakIf(lt(node, i32(0)), done)
      k.breakIf(span.isBehind(node, time), done)
      spend()
      const entering = span.totals?.prepare(work, chain.read(node), entry, false) ?? []
      for (const one of entering) one.reserve?.(leave)
      k.phase('apply')
      for (const one of entering) one.apply()
      span.take(k, entry, node)
    })
    k.loop('out_of_range', done => {
      k.breakIf(not(span.hasOld(entry, time)), done)
      spend()
      k.phase('apply')
      const leaving = span.totals?.prepare(work, chain.read(span.start(entry)), entry, true) ?? []
      for (const one of leaving) one.apply()
      span.dropFirst(k, entry)
    })
  }

  #give(work: RowWork, row: First, spend: () => void, each: EmitEach): void {
    const { k } = work
    const { rows, byRows } = this.#kept
    this.#once(k, ENTERED, GIVEN, 'give', () => {
      spend()
      each(output => this.#columns({ k, ...output }, row), historyRule.print(this.#node))
      k.phase('apply')
      leaveFrames(work, { rows, totals: byRows }, row)
      this.#state.partitions.count(k, row.entry)
    })
  }

  #columns(cx: ExprScope, row: First): RowColumns {
    const { rows, byRows, spans } = this.#kept
    const sums = [...byRows, ...spans].flatMap(one => one.values(cx.k, row.entry))
    return new Map([...row.columns, ...rows.values(cx, row), ...sums])
  }

  /** Rows go that are before the longest range, and further back than any is read at. */
  #forget(k: KernelBuilder, { entry }: First, spend: () => void): void {
    const { chain, spans } = this.#kept
    k.loop('forget', done => {
      const isNeeded = eq(chain.first(entry), spans[0].start(entry))
      k.breakIf(not(and(chain.hasMore(entry), not(isNeeded))), done)
      spend()
      k.phase('apply')
      chain.dropFirst(k, entry)
    })
  }
}

function keep(node: History, plan: PlanScope, ids: StateIds, texts: Interner | undefined): KeptRanges {
  const { schema } = node.input.relation
  const totals = totalsOf(node.calls, { texts, plan, ids, keepsRefused: true })
  const byRows = totals.filter(({ frame }) => frame.kind !== 'range')
  const others = node.calls.filter(({ call }) => frameOf(call)?.kind !== 'range')
  const nodes = { partition: 'i32', [TIME]: 'i64', ...EntryList.linkFields(QUEUE) } as const
  let chain: RowChain | undefined
  const rows = new HistoryRows(others, schema, texts, (_, reach) => {
    // A cursor moves on from where it stood for the row before.
    const rowsKept = reach.rows === 0 ? 0 : reach.rows + 1
    chain = new RowChain(ids.next(), schema, { ...reach, rows: rowsKept, keepsMore: true }, texts, nodes)
    return chain
  })
  if (!chain) throw new Error('rows wait nowhere')
  const kept = chain
  const spans = rangesOf(node.calls).map(ticks => {
    const own = totals.find(({ frame }) => frame.kind === 'range' && frame.ticks === ticks)
    return new Span(ticks, node.calls, own, kept)
  })
  return {
    chain: kept,
    rows,
    totals,
    byRows,
    spans,
    fields: Object.assign({ ...rows.fields }, ...spans.map(({ fields }) => fields)),
    countMax: countedOf(others),
    init(k, entry) {
      for (const span of spans) span.init(k, entry)
    },
  }
}
