/** Where a running plan gets its kernels from: the compiler's side of tiers, seen from the runtime. */
import type { KernelFunction, Kernels, Placement } from '../../ir/abi.ts'
import type { BatchShape, PipelineProgram } from '../../ir/physical/program.ts'

/** Kernels by name; each may be made when it is first asked for. */
export type NamedKernels = Pick<Kernels, 'get'>

export interface KernelSource {
  /** The kernels that do not depend on the shape of a batch, bound to the memory of an instance. */
  core(pipeline: PipelineProgram, memory: Placement): NamedKernels
  /** The kernel that takes batches of a shape. */
  push(pipeline: PipelineProgram, shape: BatchShape, memory: Placement): KernelFunction
}
