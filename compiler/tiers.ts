/**
 * The compiled forms of one plan on each tier. Text is made once per plan and shape and shared by all instances;
 * linking makes code that belongs to one instance.
 */
import type { CompiledProgram, Program } from '../codegen/backend.ts'
import { interpret } from '../codegen/interp/interpret.ts'
import { type CodeGeneration, canGenerateCode, compileJs } from '../codegen/js/link.ts'
import {
  compileNative,
  dropNative,
  findNative,
  hostOnly,
  type NativeProgram,
} from '../codegen/llvm/backend.ts'
import type { KernelFunction, Kernels, Placement, Tier } from '../ir/abi.ts'
import type { Kernel } from '../ir/kernel/node.ts'
import { type BatchShape, type PipelineProgram, type PlanProgram, shapeKey } from '../ir/physical/program.ts'
import type { KernelSource, NamedKernels } from '../runtime/dag/kernel-source.ts'
import { kernelIdentity } from './identity.ts'

/** The kernel that runs once, and is not worth to be compiled. */
const INIT = 'init'
export const CORE = 'core'

/** What a kernel set is for: the core of a pipeline, one kernel of it, or one shape of batch. */
export type Part = string | BatchShape

export class CompiledTiers {
  readonly #program: PlanProgram
  readonly #mode: CodeGeneration
  readonly #compiled = new Map<string, CompiledProgram>()
  readonly #native = new Map<string, Promise<NativeProgram>>()
  /** Native code that is there; undefined where the disk has none. */
  readonly #found = new Map<string, NativeProgram | undefined>()

  constructor(program: PlanProgram, mode: CodeGeneration) {
    this.#program = program
    this.#mode = mode
  }

  /** The kernels of a part of a pipeline, as every back end gets them. */
  kernels(pipeline: PipelineProgram, part: Part): Program {
    const plan = this.#program
    const place = `${pipeline.id}.${keyOf(part)}`
    return {
      name: `${plan.hash.slice(0, 12)}.${place}`,
      kernels: kernelsOf(pipeline, part),
      get identity() {
        return kernelIdentity(plan, place)
      },
    }
  }

  /** A part on one of the tiers that compile at once. */
  at(tier: BaseTier, pipeline: PipelineProgram, part: Part): CompiledProgram {
    const key = `${tier} ${pipeline.id} ${keyOf(part)}`
    const known = this.#compiled.get(key)
    if (known) return known
    const program = this.kernels(pipeline, part)
    const compiled = tier === 'interp' ? interpret(program) : compileJs(program, this.#mode)
    this.#compiled.set(key, compiled)
    return compiled
  }

  /** A part as native code that is there already, in this process or on disk. */
  nativeNow(pipeline: PipelineProgram, part: Part): NativeProgram | undefined {
    const key = `${pipeline.id} ${keyOf(part)}`
    if (!this.#found.has(key)) this.#found.set(key, findNative(this.kernels(pipeline, part)))
    return this.#found.get(key)
  }

  /** A part as native code; the promise is shared, a failure is not kept. A plan that has an op of the host has none at all. */
  native(pipeline: PipelineProgram, part: Part): Promise<NativeProgram> {
    const key = `${pipeline.id} ${keyOf(part)}`
    const known = this.#native.get(key) ?? this.#compile(pipeline, part, key)
    this.#native.set(key, known)
    return known
  }

  async #compile(pipeline: PipelineProgram, part: Part, key: string): Promise<NativeProgram> {
    try {
      const [hostOp] = this.#program.hostOps
      if (hostOp !== undefined) throw hostOnly(hostOp)
      const found = this.nativeNow(pipeline, part) ?? (await compileNative(this.kernels(pipeline, part)))
      this.#found.set(key, found)
      return found
    } catch (error) {
      this.#native.delete(key)
      throw error
    }
  }

  /** JavaScript is the faster: the next process shall not begin with native code. */
  forgetNative(pipeline: PipelineProgram, part: Part): void {
    dropNative(this.kernels(pipeline, part))
  }

  /** Keeps what V8 has made of the generated JavaScript for processes to come. */
  persist(): void {
    for (const compiled of this.#compiled.values()) compiled.persist?.()
  }
}

const keyOf = (part: Part): string => (typeof part === 'string' ? part : shapeKey(part))

function kernelsOf(pipeline: PipelineProgram, part: Part): readonly Kernel[] {
  if (typeof part !== 'string') return [pipeline.push(part)]
  const { kernels } = pipeline
  return part === CORE ? kernels : kernels.filter(({ name }) => name === part)
}

/**
 * The kernels of one instance, on the tier in use. What has no native code yet comes from the base tier. Both may be
 * mixed: state lies in memory, and every kernel finds it there.
 */
export class InstanceKernels implements KernelSource {
  readonly #tiers: CompiledTiers
  readonly #base: BaseTier
  /** Each part is linked once for each tier: code that was warm is warm when its tier comes back. */
  readonly #linked = new Map<string, Kernels>()
  #tier: Tier

  constructor(tiers: CompiledTiers, base: BaseTier, tier: Tier) {
    this.#tiers = tiers
    this.#base = base
    this.#tier = tier
  }

  /** From now on gives the kernels of that tier. */
  use(tier: Tier): void {
    this.#tier = tier
  }

  /** All at once where they are native; else each when it is first asked for. */
  core(pipeline: PipelineProgram, memory: Placement): NamedKernels {
    const native = this.#nativeOf(pipeline, CORE)
    if (native) return native
    const made = new Map<string, KernelFunction>()
    const tier = this.#baseTier
    return {
      get: name => {
        const kernel = made.get(name) ?? this.#only(tier, pipeline, name, memory)
        made.set(name, kernel)
        return kernel
      },
    }
  }

  push(pipeline: PipelineProgram, shape: BatchShape, memory: Placement): KernelFunction {
    const native = this.#nativeOf(pipeline, shape)
    if (!native) return this.#only(this.#baseTier, pipeline, shape, memory)
    const [kernel] = native.values()
    return kernel
  }

  /** Makes the code of a part on the tier that is there at once. */
  link(pipeline: PipelineProgram, part: Part, memory: Placement): void {
    this.#only(this.#baseTier, pipeline, part, memory)
  }

  #nativeOf(pipeline: PipelineProgram, part: Part): Kernels | undefined {
    return this.#tier === 'native' ? this.#linked.get(linkKey('native', pipeline, part)) : undefined
  }

  get #baseTier(): BaseTier {
    return this.#tier === 'native' ? this.#base : this.#tier
  }

  /** The kernel of a part that has one. */
  #only(wanted: BaseTier, pipeline: PipelineProgram, part: Part, memory: Placement): KernelFunction {
    const tier = part === INIT ? 'interp' : wanted
    const known = this.#linked.get(linkKey(tier, pipeline, part))
    const kernels = known ?? this.#link(tier, pipeline, part, this.#tiers.at(tier, pipeline, part), memory)
    const [kernel] = kernels.values()
    return kernel
  }

  /** Takes native code of parts that is there already; false where some is not. */
  takeNow(pipelines: readonly PipelineProgram[], part: Part, placements: readonly Placement[]): boolean {
    return pipelines.every(pipeline => {
      if (this.#linked.has(linkKey('native', pipeline, part))) return true
      const native = this.#tiers.nativeNow(pipeline, part)
      if (native) this.#link('native', pipeline, part, native, placements[pipeline.id])
      return native !== undefined
    })
  }

  /** Makes native code of the core of pipelines, or of what takes batches of a shape. What can fail fails here. */
  async prepare(
    pipelines: readonly PipelineProgram[],
    part: Part,
    placements: readonly Placement[],
  ): Promise<void> {
    for (const pipeline of pipelines) {
      if (this.#linked.has(linkKey('native', pipeline, part))) continue
      const compiled = await this.#tiers.native(pipeline, part)
      this.#link('native', pipeline, part, compiled, placements[pipeline.id])
    }
  }

  #link(
    tier: Tier,
    pipeline: PipelineProgram,
    part: Part,
    compiled: CompiledProgram,
    memory: Placement,
  ): Kernels {
    const kernels = compiled.link(memory)
    this.#linked.set(linkKey(tier, pipeline, part), kernels)
    return kernels
  }
}

const linkKey = (tier: Tier, { id }: PipelineProgram, part: Part): string => `${tier} ${id} ${keyOf(part)}`

/** A tier whose code is there at once. */
export type BaseTier = 'interp' | 'js'

/** What a plan runs on until there is native code: JavaScript, or the interpreter where code generation is forbidden. */
export const baseTier = (mode: CodeGeneration): BaseTier => (canGenerateCode(mode) ? 'js' : 'interp')
