/** What the watermarks of an open query are, and which partition holds one back: read from memory, between two calls. */

import { controlBlock, type Placement } from '../../ir/abi.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import type { DriftPolicy } from '../../ir/logical/alignment.ts'
import type { Alignment, PartitionMems, PipelineProgram } from '../../ir/physical/program.ts'
import type { Column } from '../../ir/schema.ts'
import { factsOf, isBytes, isFloat } from '../../ir/types.ts'
import { RowView } from '../../runtime/memory/control.ts'
import type { AlignmentState } from '../../runtime/streaming/alignment.ts'
import { MIN_TIME } from '../lower/event-time.ts'
import { bytesRegion } from '../lower/lib/bytes.ts'
import { NULL_TEXT } from '../lower/lib/interner.ts'

/** How far a source has come. */
export interface SourceWatermark {
  /** Its name. */
  readonly source: string
  /** In ticks of the time column; undefined before the first. */
  readonly watermark: bigint | undefined
  /** Is it left out of the watermark of what it comes together with, until rows come from it? */
  readonly isIdle: boolean
  /** Rows that were further ahead of the clock than `maxAhead`. */
  readonly ahead: bigint
  /** Set where it belongs to sources that do not run ahead of each other. */
  readonly alignment: SourceAlignment | undefined
  /** Set where partitions have watermarks of their own. */
  readonly partitions: PartitionWatermarks | undefined
}

/** A source in its alignment group. */
export interface SourceAlignment {
  /** Its name. */
  readonly group: string
  /** What becomes of a source that is too far ahead. */
  readonly policy: DriftPolicy
  /** How far ahead of the others it may be, in ticks of the time column. */
  readonly maxDrift: bigint
  /**
   * How far ahead it is; negative where it is behind. Undefined where no other source counts, or where one that does has no
   * watermark yet.
   */
  readonly drift: bigint | undefined
  /** Since when it has been too far ahead, or paused, in milliseconds since 1970; undefined where it is not. */
  readonly exceedsSinceMs: number | undefined
  /** How often it got too far ahead, or was paused. */
  readonly timesExceeded: number
  /** Rows that were dropped. */
  readonly dropped: bigint
}

/** The partitions of a source. */
export interface PartitionWatermarks {
  /** How many count. */
  readonly active: number
  /** How many are left out, because no rows come from them. */
  readonly idle: number
  /** How many were forgotten so far. */
  readonly forgotten: bigint
  /** The active partition that is the furthest behind; undefined where none is active. */
  readonly holder: PartitionWatermark | undefined
}

/** The watermark of a partition. */
export interface PartitionWatermark {
  /** The value of the partition column. */
  readonly partition: Value
  /** In ticks of the time column; undefined where no row of it has counted. */
  readonly watermark: bigint | undefined
  /** Since when it is the one, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** What the runtime knows of a source. */
export interface RunningFacts {
  readonly isIdle: boolean
  readonly alignment: AlignmentState | undefined
}

export function readWatermark(
  { input, time, partitions, drift }: PipelineProgram,
  placement: Placement,
  { isIdle, alignment }: RunningFacts,
): SourceWatermark {
  const control = new RowView(placement, controlBlock)
  return {
    source: input.kind === 'source' ? input.name : '',
    watermark: timeOf(new RowView(placement, time).getLong('wm')),
    isIdle,
    ahead: control.getLong('ahead'),
    alignment:
      input.kind === 'source'
        ? readAlignment(input.alignment, alignment, drift && new RowView(placement, drift))
        : undefined,
    partitions: partitions && readPartitions(partitions, placement),
  }
}

function readAlignment(
  rule: Alignment | undefined,
  state: AlignmentState | undefined,
  drift: RowView | undefined,
): SourceAlignment | undefined {
  if (!rule || !state) return undefined
  const { group, policy, driftTicks: maxDrift } = rule
  return { group, policy, maxDrift, ...state, dropped: drift?.getLong('dropped') ?? 0n }
}

const timeOf = (ticks: bigint): bigint | undefined => (ticks === MIN_TIME ? undefined : ticks)

function readPartitions(mems: PartitionMems, placement: Placement): PartitionWatermarks {
  const [head, table] = [new RowView(placement, mems.head), new RowView(placement, mems.table)]
  const active = head.get('waiting')
  return {
    active,
    idle: table.get('live') - active,
    forgotten: head.getLong('forgotten'),
    holder: active === 0 ? undefined : readHolder(mems, placement, head),
  }
}

function readHolder(mems: PartitionMems, placement: Placement, head: RowView): PartitionWatermark {
  const entry = new Entry(placement, mems.entries, head.get('holder'))
  return {
    partition: keyOf(mems, placement, entry),
    watermark: timeOf(entry.long('wm')),
    sinceMs: Number(head.getLong('holds_since')),
  }
}

/** One entry of a table. */
class Entry {
  readonly #view: DataView
  readonly #mem: Mem
  readonly #base: number

  constructor({ buffer, regions }: Placement, mem: Mem, entry: number) {
    const region = regions.get(mem.name)
    if (!region) throw new Error(`region ${mem.name} has no place`)
    const [{ stride }] = Object.values(mem.fields)
    this.#view = new DataView(buffer as ArrayBuffer)
    this.#mem = mem
    this.#base = region.offset + entry * stride
  }

  int(field: string): number {
    return this.#view.getInt32(this.#base + this.#mem.fields[field].offset, true)
  }

  long(field: string): bigint {
    return this.#view.getBigInt64(this.#base + this.#mem.fields[field].offset, true)
  }

  double(field: string): number {
    return this.#view.getFloat64(this.#base + this.#mem.fields[field].offset, true)
  }

  has(field: string): boolean {
    return field in this.#mem.fields
  }
}

/** The value of a key as it is kept: see compiler/lower/operators/group-key. */
function keyOf({ column, texts }: PartitionMems, placement: Placement, entry: Entry): Value {
  if (isBytes(column.type)) {
    const id = entry.int('key_0')
    return id === NULL_TEXT || !texts ? null : textOf(column, placement, new Entry(placement, texts, id))
  }
  if (entry.has('key_nulls') && entry.int('key_nulls') !== 0) return null
  if (isFloat(column.type)) return entry.double('key_0')
  if (column.type === 'bool') return entry.int('key_0') !== 0
  if (factsOf(column.type).value !== 'i64') return entry.int('key_0')
  const long = entry.long('key_0')
  return column.type === 'uint64' ? BigInt.asUintN(64, long) : long
}

function textOf({ type }: Column, placement: Placement, text: Entry): Value {
  const bytes = placement.regions.get(bytesRegion.name)?.offset ?? 0
  const heap = new RowView(placement, controlBlock).get('heap_base')
  const at = bytes + heap + text.int('offset')
  const copy = new Uint8Array(placement.buffer as ArrayBuffer, at, text.int('length')).slice()
  return type === 'utf8' ? Buffer.from(copy).toString('utf8') : copy
}
