/**
 * The memory of one plan instance: a single SharedArrayBuffer of fixed length, reserved up front and never moved,
 * transferred or grown. State grows inside its reserve; memory that is not touched is never committed.
 */

import type { Placement } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Mem } from '../../ir/kernel/node.ts'
import { regionBytes } from '../../ir/layout.ts'
import {
  edgeRegion,
  type Growable,
  type Limits,
  type PipelineProgram,
  type PlanProgram,
} from '../../ir/physical/program.ts'
import { isBytes } from '../../ir/types.ts'

export interface Area {
  /** Offset from the start of the bytes region. */
  readonly offset: number
  readonly bytes: number
}

/** The areas of the bytes region that belong to one pipeline. */
export interface PipelineAreas {
  readonly scratch: Area
  /** Two extents of texts in state, one after the other; `bytes` is one of them. */
  readonly heap: Area
  readonly columns: ReadonlyMap<string, Area>
  readonly dictionaries: ReadonlyMap<string, Area>
}

export interface PipelineMemory {
  readonly placement: Placement
  readonly areas: PipelineAreas
}

export interface PlanMemory {
  readonly buffer: ArrayBufferLike
  readonly bytes: Area
  readonly constants: Area
  readonly params: Area
  readonly pipelines: readonly PipelineMemory[]
  /** Units that each growable may have; a power of two. */
  readonly stateRows: number
}

/** No region may exceed what an i32 byte index reaches. */
const REGION_MAX = 2 ** 31 - 64
const ALIGN = 64
/** Bytes behind every area of text, so that a word may be read past its end. */
export const SLACK = 64

const alignUp = (at: number): number => Math.ceil(at / ALIGN) * ALIGN

/** Hands out consecutive ranges. */
class Cursor {
  #at = 0

  take(bytes: number): { offset: number; bytes: number } {
    const offset = this.#at
    this.#at = alignUp(this.#at + bytes)
    return { offset, bytes }
  }

  get end(): number {
    return this.#at
  }
}

/** Lays out a plan and reserves its memory; halves the room for state until that succeeds. */
export function reservePlan(program: PlanProgram, limits: Limits): PlanMemory {
  let stateRows = 2 ** Math.floor(Math.log2(limits.stateRows))
  for (; stateRows >= 1; stateRows /= 2) {
    const layout = layOut(program, limits, stateRows)
    if (layout.end > limits.memoryBytes || layout.largest > REGION_MAX) continue
    const buffer = tryReserve(layout.end)
    if (buffer) return layout.place(buffer)
  }
  const need = layOut(program, limits, 1).end
  const fix = 'raise the limit memoryBytes, or lower columnBytes, scratchBytes, stateBytes or batchRows'
  throw new MillraceError(
    'LDB-8013',
    `the plan needs ${need} bytes, more than memoryBytes allows or the system has`,
    { fix },
  )
}

function tryReserve(bytes: number): ArrayBufferLike | undefined {
  try {
    return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)
  } catch {
    return undefined
  }
}

interface Layout {
  readonly end: number
  /** Bytes of the largest region. */
  readonly largest: number
  place(buffer: ArrayBufferLike): PlanMemory
}

function layOut(program: PlanProgram, limits: Limits, stateRows: number): Layout {
  const cursor = new Cursor()
  const text = new Cursor()
  const constants = text.take(program.constants.length + SLACK)
  const params = { ...text.take(limits.columnBytes + SLACK), bytes: limits.columnBytes }
  const areas = program.pipelines.map(pipeline => layOutAreas(pipeline, limits, text))
  const bytes = cursor.take(text.end)
  const paramsRow = cursor.take(regionBytes(program.params.mem, 1))
  let largest = text.end
  const regions: Placement['regions'][] = []
  for (const pipeline of program.pipelines) {
    const placed = new Map([
      ['bytes', bytes],
      ['params', paramsRow],
    ])
    const outputs = outputsReadBy(pipeline, regions)
    const put = (mem: Mem, rows: number): void => {
      const shared = outputs.get(mem.name)
      const size = regionBytes(mem, rows)
      largest = Math.max(largest, size)
      placed.set(mem.name, shared ?? cursor.take(size))
    }
    for (const { mem, rows } of pipeline.regions) put(mem, rows)
    for (const growable of pipeline.growables) putGrowable(growable, stateRows, put)
    regions.push(placed)
  }
  const place = (buffer: ArrayBufferLike): PlanMemory => ({
    buffer,
    bytes,
    constants,
    params,
    stateRows,
    pipelines: regions.map((placed, i) => ({ placement: { buffer, regions: placed }, areas: areas[i] })),
  })
  return { end: cursor.end, largest, place }
}

/** What a pipeline reads lies where others have written it. */
function outputsReadBy(
  { input }: PipelineProgram,
  regions: readonly Placement['regions'][],
): Placement['regions'] {
  const from = input.kind === 'edge' ? input.from : []
  return new Map(
    from.flatMap((id, n) => {
      const out = regions[id].get('out')
      return out ? [[edgeRegion(n), out] as const] : []
    }),
  )
}

function putGrowable(growable: Growable, stateRows: number, put: (mem: Mem, rows: number) => void): void {
  for (const { mem, rowsPerUnit } of growable.parts) put(mem, rowsPerUnit * stateRows)
}

function layOutAreas(pipeline: PipelineProgram, limits: Limits, text: Cursor): PipelineAreas {
  const take = (bytes: number): Area => ({ ...text.take(bytes + SLACK), bytes })
  const keepsText = pipeline.growables.some(growable => growable.holdsOutput)
  const texts = pipeline.columns.filter(({ column }) => isBytes(column.type)).map(({ slot }) => slot)
  const scratch = take(pipeline.input.kind === 'answers' ? 0 : limits.scratchBytes)
  const heapBytes = keepsText ? limits.stateBytes : 0
  const heap = { ...text.take(2 * heapBytes + SLACK), bytes: heapBytes }
  const each = (): Map<string, Area> => new Map(texts.map(slot => [slot, take(limits.columnBytes)]))
  return { scratch, heap, columns: each(), dictionaries: each() }
}
