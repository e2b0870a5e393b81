/** What explain analyze says, as plain data: for tools, and for JSON. Counts are exact, times are what this run took. */
import type { Tier } from '../../ir/abi.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Diagnostic } from '../run/options.ts'
import type { FaultCount } from './counts.ts'
import type { EventTimeAnalysis, StateAnalysis } from './state.ts'

export interface OperatorTime {
  /** Part of the time of all kernels, 0 to 1. */
  readonly share: number
  /** By the rows that came to the operator; undefined for none. */
  readonly nsPerRow: number | undefined
}

export interface OperatorAnalysis {
  readonly kind: LogicalNode['kind']
  /** As explain prints it. */
  readonly text: string
  readonly pipeline: number
  readonly rowsIn: number
  readonly rowsOut: number
  /** rowsOut / rowsIn; undefined where nothing came. */
  readonly selectivity: number | undefined
  /** Rows that were refused, by the code of the fault. */
  readonly faults: readonly FaultCount[]
  /** Rows whose window was closed already. */
  readonly late: number
  /** Rows without event time. */
  readonly nullTime: number
  /** What kernels take longer for this operator: an estimate. Undefined where it cannot be told, and for the sink. */
  readonly time: OperatorTime | undefined
  /** Of operators that have one: the source, and those with state. */
  readonly eventTime: EventTimeAnalysis | undefined
  readonly state: readonly StateAnalysis[]
}

export interface KernelAnalysis {
  readonly name: string
  readonly calls: number
  readonly ms: number
  /** `push` by the rows it took, `advance` by the rows that the state emitted; undefined for others, and for no rows. */
  readonly nsPerRow: number | undefined
}

export interface PipelineAnalysis {
  readonly id: number
  readonly rowsIn: number
  readonly rowsOut: number
  readonly kernels: readonly KernelAnalysis[]
  /** Batches by the push kernel of their shape; none for a pipeline that reads another. */
  readonly batches: readonly { readonly push: string; readonly batches: number }[]
}

export interface CodeOrigin {
  /** Was the plan compiled before in this process? */
  readonly plan: 'hit' | 'miss'
  readonly javascript: 'disk' | 'generated' | 'none'
  /** `kept`: in this process or on disk. */
  readonly native: 'kept' | 'compiled' | 'none'
  /** Why there is no native code. */
  readonly reason: string | undefined
}

export interface AnalysisReport {
  readonly hash: string
  /** What the kernels ran on. */
  readonly tier: Tier
  readonly code: CodeOrigin
  readonly rowsIn: number
  readonly rowsOut: number
  readonly late: number
  readonly nullTime: number
  readonly faulty: number
  readonly batches: number
  /** Milliseconds in kernels, and in all else that was done with batches: checks, loading, handing out. */
  readonly kernelMs: number
  readonly otherMs: number
  /** Of kernels, by rows of the source; undefined for no rows. */
  readonly nsPerRow: number | undefined
  /** False for short inputs: times per row include what code takes until it is warm. */
  readonly isWarm: boolean
  /** From the source to the sink. */
  readonly operators: readonly OperatorAnalysis[]
  readonly pipelines: readonly PipelineAnalysis[]
  readonly diagnostics: readonly Diagnostic[]
}
