/** What explain analyze says, as plain data: for tools, and for JSON. Counts are exact, times are what this run took. */
import type { Tier } from '../../ir/abi.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { Diagnostic } from '../run/options.ts'
import type { FaultCount } from './counts.ts'
import type { EventTimeAnalysis, StateAnalysis } from './state.ts'

/** How long an operator takes, by differences between plans that end at it and before it. */
export interface OperatorTime {
  /** Part of the time of all kernels, 0 to 1. */
  readonly share: number
  /** By the rows that came to the operator; undefined for none. */
  readonly nsPerRow: number | undefined
}

/** What one operator did. */
export interface OperatorAnalysis {
  /** What it is: `source`, `filter`, `project`, `window`, `aggregate` or `sink`. */
  readonly kind: LogicalNode['kind']
  /** As explain prints it. */
  readonly text: string
  /** The pipeline that it runs in, from 0. */
  readonly pipeline: number
  /** Rows that came to it. */
  readonly rowsIn: number
  /** Rows that it handed on. */
  readonly rowsOut: number
  /** rowsOut / rowsIn; undefined where nothing came. */
  readonly selectivity: number | undefined
  /** Rows that were refused, by the code of the fault. */
  readonly faults: readonly FaultCount[]
  /** Rows whose window was closed already. */
  readonly late: number
  /** Rows without event time. */
  readonly nullTime: number
  /** Rows that were too far ahead of the other sources of their group, and were dropped. */
  readonly drifted: number
  /** What kernels take longer for this operator: an estimate. Undefined where it cannot be told, and for the sink. */
  readonly time: OperatorTime | undefined
  /** Of operators that have one: the source, and those with state. */
  readonly eventTime: EventTimeAnalysis | undefined
  /** Its tables; none for an operator without state. */
  readonly state: readonly StateAnalysis[]
}

/** The calls of one kernel. */
export interface KernelAnalysis {
  /** `push` for all shapes of batch together, `advance`, `init`, or one that makes room for state. */
  readonly name: string
  /** How often it was called. */
  readonly calls: number
  /** Milliseconds of all calls. */
  readonly ms: number
  /** `push` by the rows it took, `advance` by the rows that the state emitted; undefined for others, and for no rows. */
  readonly nsPerRow: number | undefined
}

/** What one pipeline did. */
export interface PipelineAnalysis {
  /** Its place in the plan, from 0. */
  readonly id: number
  /** Rows that came to it. */
  readonly rowsIn: number
  /** Rows of its results. */
  readonly rowsOut: number
  /** Those that were called. */
  readonly kernels: readonly KernelAnalysis[]
  /** Batches by the push kernel of their shape; none for a pipeline that reads another. */
  readonly batches: readonly ShapeCount[]
}

/** Batches of one shape. */
export interface ShapeCount {
  /** The push kernel that takes them. */
  readonly push: string
  /** How many there were. */
  readonly batches: number
}

/** Where the code of the run came from. */
export interface CodeOrigin {
  /** Was the plan compiled before in this process? */
  readonly plan: 'hit' | 'miss'
  /** Its text and what V8 made of it. */
  readonly javascript: 'disk' | 'generated' | 'none'
  /** `kept`: in this process or on disk. */
  readonly native: 'kept' | 'compiled' | 'none'
  /** Why there is no native code. */
  readonly reason: string | undefined
}

/** What explain analyze says of a run. */
export interface AnalysisReport {
  /** Of the plan, as `CompiledQuery.hash`. */
  readonly hash: string
  /** What the kernels ran on. */
  readonly tier: Tier
  /** Where its code came from. */
  readonly code: CodeOrigin
  /** Rows of the input. */
  readonly rowsIn: number
  /** Rows of the result. */
  readonly rowsOut: number
  /** Rows whose window was closed already. */
  readonly late: number
  /** Rows without event time. */
  readonly nullTime: number
  /** Rows that were too far ahead of the other sources of their group, and were dropped. */
  readonly drifted: number
  /** Rows that were refused. */
  readonly faulty: number
  /** Batches of the input. */
  readonly batches: number
  /** Milliseconds in kernels. */
  readonly kernelMs: number
  /** Milliseconds in all else that was done with batches: checks, loading, handing out. */
  readonly otherMs: number
  /** Of kernels, by rows of the source; undefined for no rows. */
  readonly nsPerRow: number | undefined
  /** False for short inputs: times per row include what code takes until it is warm. */
  readonly isWarm: boolean
  /** From the source to the sink. */
  readonly operators: readonly OperatorAnalysis[]
  /** From the source to the sink. */
  readonly pipelines: readonly PipelineAnalysis[]
  /** What the run had to tell. */
  readonly diagnostics: readonly Diagnostic[]
}
