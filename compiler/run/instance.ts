/** One instance of a compiled query: a runner, its kernels, and the tier they are on. */
import type { CodeGeneration } from '../../codegen/js/link.ts'
import { noteArena } from '../../codegen/llvm/forks.ts'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import type { Placement, Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Value } from '../../ir/expr/expr.ts'
import {
  type BatchShape,
  type Limits,
  type PipelineProgram,
  shapeKey,
  sourcePipelines,
} from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import type { Tables } from '../../runtime/dag/lookups.ts'
import { KernelMeter } from '../../runtime/dag/meter.ts'
import { Runner, type RunnerOutlets } from '../../runtime/dag/runner.ts'
import type { ResultMode } from '../../runtime/io/arrow/result.ts'
import { sampleBatches } from '../../runtime/io/sample-rows.ts'
import { type PlanMemory, reservePlan } from '../../runtime/memory/arena.ts'
import { narrowed, wipe } from '../../runtime/memory/narrow.ts'
import { systemWallClock } from '../../runtime/time/clock.ts'
import { Ticker } from '../../runtime/time/ticker.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { splitPipelines } from '../plan/split-pipelines.ts'
import { TierPolicy, type Verdict } from '../tier-policy.ts'
import { type BaseTier, baseTier, CORE, type CompiledTiers, InstanceKernels } from '../tiers.ts'
import type { Callbacks } from './callbacks.ts'
import { type QueryMetrics, readMetrics } from './metrics.ts'
import type { OpenOptions, TierChoice } from './options.ts'
import { liftedFrom, overridden, type QueryParams, withOperators } from './params.ts'
import { narrowLimits, type SourceBatch, WARM_ROWS, WarmUp } from './warm-up.ts'
import { readWatermark, type SourceWatermark } from './watermarks.ts'

export interface InstanceOptions {
  readonly plan: CompiledPlan
  readonly params: QueryParams
  readonly open: OpenOptions
  readonly callbacks: Callbacks
  readonly mode: ResultMode
}

export class Instance {
  /** Called when a table has answered. */
  onAnswer: () => void = () => {}
  /** Undefined while nobody has asked for it since a warm-up. */
  #runner: Runner | undefined
  readonly #memory: PlanMemory
  readonly #values: ReadonlyMap<string, Value>
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
    const { plan, params, open } = options
    this.#options = options
    this.#choice = oneOf('tier', tierChoices, open.tier ?? 'auto')
    this.#wanted = this.#choice === 'auto' ? 'js' : this.#choice
    const generation = oneOf('codeGeneration', codeGenerations, open.codeGeneration ?? 'function')
    this.#base = baseTier(generation)
    this.#tiers = plan.tiers(generation)
    this.#tier = this.#atOnce(this.#wanted)
    this.#kernels = new InstanceKernels(this.#tiers, this.#base, this.#tier)
    const { program, limits } = plan.compilation
    this.#values = overridden(params, open.params)
    this.#memory = reservePlan(program, limits)
    noteArena(this.#memory.buffer)
    if (this.#choice === 'auto') this.#beginPolicy()
    this.#runner = this.#makeRunner()
  }

  get runner(): Runner {
    this.#runner ??= this.#makeRunner()
    return this.#runner
  }

  /** Calls whenever the plan must be told the time, if it has to do with it. */
  ticker(tick: () => void): Ticker | undefined {
    const { plan, open } = this.#options
    const { ticksEveryMs } = plan.compilation.program
    return !ticksEveryMs ? undefined : new Ticker(open.clock ?? systemWallClock, ticksEveryMs, tick)
  }

  /** The sources of its plan, in order. */
  get sources(): readonly SourceColumns[] {
    return this.#sources.flatMap(({ input }) =>
      input.kind === 'source' ? [{ name: input.name, schema: input.schema }] : [],
    )
  }

  /** How far the sources have come. */
  get watermarks(): readonly SourceWatermark[] {
    const { runner } = this
    return this.#sources.map((program, source) =>
      readWatermark(program, runner.placements[program.id], {
        isIdle: runner.isIdle(source),
        alignment: runner.alignmentOf(source),
      }),
    )
  }

  /** What it has done and what it waits for. */
  get metrics(): QueryMetrics {
    const { program, optimised } = this.#options.plan.compilation
    const { placements, counters } = this.runner
    return readMetrics({
      ...{ program, placements, counters },
      specs: splitPipelines(optimised),
      sources: this.watermarks,
      lookups: this.runner.lookups.metrics,
      movedMs: source => this.runner.movedMs(source),
    })
  }

  /** All memory that it has. */
  get buffer(): ArrayBufferLike {
    return this.#memory.buffer
  }

  #makeRunner(): Runner {
    const { plan, params, callbacks } = this.#options
    const { program, limits } = plan.compilation
    const outlets = withOperators(callbacks, liftedFrom(program, params.declared), this.#values)
    const runner = this.#runnerOn(this.#memory, limits, outlets, this.#tables)
    if (this.#policy) runner.measure(this.#meter)
    return runner
  }

  get #tables(): Tables {
    const { tables = {}, lookups = {} } = this.#options.open
    return { sources: tables, options: lookups, onAnswer: () => this.onAnswer() }
  }

  /** Tables in which nothing is, for rows that nobody sent. */
  get #emptyTables(): Tables {
    const empty = { query: () => [] }
    const { pipelines } = this.#options.plan.compilation.program
    const names = pipelines.flatMap(({ lookup }) => lookup?.table ?? [])
    return { sources: Object.fromEntries(names.map(name => [name, empty])), options: {}, onAnswer() {} }
  }

  #runnerOn(memory: PlanMemory, limits: Limits, outlets: RunnerOutlets, tables: Tables): Runner {
    const { plan, mode, open } = this.#options
    const { program } = plan.compilation
    return new Runner({
      program,
      limits,
      memory,
      kernels: this.#kernels,
      params: this.#values,
      clock: open.clock ?? systemWallClock,
      outlets,
      mode,
      tables,
    })
  }

  /**
   * What warms its kernels, while nothing has been pushed yet. Rows that are given stand for what is to come; what
   * runs natively or on the interpreter gets no better.
   */
  warmUp(given: readonly SourceBatch[] = []): WarmUp | undefined {
    if (this.#tier !== 'js') return undefined
    const { program } = this.#options.plan.compilation
    return new WarmUp({
      program,
      link: (pipeline, part) => this.#kernels.link(pipeline, part, this.#placements[pipeline.id]),
      apart: work => this.#apart(work),
      restore: () => {
        this.#runner ??= this.#makeRunner()
      },
      batches: () =>
        given.length > 0
          ? given.map(({ source, batch }) => ({ source, batch: batch.slice(0, WARM_ROWS) }))
          : this.#samples(),
    })
  }

  #samples(): readonly SourceBatch[] {
    return this.#sources.flatMap(({ input }, source) => {
      const time = input.kind === 'source' ? input.time : undefined
      const options = { schema: input.schema, time, known: this.#values.values(), rows: WARM_ROWS }
      return sampleBatches(options).map(batch => ({ source, batch }))
    })
  }

  #apart(work: (runner: Runner) => void): void {
    const { program, limits } = this.#options.plan.compilation
    const narrow = narrowLimits(limits)
    const memory = narrowed(this.#memory, narrow)
    this.#runner = undefined
    try {
      work(this.#runnerOn(memory, narrow, nobody, this.#emptyTables))
    } finally {
      wipe(memory, program, narrow)
    }
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
   * Called before a batch of that shape from a source: makes native code where it is wanted, once. A promise where the
   * batch is to wait for it; it never rejects.
   */
  prepare(shape: BatchShape, source = 0): Promise<void> | undefined {
    const entry: Entry = { shape, pipeline: this.#sources[source] }
    if (this.#policy) this.#follow(this.#policy, entry)
    const waiting = this.#wanted === 'native' ? this.#prepareNative(entry) : undefined
    return this.#choice === 'auto' ? undefined : waiting
  }

  #prepareNative(entry: Entry): Promise<void> | undefined {
    const key = `${entry.pipeline.id} ${shapeKey(entry.shape)}`
    if (this.#shapes.has(key)) return this.#shapes.get(key)
    const preparing = this.#makeNative(entry)
      .finally(() => this.#shapes.set(key, undefined))
      .catch(error => this.#fallBack(error))
    this.#shapes.set(key, preparing)
    return preparing
  }

  async #makeNative({ shape, pipeline }: Entry): Promise<void> {
    const placements = this.#placements
    await this.#kernels.prepare(this.#pipelines, CORE, placements)
    await this.#kernels.prepare([pipeline], shape, placements)
    this.#hasNativeCore = true
    if (this.#wanted === 'native') this.#become('native')
  }

  get #placements(): readonly Placement[] {
    return this.#memory.pipelines.map(({ placement }) => placement)
  }

  get #pipelines(): readonly PipelineProgram[] {
    return this.#options.plan.compilation.program.pipelines
  }

  get #sources(): readonly PipelineProgram[] {
    return sourcePipelines(this.#options.plan.compilation.program)
  }

  /** Where native code can never be, or lost already, nothing is measured. */
  #beginPolicy(): void {
    const { plan } = this.#options
    if (this.#base === 'interp' || plan.verdict === 'js' || plan.compilation.program.hostOps.length > 0)
      return
    this.#policy = new TierPolicy()
  }

  /** One step of `auto`: what was measured so far decides how the next batch runs. */
  #follow(policy: TierPolicy, entry: Entry): void {
    if (this.#meter.ms === 0 && this.#takeNow(entry)) {
      this.#decide('native')
      return
    }
    policy.observe(this.#tier, Number(this.runner.counters.rowsIn), this.#meter.ms)
    if (policy.hasEarned) this.#persist()
    if (policy.verdict) this.#decide(policy.verdict)
    else if (policy.hasEarned && nativeTarget().available) this.#try(policy, entry)
  }

  /** Native code that is there before the first row: this plan has earned it before, here or in another process. */
  #takeNow({ shape, pipeline }: Entry): boolean {
    const placements = this.#placements
    try {
      this.#hasNativeCore =
        this.#kernels.takeNow(this.#pipelines, CORE, placements) &&
        this.#kernels.takeNow([pipeline], shape, placements)
    } catch (error) {
      this.#fallBack(error)
    }
    return this.#hasNativeCore
  }

  /** Native code is made while JavaScript runs, and tried when JavaScript has shown what it can do. */
  #try(policy: TierPolicy, entry: Entry): void {
    this.#prepareNative(entry)
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

/** A source and its columns. */
export interface SourceColumns {
  readonly name: string
  readonly schema: Schema
}

/** Batches of a shape that come into a pipeline. */
interface Entry {
  readonly shape: BatchShape
  readonly pipeline: PipelineProgram
}

/** Takes what comes out of rows that nobody sent. */
const nobody: RunnerOutlets = { result() {}, late() {}, faulty() {}, diagnostic() {} }

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
