/** Options of running queries, as users write them. */
import type { RecordBatch } from 'apache-arrow'
import type { CodeGeneration } from '../../codegen/js/link.ts'
import type { Tier } from '../../ir/abi.ts'
import type { MillraceError } from '../../ir/errors.ts'
import type { FaultyRows } from '../../runtime/dag/faulty-rows.ts'
import type { LookupOptions } from '../../runtime/lookup/desk.ts'
import type { LookupSource } from '../../runtime/lookup/lookup-source.ts'
import type { WallClock } from '../../runtime/time/clock.ts'
import type { ParamValues } from '../frontend/builder/types.ts'

/** Something worth knowing that is not an error: why a plan is not native, which tier it fell back to. */
export interface Diagnostic {
  /** A code of the error registry. */
  readonly code: MillraceError['code']
  /** Code, cause and fix. */
  readonly message: string
}

/** An engine, or `'auto'`: the one that is the fastest. */
export type TierChoice = Tier | 'auto'

/** Which engine runs a query. */
export interface TierOptions {
  /**
   * Which engine runs the kernels: generated JavaScript, native code (JavaScript until it is compiled, and where it
   * cannot be), or the interpreter that defines what both mean. `auto`, the default: JavaScript at once, native code
   * when the plan has earned it and for as long as it is the faster.
   */
  readonly tier?: TierChoice
  /** `script` also works where a process forbids code generation from strings; it goes round that rule knowingly. */
  readonly codeGeneration?: CodeGeneration
}

/** Who takes what is not a result. What a callback throws ends a run, and comes out of a push as LDB-5004. */
export interface OutputOptions {
  /** Rows whose window was closed already, with the columns of what the window operator reads. */
  readonly onLate?: (batch: RecordBatch) => void
  /** Rows that an overflow, a division by zero or a failed cast kept out. */
  readonly onFaulty?: (rows: FaultyRows) => void
  /** Something worth knowing happened: a plan that does not run natively says why, a source runs ahead of others. */
  readonly onDiagnostic?: (diagnostic: Diagnostic) => void
}

/** Options of one instance of a query. */
export interface OpenOptions extends TierOptions, OutputOptions {
  /** What time it is, for queries that have to do with processing time; `virtualClock` in tests. Default: the host's clock. */
  readonly clock?: WallClock
  /**
   * Are kernels warmed while the query stands idle before its first row? That is the default. It takes tens of
   * milliseconds of the processor, in pieces of about one, between turns of the event loop; `warm` does it at once.
   */
  readonly warmUp?: boolean
  /** Other values for the parameters of the plan than those it was built with. */
  readonly params?: ParamValues
  /** The tables that the plan looks rows up in, by name. LDB-1101 where one is not there. */
  readonly tables?: Readonly<Record<string, LookupSource>>
  /** How tables are asked. */
  readonly lookups?: LookupOptions
}

/** Options of a query that runs from a source. */
export interface RunOptions extends OpenOptions {
  /** Ends the query at once; what waits is not emitted. */
  readonly signal?: AbortSignal
  /** Takes a batch that does not fit the schema; without it such a batch ends the query with its error. */
  readonly onRefused?: (error: unknown, batch: RecordBatch) => void
}
