/**
 * The compiled forms of one plan on each tier. Text is made once per plan and shape and shared by all instances;
 * linking makes code that belongs to one instance.
 */
import type { CompiledProgram, Program } from '../codegen/backend.ts'
import { interpret } from '../codegen/interp/interpret.ts'
import { type CodeGeneration, canGenerateCode, compileJs } from '../codegen/js/link.ts'
import { type CompiledNative, compileNative } from '../codegen/llvm/backend.ts'
import type { KernelFunction, Kernels, Placement, Tier } from '../ir/abi.ts'
import type { Kernel } from '../ir/kernel/node.ts'
import { type BatchShape, type PipelineProgram, type PlanProgram, shapeKey } from '../ir/physical/program.ts'
import type { KernelSource } from '../runtime/dag/kernel-source.ts'

/** The shape of rows that come from another pipeline. */
const EDGE_SHAPE: BatchShape = { dictionaries: [], dense: false }
/** The name under which the runtime looks for the push kernel of an edge. */
const EDGE_PUSH = 'push'
export const CORE = 'core'

/** What a kernel set is for: the core of a pipeline, or one shape of batch. */
type Part = typeof CORE | BatchShape

export class CompiledTiers {
  readonly #program: PlanProgram
  readonly #mode: CodeGeneration
  readonly #compiled = new Map<string, CompiledProgram>()
  readonly #native = new Map<string, Promise<CompiledNative>>()

  constructor(program: PlanProgram, mode: CodeGeneration) {
    this.#program = program
    this.#mode = mode
  }

  /** The kernels of a part of a pipeline, as every back end gets them. */
  kernels(pipeline: PipelineProgram, part: Part): Program {
    const name = `${this.#program.hash.slice(0, 12)}.${pipeline.id}.${keyOf(part)}`
    return { name, kernels: part === CORE ? coreKernels(pipeline) : [pipeline.push(part)] }
  }

  /** A part on one of the tiers that compile at once. */
  at(tier: 'interp' | 'js', pipeline: PipelineProgram, part: Part): CompiledProgram {
    const key = `${tier} ${pipeline.id} ${keyOf(part)}`
    const known = this.#compiled.get(key)
    if (known) return known
    const program = this.kernels(pipeline, part)
    const compiled = tier === 'interp' ? interpret(program) : compileJs(program, this.#mode)
    this.#compiled.set(key, compiled)
    return compiled
  }

  /** A part as native code; the promise is shared, a failure is not kept. */
  native(pipeline: PipelineProgram, part: Part): Promise<CompiledNative> {
    const key = `${pipeline.id} ${keyOf(part)}`
    const known = this.#native.get(key)
    if (known) return known
    const compiling = compileNative(this.kernels(pipeline, part))
    this.#native.set(key, compiling)
    compiling.catch(() => this.#native.delete(key))
    return compiling
  }
}

const keyOf = (part: Part): string => (part === CORE ? CORE : shapeKey(part))

function coreKernels(pipeline: PipelineProgram): readonly Kernel[] {
  if (pipeline.input.kind === 'source') return pipeline.kernels
  return [...pipeline.kernels, { ...pipeline.push(EDGE_SHAPE), name: EDGE_PUSH }]
}

/**
 * The kernels of one instance: those of its tier, or for the native tier those of JavaScript until native code is
 * there. `prepare` brings native code and reports whether it may take over; the switch is the runtime's to make.
 */
export class InstanceKernels implements KernelSource {
  readonly #tiers: CompiledTiers
  readonly #base: 'interp' | 'js'
  readonly #native = new Map<string, CompiledNative>()

  constructor(tiers: CompiledTiers, base: 'interp' | 'js') {
    this.#tiers = tiers
    this.#base = base
  }

  core(pipeline: PipelineProgram, memory: Placement): Kernels {
    return this.#part(pipeline, CORE).link(memory)
  }

  push(pipeline: PipelineProgram, shape: BatchShape, memory: Placement): KernelFunction {
    const [kernel] = this.#part(pipeline, shape).link(memory).values()
    return kernel
  }

  #part(pipeline: PipelineProgram, part: Part): CompiledProgram {
    return this.#native.get(`${pipeline.id} ${keyOf(part)}`) ?? this.#tiers.at(this.#base, pipeline, part)
  }

  /** Compiles the core of every pipeline, or what takes batches of a shape. */
  async prepare(pipelines: readonly PipelineProgram[], part: Part): Promise<void> {
    for (const pipeline of pipelines) {
      const compiled = await this.#tiers.native(pipeline, part)
      this.#native.set(`${pipeline.id} ${keyOf(part)}`, compiled)
    }
  }
}

/** The tier that a plan starts on: JavaScript, or the interpreter where code generation is forbidden. */
export function baseTier(tier: Tier, mode: CodeGeneration): 'interp' | 'js' {
  return tier !== 'interp' && canGenerateCode(mode) ? 'js' : 'interp'
}
