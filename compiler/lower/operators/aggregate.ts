/**
 * aggregate: what a row does to its group. A row reads everything first; when it may still be refused nothing has changed. A
 * row whose group is not there leaves the loop over rows: the group is made behind it, and the row taken again.
 */
import {
  and,
  bool,
  ge,
  i32,
  i64,
  type KernelBuilder,
  le,
  load,
  lt,
  not,
  op,
} from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import {
  type Aggregate,
  aggregateRule,
  leavesWithRows,
  splitsByWindow,
} from '../../../ir/logical/aggregate.ts'
import { isRefined } from '../../../ir/logical/emit.ts'
import type { Prepared } from '../accumulators/accumulator.ts'
import { passWatermark } from '../event-time.ts'
import { lowerExpr, type RowColumns } from '../expr/index.ts'
import { holds } from '../expr/logic.ts'
import type { Leave } from '../lib/control.ts'
import { type Bounds, closingOf, HOME, NEVER, type Pane, type TimeField } from '../lib/group-windows.ts'
import { hashWords } from '../lib/hash.ts'
import type { Interner } from '../lib/interner.ts'
import { SESSION_ROOM, type Sought } from '../lib/sessions.ts'
import type { PlanScope, Row, RowScope } from '../scope.ts'
import type { Blocks, EagerOutput, EmitEach, Miss, StatefulStage } from '../stage.ts'
import { FALSE, faultsOf, guarded, scalarOf, type Value } from '../value.ts'
import { takesBack } from './change-rows.ts'
import { EachWindow, type TakeRow } from './each-window.ts'
import type { KeyValue } from './group-key.ts'
import { Groups } from './groups.ts'
import { type NewGroup, PendingGroup } from './pending-group.ts'
import { RowResults } from './row-results.ts'

/** The bounds of the one window of an aggregation without windows. */
const ALWAYS: Bounds = { start: HOME, from: HOME, closes: i64(NEVER) }
const NO_KEY: KeyValue = { fields: new Map(), texts: [] }
const ONLY_ENTRY = i32(0)
const ONLY_GROUP: NewGroup = { bounds: ALWAYS, hash: i32(0), key: NO_KEY }

/** What the aggregates are computed from, by their number. */
type Args = readonly (readonly Value[])[]

/** What a row brings to its group, and whether it is taken back. */
interface Brought {
  readonly args: Args
  readonly removes: Expr
}

/** A row whose group is not there, or that joins two. */
interface Missing extends Pick<Brought, 'args'> {
  readonly key: KeyValue
  readonly isNew: Expr
}

export class AggregateStage implements StatefulStage {
  readonly #node: Aggregate
  readonly #watermark: TimeField
  readonly #groups: Groups
  readonly #results: RowResults
  readonly #pending: PendingGroup
  /** Set where a row is taken into each of its windows for itself. */
  readonly #eachWindow: EachWindow | undefined

  constructor(node: Aggregate, watermark: TimeField, plan: PlanScope, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    this.#groups = new Groups(node, watermark, plan, texts)
    this.#results = new RowResults(node, this.#groups)
    this.#pending = new PendingGroup(this.#groups.key)
    this.#eachWindow = eachWindowOf(node)
  }

  get deadline(): TimeField {
    return this.#groups.windows.deadline
  }

  get waiting(): Expr {
    return this.#groups.windows.waiting
  }

  get regions(): StatefulStage['regions'] {
    const own = [this.#pending.mem, ...(this.#eachWindow ? [this.#eachWindow.mem] : [])]
    return [...own.map(mem => ({ mem, rows: 1 })), ...this.#groups.regions]
  }

  get growables(): StatefulStage['growables'] {
    return this.#groups.growables
  }

  /** A session that has ended takes no row, whether it has left or not. */
  get canWait(): boolean {
    return this.#groups.sessions !== undefined && !isRefined(this.#node.emit)
  }

  init(k: KernelBuilder): void {
    this.#groups.init(k)
  }

  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    this.#groups.advance(k, leave, this.#watermark, each)
  }

  passWatermark(k: KernelBuilder): void {
    passWatermark(k, this.#node.window?.spec, this.#node.emit.latenessTicks)
  }

  /** Can rows be dropped by a mask on their way here? */
  get masked(): boolean {
    const { accumulators } = this.#groups.accumulation
    return this.#groups.isUngrouped && accumulators.every(({ accumulator }) => accumulator.masked === true)
  }

  get isEager(): boolean {
    return leavesWithRows(this.#node)
  }

  get misses(): boolean {
    return !this.#groups.isUngrouped
  }

  get blocks(): Blocks | undefined {
    const blocks = this.#groups.accumulation.accumulators.flatMap(
      ({ accumulator }) => accumulator.blocks ?? [],
    )
    if (blocks.length === 0 || !this.masked) return undefined
    return {
      open: k => {
        for (const one of blocks) one.open(k)
      },
      close: k => {
        for (const one of blocks) one.close(k)
      },
    }
  }

  /** All rows belong to one group, whose id is the first there is: it is there before they come. */
  open(k: KernelBuilder, leave: Leave): void {
    if (this.#groups.isUngrouped) {
      k.if(le(load(this.#groups.table.head, 'live'), i32(0)), () => {
        this.#groups.reserve(k, leave)
        this.#groups.make(k, ONLY_GROUP, i64(0n))
      })
    }
    this.#groups.takeInJoined(k, leave)
    for (const { accumulator } of this.#groups.accumulation.accumulators) accumulator.open?.(k)
  }

  close(k: KernelBuilder): void {
    for (const { accumulator } of this.#groups.accumulation.accumulators) accumulator.close?.(k)
  }

  push(cx: RowScope, row: Row, miss: Miss, output: EagerOutput | undefined): void {
    const { k } = cx
    const operator = aggregateRule.print(this.#node)
    k.note(operator)
    if (this.#node.window) this.#dropLate(cx, row, paneOf(row), operator)
    const args = this.#node.aggregates.map(({ call }) =>
      call.args.map(arg => lowerExpr(cx, row.columns, arg)),
    )
    cx.reject(faultsOf(args.flat()), row.mask, operator)
    const brought = { args, removes: this.#removes(cx, row.columns) }
    const take: TakeRow = (part, own) => this.#take(part, own, brought, miss, output)
    if (this.#eachWindow) this.#eachWindow.push(cx, row, paneOf(row), take)
    else take(cx, row)
  }

  /** What the row does to its group, or to that of one of its windows. */
  #take(
    cx: RowScope,
    row: Row,
    { args, removes }: Brought,
    miss: Miss,
    output: EagerOutput | undefined,
  ): void {
    const { k } = cx
    const operator = aggregateRule.print(this.#node)
    const group = this.#groups.isUngrouped
      ? ONLY_ENTRY
      : this.#group(cx, row, { args, removes }, miss, output)
    const entry = this.#groups.taker(k, group, cx.leave)
    const time = this.#timeOf(cx, row.columns)
    const prepared = this.#groups.accumulation.accumulators.map(({ accumulator, feeder }) =>
      accumulator.prepare({ cx, args: args[feeder] ?? [], mask: row.mask, time, entry, removes }),
    )
    const faults = prepared.flatMap(one => one.faults)
    cx.reject(faults, row.mask, operator)
    this.#reserveTexts(cx, prepared)
    for (const one of prepared) one.reserve?.(cx.leave)
    const apply = (): void => {
      this.#apply(cx, prepared)
      if (row.pane) this.#groups.sessions?.take(k, row.pane, entry)
    }
    if (output) this.#results.leave(cx, row, { group, entry, removes, prepared, apply }, output)
    else apply()
    if (this.#groups.canEmpty)
      k.if(this.#groups.isGone(k, entry, removes), () => this.#groups.remove(k, entry))
    const end = row.pane?.lastEnd ?? i64(NEVER)
    this.#groups.windows.touch?.(k, { group: entry, end, time, stopIfDue: cx.stopIfDue })
  }

  /** Is the row taken back, or does it take its group back? */
  #removes({ k }: RowScope, columns: RowColumns): Expr {
    const { input, deletes } = this.#node
    if (deletes !== undefined) return k.let('deletes', holds(columns.get(deletes) ?? missing(deletes)))
    return input.relation.isChangelog ? takesBack(k, columns) : FALSE
  }

  /** A row is late when all of its windows have closed, which must be while there is time. */
  #dropLate(cx: RowScope, row: Row, { lastEnd }: Pane, operator: string): void {
    const { k } = cx
    const { latenessTicks } = this.#node.emit
    if (latenessTicks > 0n) {
      const never = op('addo.i64', lastEnd, i64(latenessTicks))
      cx.reject([{ code: 'LDB-2005', when: never }], row.mask, operator)
    }
    k.if(cx.hasPassed(closingOf(lastEnd, latenessTicks)), () => this.#late(cx, row))
  }

  /** No window of its own waits for a row: it is late, unless it joins a session that is open. */
  #late(cx: RowScope, row: Row): void {
    const { k } = cx
    const { sessions } = this.#groups
    const late = (): void => cx.late(this.#node.emit.strategy !== 'final')
    if (!sessions) {
      late()
      return
    }
    const key = this.#groups.key.read(cx, row.columns)
    const { entry } = this.#groups.find(k, hashWords(k, this.#groups.key.words(key)), key, HOME)
    k.if(lt(sessions.seek(cx, paneOf(row), entry).session, i32(0)), late)
  }

  get #wm(): Expr {
    return load(this.#watermark.mem, this.#watermark.field)
  }

  /** Event time where the stream has one, else the number of the row. */
  #timeOf(cx: RowScope, columns: RowColumns): Expr {
    const column = this.#node.input.relation.time?.columns[0]
    const value = column === undefined ? undefined : columns.get(column)
    return value ? scalarOf(value).value : cx.arrival
  }

  /** The entry of the group of a row; a row that has none `miss`es it. */
  #group(
    cx: RowScope,
    row: Row,
    { args, removes }: Brought,
    miss: Miss,
    output: EagerOutput | undefined,
  ): Expr {
    const { k } = cx
    const key = this.#groups.key.read(cx, row.columns)
    const pane = this.#node.window && paneOf(row)
    const hash = hashWords(k, this.#groups.key.words(key), pane?.hash)
    this.#prefetch(cx, row)
    const { entry } = this.#groups.find(k, hash, key, pane?.start)
    this.#refuseUnknown(cx, row, entry, removes)
    const sought = pane && this.#groups.sessions?.seek(cx, pane, entry)
    k.if(sought?.isMissing ?? lt(entry, i32(0)), () => {
      this.#reserve(cx, row, { key, args, isNew: sought ? lt(sought.session, i32(0)) : bool(true) })
      if (sought) this.#prepareSession(cx, row, sought, output)
      const bounds = pane ? this.#groups.windows.bounds(k, pane, this.#wm) : ALWAYS
      this.#pending.write(k, { bounds, hash, key })
      miss(() => this.#make(cx, this.#pending.read(k, key), output))
    })
    return sought?.session ?? entry
  }

  /** A row that joins what cannot be combined is refused. */
  #prepareSession(cx: RowScope, row: Row, sought: Sought, output: EagerOutput | undefined): void {
    const { session, bridged } = sought
    cx.k.if(ge(bridged, i32(0)), () => {
      const faults = this.#groups.held.combineFaults(cx.k, bridged, session)
      cx.reject(faults, row.mask, aggregateRule.print(this.#node))
    })
    sought.note()
    if (output) this.#results.reserveJoin(cx, output)
  }

  /** Makes the group that a row missed, or joins the two sessions that it comes between. */
  #make(cx: RowScope, group: NewGroup, output: EagerOutput | undefined): void {
    const { k, arrival } = cx
    const make = (): void => this.#groups.make(k, group, arrival)
    const { sessions } = this.#groups
    if (!sessions) {
      make()
      return
    }
    const join = (): void => this.#groups.join(cx, group)
    k.if(sessions.joins, () => (output ? this.#results.join(cx, output, join) : join()), make)
  }

  /** What is taken back must be there; a group that was just made has no rows yet. */
  #refuseUnknown(cx: RowScope, row: Row, entry: Expr, removes: Expr): void {
    if (!this.#groups.canEmpty) return
    const { k } = cx
    const unknown = k.let('unknown', removes)
    k.if(and(removes, ge(entry, i32(0))), () => k.set(unknown, not(this.#groups.isThere(k, entry))))
    cx.reject([{ code: 'LDB-9005', when: unknown }], row.mask, aggregateRule.print(this.#node))
  }

  /** Asks for the memory of groups to come, guessing that the window is still the same. */
  #prefetch(cx: RowScope, row: Row): void {
    const { k, ahead } = cx
    if (!ahead) return
    const hashAhead = (rows: number): Expr | undefined => {
      const words = this.#groups.key.guess(row.columns, ahead(rows))
      return words && hashWords(k, words, row.pane?.hash)
    }
    this.#groups.table.prefetch(k, hashAhead)
  }

  /** Room for a group, its window, and all texts that it is to keep: behind the loop nothing can stop its row. */
  #reserve(cx: RowScope, { mask }: Row, { key, args, isNew }: Missing): void {
    const { k, leave } = cx
    const first = this.#groups.accumulation.first(cx, args)
    cx.reject(guarded(first.faults, isNew), mask, aggregateRule.print(this.#node))
    // What waits to leave makes room.
    if (this.canWait) k.if(this.#groups.table.lacks(SESSION_ROOM), () => cx.leaveIfDue())
    this.#groups.reserve(k, leave)
    first.reserve()
    const texts = [...key.texts, ...first.texts]
    if (texts.length > 0) this.#groups.texts?.reserve(k, texts, leave)
  }

  #reserveTexts({ k, leave }: RowScope, prepared: readonly Prepared[]): void {
    const texts = prepared.flatMap(one => one.texts)
    if (texts.length > 0) this.#groups.texts?.reserve(k, texts, leave)
  }

  #apply({ k, lane }: RowScope, prepared: readonly Prepared[]): void {
    // Rows of a block never leave: they have no phases.
    if (lane === undefined) k.phase('apply')
    for (const text of prepared.flatMap(one => one.texts)) this.#groups.texts?.intern(k, text)
    for (const one of prepared) one.apply()
  }
}

function eachWindowOf(node: Aggregate): EachWindow | undefined {
  const spec = node.window?.spec
  return splitsByWindow(node) && (spec?.kind === 'hop' || spec?.kind === 'cumulate')
    ? new EachWindow(spec, node.emit.latenessTicks)
    : undefined
}

const missing = (name: string): never => {
  throw new Error(`column ${name} is not part of the row`)
}

function paneOf({ pane }: Row): Pane {
  if (!pane) throw new Error('a row without its window')
  return pane
}
