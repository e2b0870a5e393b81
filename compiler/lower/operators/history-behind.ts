/**
 * history of rows behind: rows wait whole, in the chain of their partition and in a list of all in order of arrival. A row leaves
 * with the one that is the last it learns of; those that are left leave when the input ends.
 */
import { controlBlock, Status } from '../../../ir/abi.ts'
import { literal } from '../../../ir/expr/expr.ts'
import {
  add,
  eq,
  ge,
  gt,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  or,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type History, historyRule } from '../../../ir/logical/history.ts'
import type { Shifted } from '../../../ir/logical/history-call.ts'
import { passWatermark } from '../event-time.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import type { Leave } from '../lib/control.ts'
import { EntryList, endFields } from '../lib/entry-list.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import type { Interner } from '../lib/interner.ts'
import { RowChain } from '../lib/row-chain.ts'
import type { ExprScope, Row, RowScope } from '../scope.ts'
import type { EagerOutput, EmitEach, Miss, StatefulStage } from '../stage.ts'
import { choose, type Value } from '../value.ts'
import { valueIn } from './history-frames.ts'
import { HistoryState } from './history-state.ts'

const QUEUE = 'queue'

interface Lead {
  readonly name: string
  readonly call: Shifted
}

export class HistoryBehindStage implements StatefulStage {
  readonly #node: History
  readonly #watermark: TimeField
  readonly #state: HistoryState
  readonly #chain: RowChain
  readonly #queue: EntryList
  readonly #head: Mem = rowLayout('waiting_head', 'state', { deadline: 'i64', ...endFields })
  readonly #leads: readonly Lead[]
  /** How far behind the last row is that one learns of. */
  readonly #farthest: number

  readonly masked = false
  readonly isEager = true
  readonly misses = true
  readonly blocks = undefined
  readonly canWait = false

  constructor(node: History, watermark: TimeField, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    this.#leads = node.calls.flatMap(({ name, call }) => (call.kind === 'lead' ? [{ name, call }] : []))
    this.#farthest = Math.max(...this.#leads.map(({ call }) => call.offset))
    const { schema } = node.input.relation
    let chain: RowChain | undefined
    const cursors = Object.fromEntries(
      this.#cursors.map((offset): [string, 'i32'] => [aheadOf(offset), 'i32']),
    )
    this.#state = new HistoryState(
      node,
      schema,
      texts,
      (ids, known) => {
        const ofNodes = { partition: 'i32' as const, ...EntryList.linkFields(QUEUE) }
        chain = new RowChain(ids.next(), schema, { rows: 0, distances: [], keepsMore: false }, known, ofNodes)
        return { chain, totals: [], fields: cursors, countMax: this.#farthest + 1 }
      },
      [this.#head],
    )
    if (!chain) throw new Error('rows wait nowhere')
    this.#chain = chain
    this.#queue = new EntryList(this.#head, chain.pool.nodes, QUEUE)
  }

  /** Distances to rows behind that are not the last to come. */
  get #cursors(): readonly number[] {
    const offsets = new Set(this.#leads.map(({ call }) => call.offset))
    return [...offsets].filter(offset => offset < this.#farthest)
  }

  get deadline(): TimeField {
    return { mem: this.#head, field: 'deadline' }
  }

  get waiting(): Expr {
    return load(this.#chain.pool.head, 'live')
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
    k.put(this.#head, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  passWatermark(k: KernelBuilder): void {
    passWatermark(k, undefined, 0n)
  }

  push(cx: RowScope, row: Row, miss: Miss, output: EagerOutput | undefined): void {
    const { k } = cx
    if (!output) throw new Error('a history that nobody is given')
    k.note(historyRule.print(this.#node))
    const { partitions, texts } = this.#state
    const entry = partitions.find(cx, row, miss)
    const wanted = this.#chain.want(k, row.columns)
    k.if(le(output.room, i32(0)), () => cx.leave(Status.full))
    this.#chain.reserve(k, cx.leave)
    if (wanted.texts.length > 0) texts?.reserve(k, wanted.texts, cx.leave)
    k.phase('apply')
    for (const text of wanted.texts) texts?.intern(k, text)
    const node = this.#chain.append(k, entry, wanted)
    k.store(this.#chain.pool.nodes, 'partition', node, entry)
    this.#queue.append(k, node)
    const waiting = k.let('waiting', this.#waitingIn(entry))
    for (const offset of this.#cursors)
      k.if(eq(waiting, i32(offset)), () => k.store(this.#state.entries, aheadOf(offset), entry, node))
    k.if(
      lt(waiting, i32(this.#farthest)),
      () => partitions.count(k, entry),
      () => {
        const first = k.let('first', this.#chain.first(entry))
        output.emit(this.#columns(cx, { first, entry, last: node }))
        this.#drop(k, entry, first)
      },
    )
  }

  /** Rows of a partition that wait: no more than there must be behind one. */
  #waitingIn(entry: Expr): Expr {
    return this.#state.partitions.rows(entry)
  }

  /** The input has ended: rows leave in the order of their arrival. */
  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const { partitions, entries } = this.#state
    const hasEnded = ge(load(this.#watermark.mem, this.#watermark.field), i64(NEVER))
    const spent = k.let('spent', i32(0))
    k.loop('rows_left', done => {
      const first = k.let('first', this.#queue.first)
      k.breakIf(or(lt(first, i32(0)), not(hasEnded)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      const entry = k.let('entry', load(this.#chain.pool.nodes, 'partition', first))
      each(
        output => this.#columns({ k, ...output }, { first, entry, last: undefined }),
        historyRule.print(this.#node),
      )
      k.phase('apply')
      this.#drop(k, entry, first)
      k.store(entries, 'rows', entry, sub(partitions.rows(entry), i32(1)))
      k.set(spent, add(spent, i32(1)))
    })
  }

  /** Forgets the first row of a partition that waits; of those that are left the next is the one under way. */
  #drop(k: KernelBuilder, entry: Expr, first: Expr): void {
    const { entries } = this.#state
    for (const offset of this.#cursors)
      k.if(gt(this.#waitingIn(entry), i32(offset)), () => {
        const ahead = k.let('ahead', load(entries, aheadOf(offset), entry))
        k.store(entries, aheadOf(offset), entry, this.#chain.pool.next(ahead))
      })
    this.#queue.remove(k, first)
    this.#chain.leave(k, entry)
  }

  /** A row that leaves with what it learns; `last`: the row that it waited for, where that has come. */
  #columns(
    cx: ExprScope,
    row: { readonly first: Expr; readonly entry: Expr; readonly last: Expr | undefined },
  ): RowColumns {
    const own = this.#chain.read(row.first)
    const learned = this.#leads.map(({ name, call }): [string, Value] => [
      name,
      this.#lead(cx, own, row, call),
    ])
    return new Map([...own, ...learned])
  }

  #lead(
    cx: ExprScope,
    own: RowColumns,
    { first, entry, last }: { readonly first: Expr; readonly entry: Expr; readonly last: Expr | undefined },
    { column, offset, otherwise }: Shifted,
  ): Value {
    const ahead = (): Expr => load(this.#state.entries, aheadOf(offset), entry)
    if (last) return valueIn(this.#chain.read(offset === this.#farthest ? last : ahead()), column)
    const missing = lowerExpr(cx, own, otherwise ?? literal(null, valueIn(own, column).type))
    if (offset === this.#farthest) return missing
    const isThere = cx.k.let('is_there', gt(this.#waitingIn(entry), i32(offset)))
    const node = cx.k.let('ahead', select(isThere, ahead(), first))
    return choose(cx.k, isThere, valueIn(this.#chain.read(node), column), missing)
  }
}

const aheadOf = (offset: number): string => `ahead_${offset}`
