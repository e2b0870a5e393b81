/** sort: rows in the order of event time, as the watermark passes them; or those of each window, when it closes. */
import { controlBlock, Status } from '../../../ir/abi.ts'
import {
  add,
  eq,
  ge,
  i32,
  i64,
  type KernelBuilder,
  load,
  lt,
  not,
  select,
  sub,
} from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type Sort, sortedWindow, sortRule } from '../../../ir/logical/sort.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { passTimes, passWatermark } from '../event-time.ts'
import type { Leave } from '../lib/control.ts'
import type { TimeField } from '../lib/group-windows.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import { SortedRows } from '../lib/sorted-rows.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EmitEach, StatefulStage } from '../stage.ts'
import { scalarOf } from '../value.ts'

const ROWS = 0

export class SortStage implements StatefulStage {
  readonly #node: Sort
  readonly #watermark: TimeField
  readonly #texts: Interner | undefined
  readonly #rows: SortedRows
  /** How many rows have left of the window whose rows leave, where there is a limit. */
  readonly #given: Mem | undefined

  readonly masked = false
  readonly isEager = false
  readonly misses = false
  readonly blocks = undefined
  /** What has to leave comes before all that is still to come. */
  readonly canWait = true

  constructor(node: Sort, watermark: TimeField, texts?: Interner) {
    this.#node = node
    this.#watermark = watermark
    const { schema } = node.relation
    const ids = new StateIds(ROWS + 1)
    const hasTexts = schema.some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    this.#rows = new SortedRows(ROWS, schema, node.keys, this.#texts)
    const isLimited = node.limit !== undefined
    this.#given = isLimited ? rowLayout('given', 'state', { time: 'i64', rows: 'i32' }) : undefined
  }

  get deadline(): TimeField {
    return this.#rows.deadline
  }

  get waiting(): Expr {
    return this.#rows.waiting
  }

  get regions(): StatefulStage['regions'] {
    const own = this.#given ? [this.#given] : []
    const heads = [...this.#rows.heads, ...own, ...(this.#texts?.fixed ?? [])]
    return heads.map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    const rows = this.#rows
    return [{ growable: rows.growable, grow: k => rows.grow(k) }, ...growingTexts(this.#texts)]
  }

  init(k: KernelBuilder): void {
    this.#rows.init(k)
  }

  open(): void {}

  close(): void {}

  /** Rows that are still to come are not before the watermark; those of windows not before the ones that are open. */
  passWatermark(k: KernelBuilder): void {
    const window = sortedWindow(this.#node)
    if (window) passWatermark(k, window.spec, 0n)
    else passTimes(k, { step: 1n, offset: 0n, behind: 0n })
  }

  push(cx: RowScope, row: Row): void {
    const { k } = cx
    k.note(sortRule.print(this.#node))
    const time = k.let('leaves_behind', this.#timeOf(row))
    k.if(lt(time, load(this.#watermark.mem, this.#watermark.field)), () => cx.late(true))
    // What has to leave makes room, so that how much there is does not depend on how long it waits.
    k.if(this.#rows.lacksRoom, () => cx.leaveIfDue())
    const wanted = this.#rows.want(k, row.columns)
    this.#rows.reserve(k, wanted, cx.leave)
    k.phase('apply')
    this.#rows.add(k, wanted, time)
  }

  /** The last tick of time that a row waits for. */
  #timeOf({ columns }: Row): Expr {
    const window = sortedWindow(this.#node)
    const value = columns.get(window?.end ?? this.#node.column ?? '')
    if (!value) throw new Error('rows are sorted without their time')
    const time = scalarOf(value).value
    return window ? sub(time, i64(1n)) : time
  }

  advance(k: KernelBuilder, leave: Leave, each: EmitEach): void {
    const spent = k.let('spent', i32(0))
    k.loop('due_rows', done => {
      k.breakIf(not(this.#rows.isDue(this.#watermark)), done)
      k.phase('reserve')
      k.if(ge(spent, load(controlBlock, 'budget')), () => leave(Status.yield))
      this.#give(k, () => each(() => this.#rows.first, sortRule.print(this.#node)))
      this.#rows.dropFirst(k)
      k.set(spent, add(spent, i32(1)))
    })
  }

  /** Hands a row out, where not so many of its window have left. */
  #give(k: KernelBuilder, give: () => void): void {
    const { limit } = this.#node
    if (!this.#given || limit === undefined) {
      give()
      k.phase('apply')
      return
    }
    const time = k.let('time', this.#rows.firstTime)
    const isSame = eq(load(this.#given, 'time'), time)
    const rows = k.let('given', select(isSame, load(this.#given, 'rows'), i32(0)))
    k.if(lt(rows, i32(limit)), give)
    k.phase('apply')
    k.put(this.#given, 'time', time)
    k.put(this.#given, 'rows', select(lt(rows, i32(limit)), add(rows, i32(1)), rows))
  }
}
