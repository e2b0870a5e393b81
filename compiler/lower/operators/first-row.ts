/** rank, where one row of each partition is told and none is taken back: it is kept with its partition, and nothing else is. */
import { Status } from '../../../ir/abi.ts'
import { f64, ge, i32, i64, type KernelBuilder, le, lt, select } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { changes } from '../../../ir/logical/emit.ts'
import { type Rank, rankRule, restOf } from '../../../ir/logical/rank.ts'
import { findColumn } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { passWatermark } from '../event-time.ts'
import { NEVER, type TimeField } from '../lib/group-windows.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import { KeptRow } from '../lib/kept-row.ts'
import type { Row, RowScope } from '../scope.ts'
import type { EagerOutput, StatefulStage } from '../stage.ts'
import { asChange } from './change-rows.ts'
import { partitionColumns, RankedPartitions } from './ranked-partitions.ts'
import { SortOrder } from './sort-order.ts'

const TABLE = 0
const FIRST = f64(1)

export class FirstRowStage implements StatefulStage {
  readonly #node: Rank
  readonly #texts: Interner | undefined
  readonly #kept: KeptRow
  readonly #partitions: RankedPartitions
  readonly #order: SortOrder
  /** A deadline that never comes. */
  readonly #never: Mem = rowLayout('no_deadline', 'state', { deadline: 'i64' })

  readonly masked = false
  readonly isEager = true
  readonly misses = false
  readonly canWait = false
  readonly blocks = undefined
  readonly waiting = i32(0)

  constructor(node: Rank, texts?: Interner) {
    this.#node = node
    const rest = restOf(node)
    const ids = new StateIds(TABLE + 1)
    const hasTexts = [...partitionColumns(node), ...rest].some(({ type }) => isBytes(type))
    this.#texts = textsOf(texts, hasTexts, () => ids.next())
    this.#kept = new KeptRow(rest, this.#texts)
    this.#partitions = new RankedPartitions(TABLE, node, this.#texts, this.#kept.fields)
    this.#order = new SortOrder(node.orderBy.filter(({ name }) => findColumn(rest, name)))
  }

  get deadline(): TimeField {
    return { mem: this.#never, field: 'deadline' }
  }

  get regions(): StatefulStage['regions'] {
    const heads = [this.#partitions.table.head, this.#never, ...(this.#texts?.fixed ?? [])]
    return heads.map(mem => ({ mem, rows: 1 }))
  }

  get growables(): StatefulStage['growables'] {
    const { table } = this.#partitions
    return [{ growable: table.growable, grow: k => table.grow(k) }, ...growingTexts(this.#texts)]
  }

  init(k: KernelBuilder): void {
    this.#partitions.table.init(k)
    k.put(this.#never, 'deadline', i64(NEVER))
  }

  open(): void {}

  close(): void {}

  advance(): void {}

  passWatermark(k: KernelBuilder): void {
    passWatermark(k, undefined, 0n)
  }

  push(cx: RowScope, row: Row, _miss: unknown, output: EagerOutput | undefined): void {
    const { k, leave } = cx
    if (!output) throw new Error('a ranking that tells with each row has nowhere to')
    k.note(rankRule.print(this.#node))
    const { entries, table } = this.#partitions
    const sought = this.#partitions.find(k, undefined, row.columns)
    const columns = this.#order.bind(k, row.columns)
    const isKnown = k.let('is_known', ge(sought.entry, i32(0)))
    k.if(isKnown, () => {
      const order = this.#order.compare(k, columns, this.#kept.read(entries, sought.entry))
      k.if(ge(order, i32(0)), () => cx.drop())
    })
    k.if(le(output.room, i32(0)), () => leave(Status.full))
    const wanted = this.#kept.want(k, columns)
    const texts = [...sought.key.texts, ...wanted.texts]
    k.if(lt(sought.entry, i32(0)), () => table.reserve(k, leave))
    if (texts.length > 0) this.#texts?.reserve(k, texts, leave)
    k.phase('apply')
    for (const text of texts) this.#texts?.intern(k, text)
    const entry = k.let('partition', sought.entry)
    k.if(
      isKnown,
      () => this.#tell(output, entry, i32(changes.updateBefore)),
      () => k.set(entry, this.#partitions.add(k, sought)),
    )
    this.#kept.store(k, entries, entry, wanted)
    this.#tell(output, entry, select(isKnown, i32(changes.updateAfter), i32(changes.insert)))
  }

  #tell(output: EagerOutput, entry: Expr, code: Expr): void {
    const kept = this.#kept.read(this.#partitions.entries, entry)
    output.emit(asChange(this.#partitions.columns(entry, kept, FIRST), code))
  }
}
