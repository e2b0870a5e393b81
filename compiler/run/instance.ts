/** One instance of a compiled query: a runner, its kernels, and the tier they are on. */
import type { CodeGeneration } from '../../codegen/js/link.ts'
import { noteArena } from '../../codegen/llvm/forks.ts'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import { type BatchShape, type PipelineProgram, shapeKey } from '../../ir/physical/program.ts'
import { KernelMeter } from '../../runtime/dag/meter.ts'
import { Runner } from '../../runtime/dag/runner.ts'
import type { ResultMode } from '../../runtime/io/arrow/result.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { TierPolicy, type Verdict } from '../tier-policy.ts'
import { type BaseTier, baseTier, CORE, type CompiledTiers, InstanceKernels } from '../tiers.ts'
import type { Callbacks } from './callbacks.ts'
import type { OpenOptions, TierChoice } from './options.ts'
import { liftedFrom, overridden, type QueryParams, withOperators } from './params.ts'

export interface InstanceOptions {
  readonly plan: CompiledPlan
  readonly params: QueryParams
  readonly open: OpenOptions
  readonly callbacks: Callbacks
  readonly mode: ResultMode
}

export class Instance {
  readonly runner: Runner
  readonly #kernels: InstanceKernels
  readonly #options: InstanceOptions
  readonly #base: BaseTier
  readonly #choice: TierChoice
  readonly #tiers: CompiledTiers
  /** The shapes that native code was asked for; undefined where there is nothing to wait for any more. */
  readonly #shapes = new Map<string, Promise<void> | undefined>()
  /** Measures and decides, while `auto` has not decided yet. */
  #policy: TierPolicy | undefined
  readonly #meter = new KernelMeter()
  #wanted: Tier
  #tier: Tier
  #hasNativeCore = false
  #isKept = false
  /** Has something changed that the runner has not taken over yet? */
  #isStale = false

  constructor(options: InstanceOptions) {
    const { plan, params, open, callbacks, mode } = options
    this.#options = options
    this.#choice = oneOf('tier', tierChoices, open.tier ?? 'auto')
    this.#wanted = this.#choice === 'auto' ? 'js' : this.#choice
    const generation = oneOf('codeGeneration', codeGenerations, open.codeGeneration ?? 'function')
    this.#base = baseTier(generation)
    this.#tiers = plan.tiers(generation)
    this.#tier = this.#atOnce(this.#wanted)
    this.#kernels = new InstanceKernels(this.#tiers, this.#base, this.#tier)
    const { program, limits } = plan.compilation
    const values = overridden(params, open.params)
    const kernels = this.#kernels
    const outlets = withOperators(callbacks, liftedFrom(program, params.declared), values)
    this.runner = new Runner({ program, limits, kernels, params: values, outlets, mode })
    noteArena(this.runner.placements[0].buffer)
    if (this.#choice === 'auto') this.#beginPolicy()
  }

  /** The tier that the next batch runs on. */
  get tier(): Tier {
    return this.#tier
  }

  /** Asks for a tier. It is there at the next batch, native code as soon as a batch has been prepared for. */
  want(tier: Tier): void {
    this.#policy = undefined
    this.runner.measure(undefined)
    this.#wanted = oneOf('tier', tierNames, tier)
    this.#become(tier === 'native' && this.#hasNativeCore ? tier : this.#atOnce(tier))
  }

  /** What stands for a tier that is asked for while there is no native code. */
  #atOnce(wanted: Tier): BaseTier {
    if (wanted === 'interp') return wanted
    if (this.#base === 'interp') this.#report(codeGenerationForbidden(wanted))
    return this.#base
  }

  #become(tier: Tier): void {
    this.#tier = tier
    this.#isStale = true
  }

  /**
   * Called before a batch of that shape: makes native code where it is wanted, once. A promise where the batch is to
   * wait for it; it never rejects.
   */
  prepare(shape: BatchShape): Promise<void> | undefined {
    if (this.#policy) this.#follow(this.#policy, shape)
    const waiting = this.#wanted === 'native' ? this.#prepareNative(shape) : undefined
    return this.#choice === 'auto' ? undefined : waiting
  }

  #prepareNative(shape: BatchShape): Promise<void> | undefined {
    const key = shapeKey(shape)
    if (this.#shapes.has(key)) return this.#shapes.get(key)
    const preparing = this.#makeNative(shape)
      .finally(() => this.#shapes.set(key, undefined))
      .catch(error => this.#fallBack(error))
    this.#shapes.set(key, preparing)
    return preparing
  }

  async #makeNative(shape: BatchShape): Promise<void> {
    const { placements } = this.runner
    await this.#kernels.prepare(this.#pipelines, CORE, placements)
    await this.#kernels.prepare(this.#pipelines.slice(0, 1), shape, placements)
    this.#hasNativeCore = true
    if (this.#wanted === 'native') this.#become('native')
  }

  get #pipelines(): readonly PipelineProgram[] {
    return this.#options.plan.compilation.program.pipelines
  }

  /** Where native code can never be, or lost already, nothing is measured. */
  #beginPolicy(): void {
    const { plan } = this.#options
    if (this.#base === 'interp' || plan.verdict === 'js' || plan.compilation.program.hostOps.length > 0)
      return
    this.#policy = new TierPolicy()
    this.runner.measure(this.#meter)
  }

  /** One step of `auto`: what was measured so far decides how the next batch runs. */
  #follow(policy: TierPolicy, shape: BatchShape): void {
    if (this.#meter.ms === 0 && this.#takeNow(shape)) {
      this.#decide('native')
      return
    }
    policy.observe(this.#tier, Number(this.runner.counters.rowsIn), this.#meter.ms)
    if (policy.hasEarned) this.#persist()
    if (policy.verdict) this.#decide(policy.verdict)
    else if (policy.hasEarned && nativeTarget().available) this.#try(policy, shape)
  }

  /** Native code that is there before the first row: this plan has earned it before, here or in another process. */
  #takeNow(shape: BatchShape): boolean {
    const { placements } = this.runner
    try {
      this.#hasNativeCore =
        this.#kernels.takeNow(this.#pipelines, CORE, placements) &&
        this.#kernels.takeNow(this.#pipelines.slice(0, 1), shape, placements)
    } catch (error) {
      this.#fallBack(error)
    }
    return this.#hasNativeCore
  }

  /** Native code is made while JavaScript runs, and tried when JavaScript has shown what it can do. */
  #try(policy: TierPolicy, shape: BatchShape): void {
    this.#prepareNative(shape)
    if (this.#hasNativeCore && policy.mayTry && this.#tier !== 'native') this.#become('native')
  }

  /** Once: what V8 has made of the kernels that have run is there for the next process. */
  #persist(): void {
    if (this.#isKept) return
    this.#isKept = true
    this.#tiers.persist()
  }

  #decide(verdict: Verdict): void {
    const { plan } = this.#options
    this.#policy = undefined
    this.runner.measure(undefined)
    plan.verdict = verdict
    this.#wanted = verdict
    this.#become(verdict === 'native' ? verdict : this.#base)
    if (verdict === 'js') for (const pipeline of this.#pipelines) this.#tiers.forgetNative(pipeline, CORE)
  }

  /** The plan goes on without native code until somebody asks for it again. */
  #fallBack(error: unknown): void {
    this.#shapes.clear()
    this.#policy = undefined
    this.runner.measure(undefined)
    if (this.#wanted === 'native' || this.#tier === 'native') {
      this.#wanted = this.#base
      this.#become(this.#base)
    }
    this.#report(error)
  }

  #report(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : 'LDB-8015'
    const message = error instanceof Error ? error.message : String(error)
    this.#options.callbacks.diagnostic({ code, message })
  }

  /** Between two batches: what was decided since takes effect, with state where it is. */
  switchTier(): void {
    if (!this.#isStale) return
    this.#isStale = false
    this.#kernels.use(this.#tier)
    this.runner.install()
  }
}

export const tierNames: readonly Tier[] = ['interp', 'js', 'native']
const tierChoices: readonly TierChoice[] = ['auto', ...tierNames]
const codeGenerations: readonly CodeGeneration[] = ['function', 'script']

function oneOf<T extends string>(option: string, values: readonly T[], value: T): T {
  if (values.includes(value)) return value
  throw new MillraceError('LDB-0001', `${option} is '${String(value)}'`, { fix: `use ${values.join(', ')}` })
}

const codeGenerationForbidden = (wanted: Tier): MillraceError =>
  new MillraceError(
    'LDB-0007',
    wanted === 'native'
      ? 'the plan runs on the interpreter until it is compiled natively: this process forbids code generation'
      : 'the plan runs on the interpreter: this process forbids code generation',
  )
