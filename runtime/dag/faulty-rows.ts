/** Rows that were kept out because something in them could not be computed, as a pipeline wrote them down. */
import type { RecordBatch } from 'apache-arrow'
import { rowErrors, Status } from '../../ir/abi.ts'
import type { LdbCode } from '../../ir/errors.ts'
import { type BatchMemory, viewField } from '../io/arrow/memory.ts'

/** A row that could not be taken, and why. */
export interface RowFault {
  /**
   * LDB-9002 for an overflow, LDB-9003 for a division by zero, LDB-9004 for a failed cast, LDB-9005 and LDB-9006 for a change
   * that takes back what is not there or is none, LDB-9007 for a list that is too long, LDB-2005 for a time that no window
   * can have, LDB-2007 for one that is too far ahead of the clock.
   */
  readonly code: LdbCode
  /** The operator at fault, as explain prints it. */
  readonly operator: string
  /** Number of its row in `FaultyRows.rows`, or -1 for a result of an operator, which has no input row. */
  readonly row: number
}

/** Rows that were kept out because something in them could not be computed. */
export interface FaultyRows {
  /** The input rows at fault; undefined where only results of operators are. */
  readonly rows: RecordBatch | undefined
  /** One for each row, in their order, and one for each result that has no row. */
  readonly faults: readonly RowFault[]
}

export interface WrittenFaults {
  readonly memory: BatchMemory
  /** How many there are. */
  readonly errors: number
  /** The operators of the pipeline, by their numbers. */
  readonly operators: readonly string[]
  /** Picks rows of what the pipeline reads. */
  readonly rowsOf: (rows: Int32Array) => RecordBatch
}

export function readFaults({ memory, errors, operators, rowsOf }: WrittenFaults): FaultyRows {
  const view = (field: string): Int32Array => viewField(memory, 'errors', field, 'i32', errors)
  const [rows, bits, numbers] = [view('row'), view('bits'), view('operator')]
  const picked = rows.filter(row => row >= 0)
  let n = 0
  const faults = Array.from(
    rows,
    (row, i): RowFault => ({
      code: codeOf(bits[i]),
      operator: operators[numbers[i]],
      row: row < 0 ? -1 : n++,
    }),
  )
  return { rows: picked.length > 0 ? rowsOf(picked) : undefined, faults }
}

/** The fault that a row was refused for. */
function codeOf(bits: number): LdbCode {
  const found = rowErrors.find(({ bit }) => (bits & bit) !== 0)
  if (!found) throw new Error(`a faulty row without a fault (${bits}, status ${Status.ok})`)
  return found.code
}
