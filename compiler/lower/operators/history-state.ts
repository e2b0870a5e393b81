/** What all kinds of history keep: partitions, chains of their rows, and what their frames come to. */
import type { KernelBuilder } from '../../../ir/kernel/build.ts'
import type { Expr, Mem } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { History } from '../../../ir/logical/history.ts'
import { findColumn, type Schema } from '../../../ir/schema.ts'
import { isBytes } from '../../../ir/types.ts'
import { StateIds } from '../accumulators/accumulator.ts'
import { growingTexts, type Interner, textsOf } from '../lib/interner.ts'
import type { RowChain } from '../lib/row-chain.ts'
import type { StatefulStage } from '../stage.ts'
import type { FrameTotals } from './history-frames.ts'
import { HistoryPartitions } from './history-partitions.ts'

const PARTITIONS = 0

/** What a kind of history keeps of a partition. */
export interface Kept {
  readonly chain: RowChain | undefined
  readonly totals: readonly FrameTotals[]
  /** Fields of its own, the number up to which rows are counted, and what is done before the first row. */
  readonly fields: FieldSpecs
  readonly countMax: number
  init?(k: KernelBuilder, entry: Expr): void
}

export class HistoryState {
  readonly texts: Interner | undefined
  readonly partitions: HistoryPartitions
  readonly #kept: Kept
  readonly #heads: readonly Mem[]

  /** `columns`: those whose values are kept, beside those of the key. `ofSource`: texts of the source of the pipeline. */
  constructor(
    node: History,
    columns: Schema,
    ofSource: Interner | undefined,
    keep: (ids: StateIds, texts: Interner | undefined) => Kept,
    heads: readonly Mem[],
  ) {
    const ids = new StateIds(PARTITIONS + 1)
    const keys = node.keys.flatMap(name => findColumn(node.input.relation.schema, name) ?? [])
    const hasTexts = [...keys, ...columns].some(({ type }) => isBytes(type))
    this.texts = textsOf(ofSource, hasTexts, () => ids.next())
    this.#heads = heads
    this.#kept = keep(ids, this.texts)
    const { chain, totals, fields, countMax } = this.#kept
    this.partitions = new HistoryPartitions({
      id: PARTITIONS,
      columns: keys,
      texts: this.texts,
      fields: Object.assign({ ...fields, ...chain?.fields }, ...totals.map(one => one.fields)),
      countMax,
      init: (k, entry) => this.#initPartition(k, entry),
    })
    chain?.place(this.entries)
    for (const one of totals) one.place(this.entries)
  }

  get entries(): Mem {
    return this.partitions.table.entries
  }

  get regions(): StatefulStage['regions'] {
    const { chain, totals } = this.#kept
    const pool = chain ? [chain.pool.head] : []
    const heads = [...this.partitions.heads, ...pool, ...this.#heads, ...(this.texts?.fixed ?? [])]
    return [...heads.map(mem => ({ mem, rows: 1 })), ...totals.flatMap(({ regions }) => regions)]
  }

  get growables(): StatefulStage['growables'] {
    const { table } = this.partitions
    const { chain, totals } = this.#kept
    const parts = [...table.growable.parts, ...totals.flatMap(one => one.parts)]
    return [
      { growable: { ...table.growable, parts }, grow: k => table.grow(k) },
      ...growingTexts(this.texts),
      ...totals.flatMap(({ held }) => held.states),
      ...(chain ? [{ growable: chain.pool.growable, grow: (k: KernelBuilder) => chain.pool.grow(k) }] : []),
    ]
  }

  init(k: KernelBuilder): void {
    this.partitions.table.init(k)
    for (const { held } of this.#kept.totals) for (const state of held.states) state.init?.(k)
  }

  #initPartition(k: KernelBuilder, entry: Expr): void {
    const { chain, totals, init } = this.#kept
    chain?.init(k, entry)
    for (const { held } of totals) held.init(k, entry)
    init?.(k, entry)
  }
}
