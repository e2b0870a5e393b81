/**
 * A small part of the memory of a plan, for work that must leave no trace. Kernels know from the control block how
 * far they may go in each region: a runner that is told little room touches little, and that is wiped afterwards.
 */
import type { Role } from '../../ir/kernel/node.ts'
import { rowRanges } from '../../ir/layout.ts'
import type {
  FixedRegion,
  Growable,
  Limits,
  PipelineProgram,
  PlanProgram,
} from '../../ir/physical/program.ts'
import { type Area, type PipelineAreas, type PlanMemory, SLACK } from './arena.ts'

/** The same memory, of which limits that are lower than its own can be used. */
export function narrowed(memory: PlanMemory, limits: Limits): PlanMemory {
  const pipelines = memory.pipelines.map(({ placement, areas }) => ({
    placement,
    areas: narrowedAreas(areas, limits),
  }))
  return { ...memory, stateRows: Math.min(memory.stateRows, limits.stateRows), pipelines }
}

function narrowedAreas(areas: PipelineAreas, limits: Limits): PipelineAreas {
  const to = (area: Area, bytes: number): Area => ({ ...area, bytes: Math.min(area.bytes, bytes) })
  const each = (of: ReadonlyMap<string, Area>): Map<string, Area> =>
    new Map([...of].map(([slot, area]) => [slot, to(area, limits.columnBytes)]))
  return {
    scratch: to(areas.scratch, limits.scratchBytes),
    heap: to(areas.heap, limits.stateBytes),
    columns: each(areas.columns),
    dictionaries: each(areas.dictionaries),
  }
}

/** Makes all zero that a runner on that narrowed memory may have written, apart from constants and parameters. */
export function wipe(memory: PlanMemory, { pipelines }: PlanProgram, limits: Limits): void {
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer)
  const clear = (offset: number, length: number): void => {
    bytes.fill(0, offset, offset + length)
  }
  pipelines.forEach((pipeline, i) => {
    const { placement, areas } = memory.pipelines[i]
    for (const { mem, rows } of touchedRegions(pipeline, limits, memory.stateRows)) {
      const start = placement.regions.get(mem.name)?.offset ?? 0
      for (const range of rowRanges(mem, rows)) clear(start + range.offset, range.bytes)
    }
    for (const area of touchedAreas(areas)) clear(memory.bytes.offset + area.offset, area.bytes + SLACK)
  })
}

/** How many rows may be touched of regions of a role, where that is not all they have. */
function rowsMaxOf({ batchRows, outputRows, dictionaryRows }: Limits): ReadonlyMap<Role, number> {
  /** One more is written by stores that come before the question whether the row is kept. */
  const rows = Math.max(batchRows, outputRows) + 1
  return new Map([
    ['input', rows],
    ['output', rows],
    ['scratch', dictionaryRows + 1],
  ])
}

function touchedRegions(
  { regions, growables }: PipelineProgram,
  limits: Limits,
  stateRows: number,
): readonly FixedRegion[] {
  const rowsMax = rowsMaxOf(limits)
  const touched = ({ mem, rows }: FixedRegion): FixedRegion => ({
    mem,
    rows: Math.min(rows, rowsMax.get(mem.role) ?? rows),
  })
  const grown = ({ parts }: Growable): readonly FixedRegion[] =>
    parts.map(({ mem, rowsPerUnit }) => ({ mem, rows: rowsPerUnit * stateRows }))
  return [...regions.map(touched), ...growables.flatMap(grown)]
}

/** The heap has two extents. */
const touchedAreas = ({ scratch, heap, columns, dictionaries }: PipelineAreas): readonly Area[] => [
  scratch,
  { ...heap, bytes: 2 * heap.bytes },
  ...columns.values(),
  ...dictionaries.values(),
]
