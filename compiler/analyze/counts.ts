/** The rows of each operator, from what the kernels of a counted plan wrote. */
import { type Placement, rowErrors } from '../../ir/abi.ts'
import type { LdbCode } from '../../ir/errors.ts'
import type { PipelineProgram, PlanProgram } from '../../ir/physical/program.ts'
import { viewField } from '../../runtime/io/arrow/memory.ts'
import { faultField, ROWS } from '../lower/row-counts.ts'
import type { PipelineSpec } from '../plan/split-pipelines.ts'

/** Rows that were refused for one reason. */
export interface FaultCount {
  /** The code of the fault. */
  readonly code: LdbCode
  /** How many rows. */
  readonly rows: number
}

/** Rows that came to an operator, that it handed on, and that it refused. */
export interface OperatorRows {
  readonly rowsIn: number
  readonly rowsOut: number
  readonly faults: readonly FaultCount[]
}

/** The operators of all pipelines in order. */
export function countRows(
  { pipelines }: PlanProgram,
  specs: readonly PipelineSpec[],
  placements: readonly Placement[],
): readonly OperatorRows[] {
  return specs.flatMap((spec, i) =>
    spec.answers ? [] : ofPipeline(spec, readCounts(pipelines[i], placements[i])),
  )
}

/** Where a pipeline has an operator with state, its results are counted behind the rows that came to it. */
function ofPipeline({ source, union, head }: PipelineSpec, counts: ReadonlyMap<string, readonly number[]>) {
  const rows = counts.get(ROWS) ?? []
  const results = head.length + 2
  const sum = (from: number, to: number): number => rows.slice(from, to).reduce((a, b) => a + b, 0)
  const operators = rows.slice(1).map(
    (_, i): OperatorRows => ({
      rowsIn: sum(i, i < results ? results : rows.length),
      rowsOut: sum(i + 1, i + 1 < results ? results : rows.length),
      faults: rowErrors.flatMap(({ bit, code }) => {
        const refused = counts.get(faultField(bit))?.[i] ?? 0
        return refused > 0 ? [{ code, rows: refused }] : []
      }),
    }),
  )
  return source || union ? operators : operators.slice(1)
}

function readCounts({ counts, regions }: PipelineProgram, placement: Placement) {
  const region = regions.find(({ mem }) => mem === counts)
  if (!region) throw new Error('the rows of this plan are not counted')
  const { mem, rows } = region
  const memory = { placement, mems: new Map([[mem.name, mem]]) }
  const read = (field: string): readonly number[] =>
    Array.from(viewField(memory, mem.name, field, 'i64', rows), Number)
  return new Map(Object.keys(mem.fields).map(field => [field, read(field)]))
}
