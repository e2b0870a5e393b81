/**
 * The physical plan: what the compiler hands to the runtime. Pipelines of kernels, the regions they need, how the
 * columns of a batch enter, and where the columns of a result are found. It names no operator.
 */
import type { Kernel, Mem } from '../kernel/node.ts'
import type { OpName } from '../kernel/ops.ts'
import type { AlignmentSpec } from '../logical/alignment.ts'
import type { LookedUp } from '../logical/lookup.ts'
import type { Column, Schema } from '../schema.ts'

/** A region with a fixed number of rows. */
export interface FixedRegion {
  readonly mem: Mem
  readonly rows: number
}

/**
 * State that grows inside its reserve: `kernel` makes room when a kernel returned `grow` with this id. The parts
 * share a limit, a count of units (entries of a table); each part holds `rowsPerUnit` rows for a unit.
 */
export interface Growable {
  readonly id: number
  readonly name: string
  readonly kernel: string
  readonly parts: readonly { readonly mem: Mem; readonly rowsPerUnit: number }[]
  /** One row: units in use (live), ids ever given (high), units there is room for (room). */
  readonly head: Mem
  /** Where it keeps bytes, too: how many are in use (used) and there is room for (room). */
  readonly heap?: Mem
  /** Emitted rows may point into this state: hand them out before it grows. */
  readonly holdsOutput: boolean
}

/** How a column of text or bytes lies in the input. */
export type Encoding = 'plain' | 'dictionary'

/** A column of the source that kernels read. Fields of `in` are named after `slot`: see compiler/lower/input. */
export interface InputColumn {
  readonly column: Column
  readonly slot: string
  /** Offsets and interned ids of a dictionary, for columns of bytes. */
  readonly dictionary: Mem | undefined
}

/** What a push kernel was specialised to: the encoding of its byte columns, and whether any column has nulls. */
export interface BatchShape {
  /** Slots of the columns that come dictionary-encoded. */
  readonly dictionaries: readonly string[]
  /** No column that the kernel reads has a null in this batch. */
  readonly dense: boolean
}

/** Takes every batch whose columns are not encoded. */
export const WIDEST: BatchShape = { dictionaries: [], dense: false }

export const shapeKey = (shape: BatchShape): string =>
  `${shape.dense ? 'dense' : 'nulls'}${shape.dictionaries.map(slot => ` ${slot}`).join('')}`

/** A column of the result: computed into the output region, or a reference to a column of the input batch. */
export type OutputColumn =
  | { readonly kind: 'computed'; readonly column: Column; readonly field: string }
  | { readonly kind: 'passed'; readonly column: Column; readonly from: string }

export interface ClockMark {
  readonly ticksPerSecond: bigint
  readonly delayTicks: bigint
}

export interface Alignment extends AlignmentSpec {
  readonly delayTicks: bigint
}

export type PipelineInput =
  | {
      readonly kind: 'source'
      readonly name: string
      readonly schema: Schema
      /** The column of event time. */
      readonly time: string | undefined
      /** Set where the watermark follows the clock: the ticks of a second, and by how many it stays behind. */
      readonly follows: ClockMark | undefined
      /** Milliseconds of the clock after which it is idle if no rows come from it. */
      readonly idleMs: number | undefined
      /** The group that it does not run ahead of, and how far its watermark is behind its rows. */
      readonly alignment: Alignment | undefined
    }
  | {
      /** What a table answers, which the runtime asks. */
      readonly kind: 'answers'
      /** The table. */
      readonly name: string
      readonly schema: Schema
    }
  | {
      readonly kind: 'edge'
      /** The pipelines whose outputs it reads, in the order of its inputs. */
      readonly from: readonly number[]
      readonly schema: Schema
    }

/** The region of rows that come from another pipeline, and the kernel that takes them, by the number of the input. */
export const edgeRegion = (input: number): string => `in_${input}`
export const edgePush = (input: number): string => `push_${input}`
/** The kernel that finds the watermark of several inputs, and their watermarks by number. */
export const MEET = 'meet'
export const inputWatermark = (input: number): string => `wm_${input}`
/** Is it left out, because nothing comes from it? */
export const inputIdle = (input: number): string => `idle_${input}`

/** What is kept of the partitions of a source. */
export interface PartitionMems {
  /** One row of facts about all of them, and the head of the table. */
  readonly head: Mem
  readonly table: Mem
  readonly entries: Mem
  /** The column whose values they are, and where those are kept that are texts. */
  readonly column: Column
  readonly texts: Mem | undefined
}

/** A pipeline that asks a table: where it writes the keys, and what it wants to know. */
export interface LookupProgram {
  readonly table: string
  /** The columns that it wants of the table. */
  readonly columns: readonly LookedUp[]
  /** One row: keys that are to be asked for (requests), and what was counted (hits, asked, waited, evicted). */
  readonly head: Mem
  /** The keys, laid out as an output. */
  readonly requests: Mem
  readonly keys: readonly OutputColumn[]
  /** One row: rows that wait (live, gone); beyond how many no batch is begun. */
  readonly waiting: Mem
  readonly waitingRows: number
  /** One row: keys that are known or asked for (live). */
  readonly cache: Mem
  /** The pipeline that answers come in by. */
  readonly answers: number
}

export interface PipelineProgram {
  readonly id: number
  readonly input: PipelineInput
  readonly columns: readonly InputColumn[]
  /** The kernels that do not depend on the shape of a batch: init, advance, one per growable, one per edge. */
  readonly kernels: readonly Kernel[]
  /** The kernel that takes a batch of that shape from the source. */
  readonly push: (shape: BatchShape) => Kernel
  /** Ops of its kernels that only the host can compute. */
  readonly hostOps: readonly OpName[]
  readonly regions: readonly FixedRegion[]
  readonly growables: readonly Growable[]
  readonly output: readonly OutputColumn[]
  /** Where the largest event time, the watermark, the one behind the batch and the time of the clock are kept (max_ts, wm, next_wm, now). */
  readonly time: Mem
  /** The watermarks of its inputs, where there are several, or where they come with the rows. */
  readonly inputTimes: Mem | undefined
  /** Where the watermark at which it has to do something next is kept, if it has state. */
  readonly deadline: { readonly mem: Mem; readonly field: string } | undefined
  /** Has it state that a watermark closes? */
  readonly advances: boolean
  /** Has it no such state, but a kernel `advance` that finds out which partitions of its source are idle? */
  readonly onlySweeps: boolean
  /** Where the watermarks of the partitions of its source are kept: see compiler/lower/partitions. */
  readonly partitions: PartitionMems | undefined
  /** Where its source drops rows that run ahead of others: how far they may go, and how many were dropped (max, dropped). */
  readonly drift: Mem | undefined
  /** Do its results refer to the rows that came in? They leave before those make room for others. */
  readonly handsOn: boolean
  /** What its error codes are about, by the number that kernels write with an error: the operator's text. */
  readonly operators: readonly string[]
  /** What kernels count where the plan is analysed: see compiler/lower/row-counts. */
  readonly counts: Mem | undefined
  /** Set where it asks a table. */
  readonly lookup: LookupProgram | undefined
}

/** A parameter: its value in `field` (a text in `field_offset` and `field_length`), `field_null` where it may be null. */
export interface ParamSlot {
  readonly column: Column
  readonly field: string
}

/** The pipelines that read sources, in the order of the plan: a source is known by its number among them. */
export const sourcePipelines = ({ pipelines }: PlanProgram): readonly PipelineProgram[] =>
  pipelines.filter(({ input }) => input.kind === 'source')

export interface PlanProgram {
  /** Canonical text of the logical plan and everything the kernels depend on. */
  readonly text: string
  readonly hash: string
  readonly pipelines: readonly PipelineProgram[]
  /** Texts and tables that the kernels expect at `const_base` of the bytes region. */
  readonly constants: Uint8Array
  readonly params: { readonly mem: Mem; readonly slots: readonly ParamSlot[] }
  readonly schema: Schema
  /** Set where kernels read the clock: they are told the time before each batch and, where it is not 0, whenever so many milliseconds have passed. */
  readonly ticksEveryMs: number | undefined
  /** Ops that only the host can compute: a plan that has any stays on the JavaScript tier. */
  readonly hostOps: readonly OpName[]
}

/** Limits that the layout of batches depends on, hence part of the plan hash. */
export interface BatchLimits {
  /** Rows that enter a kernel at once. */
  readonly batchRows: number
  /** Rows of results that wait in memory until they are handed out. */
  readonly outputRows: number
  /** Distinct values of a dictionary that stays encoded; a larger one is decoded. */
  readonly dictionaryRows: number
}

/** The limits of one plan instance; every one is an option, and reaching it is an LDB error or backpressure. */
export interface Limits extends BatchLimits {
  /** Bytes of text that one column brings in at once; also the longest single value. */
  readonly columnBytes: number
  /** Bytes of text that are computed at once. */
  readonly scratchBytes: number
  /** Groups, windows and distinct texts: entries of each table. Rounded down to a power of two. */
  readonly stateRows: number
  /** Bytes of text kept in state. */
  readonly stateBytes: number
  /** Address space reserved for one plan instance; `stateRows` is lowered until all fits. Untouched, it costs nothing. */
  readonly memoryBytes: number
  /** Rows that a kernel takes before it comes back to the reactor. */
  readonly budgetRows: number
}
