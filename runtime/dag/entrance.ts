/** Where the rows of one source enter a plan: its door, and the kernels that take its batches. */
import type { RecordBatch } from 'apache-arrow'
import type { KernelFunction } from '../../ir/abi.ts'
import {
  type Alignment,
  type BatchShape,
  type Limits,
  type PipelineInput,
  shapeKey,
} from '../../ir/physical/program.ts'
import { MIN_TIME } from '../../ir/times.ts'
import { isBytes } from '../../ir/types.ts'
import { type AcceptedBatch, BatchDoor } from '../io/arrow/door.ts'
import type { BatchMemory } from '../io/arrow/memory.ts'
import type { KernelSource } from './kernel-source.ts'
import type { Pipeline } from './pipeline.ts'

export interface EntranceOptions {
  readonly input: PipelineInput & { readonly kind: 'source' | 'answers' }
  readonly memory: BatchMemory
  readonly kernels: KernelSource
  readonly limits: Limits
  readonly nowMs: number
}

export class Entrance {
  readonly pipeline: Pipeline
  readonly name: string
  /** The group of sources that it does not run ahead of. */
  readonly alignment: Alignment | undefined
  hasEnded = false
  /** When its watermark was last seen to have moved, in milliseconds since 1970. */
  movedMs = 0
  /** Is it left out of the watermark of what it comes together with, until rows come? */
  isIdle = false
  /** When rows last came, or waited to be taken, in milliseconds since 1970. */
  #activeMs: number
  readonly #idleMs: number | undefined
  #seen: bigint | undefined
  readonly #door: BatchDoor
  readonly #kernels: KernelSource
  readonly #pushes = new Map<string, KernelFunction>()

  constructor(pipeline: Pipeline, options: EntranceOptions) {
    const { input, memory, kernels, limits, nowMs } = options
    this.pipeline = pipeline
    this.name = input.name
    this.alignment = input.kind === 'source' ? input.alignment : undefined
    this.#idleMs = input.kind === 'source' ? input.idleMs : undefined
    this.#activeMs = nowMs
    this.#kernels = kernels
    const { columns, dictionaries } = pipeline.memory.areas
    const area = (areas: typeof columns) => (slot: string) => {
      const found = areas.get(slot)
      if (!found) throw new Error(`column ${slot} has no area`)
      return found
    }
    const areas = { columnArea: area(columns), dictionaryArea: area(dictionaries) }
    this.#door = new BatchDoor(pipeline.program.columns, input.schema, { ...memory, ...areas }, limits)
  }

  get hasWatermark(): boolean {
    return this.watermark !== MIN_TIME
  }

  get watermark(): bigint {
    return this.pipeline.time.getLong('wm')
  }

  /** Looks whether the watermark has moved since it last did. */
  look(nowMs: number): void {
    const { watermark } = this
    if (watermark === this.#seen) return
    this.#seen = watermark
    this.movedMs = nowMs
  }

  /** Rows come from it, or wait to be taken. */
  stayAwake(nowMs: number): void {
    this.#activeMs = Math.max(this.#activeMs, nowMs)
  }

  /** Has nothing come for so long that it is to be left out from now on? */
  hasFallenSilent(nowMs: number): boolean {
    if (this.isIdle || this.#idleMs === undefined) return false
    return nowMs - this.#activeMs >= this.#idleMs
  }

  get id(): number {
    return this.pipeline.program.id
  }

  /** Checks a batch; throws where it is not acceptable, and nothing has changed. */
  accept(batch: RecordBatch): AcceptedBatch {
    return this.#door.accept(batch)
  }

  /** Brings rows of a batch into memory; returns how many. */
  load(batch: AcceptedBatch, from: number): number {
    return this.#door.load(batch, from)
  }

  forgetTexts(): void {
    this.#door.forgetTexts()
  }

  /** The kernels have changed. */
  forgetKernels(): void {
    this.#pushes.clear()
  }

  pushFor(shape: BatchShape): KernelFunction {
    const key = shapeKey(shape)
    const known = this.#pushes.get(key)
    if (known) return known
    const { program, memory } = this.pipeline
    const kernel = this.#kernels.push(program, shape, memory.placement)
    this.#pushes.set(key, kernel)
    return kernel
  }

  /** Columns that pass by refer to the rows in memory, and so may texts, unless they were copied into state first. */
  get resultsRefer(): boolean {
    const { handsOn, output } = this.pipeline.program
    return handsOn && output.some(({ kind, column }) => kind === 'passed' || isBytes(column.type))
  }
}
