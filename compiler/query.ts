/** A compiled query: explain it, open it to push into it, or run it over a source. */
import type { RecordBatch } from 'apache-arrow'
import type { CodeGeneration } from '../codegen/js/link.ts'
import { MillraceError } from '../ir/errors.ts'
import type { Value } from '../ir/expr/expr.ts'
import type { LogicalNode } from '../ir/logical/index.ts'
import { sink } from '../ir/logical/sink.ts'
import { type PipelineProgram, sourcePipelines } from '../ir/physical/program.ts'
import type { Columns, Schema } from '../ir/schema.ts'
import { type BatchInput, batchesOf } from '../runtime/io/inputs.ts'
import { QueryTask } from '../runtime/reactor/query-task.ts'
import { Feed } from '../runtime/streaming/feed.ts'
import { Sources } from '../runtime/streaming/sources.ts'
import { Output } from '../runtime/subscription/output.ts'
import type { Ticker } from '../runtime/time/ticker.ts'
import { Analysis } from './analyze/analysis.ts'
import { type AnalyzeOptions, runAnalysis } from './analyze/run-analysis.ts'
import type { Compilation } from './driver.ts'
import { type ExplainStage, explainStage, explainSummary } from './explain/explain.ts'
import { graphOf } from './explain/graph.ts'
import { type ExplainSubject, type PlanReport, reportPlan } from './explain/report.ts'
import type { Stream } from './frontend/builder/stream.ts'
import { paramsOf } from './plan/params.ts'
import { type Compiled, PlanCache, type QueryOptions } from './plan-cache.ts'
import { Callbacks } from './run/callbacks.ts'
import { Instance } from './run/instance.ts'
import { LiveQuery } from './run/live.ts'
import type { OpenOptions, RunOptions } from './run/options.ts'
import type { QueryParams } from './run/params.ts'
import { Run } from './run/run.ts'
import type { CompiledTiers } from './tiers.ts'

/** What a stream says of itself. */
export interface StreamParts {
  readonly node: LogicalNode
  readonly params: ReadonlyMap<string, Value>
}

/** A query that can be opened and run any number of times, each time with a state of its own. */
export class CompiledQuery<Out extends Columns> {
  readonly #compiled: Compiled
  readonly #stream: StreamParts

  /** @internal */
  constructor(compiled: Compiled, stream: StreamParts) {
    this.#compiled = compiled
    this.#stream = stream
  }

  /**
   * What each stage made of the plan. Literals may have become parameters in it, and others may share it.
   * @internal
   */
  get compilation(): Compilation {
    return this.#compiled.plan.compilation
  }

  /** The columns of the result. */
  get schema(): Schema {
    return this.compilation.program.schema
  }

  /** sha256 of the canonical plan; plans that differ only in values of parameters and literals have the same. */
  get hash(): string {
    return this.compilation.program.hash
  }

  /** The plan, what the compiler made of it, and where it can run. */
  explain(): string
  /** The text of one stage; the last two need LLVM, and reject with LDB-8016 where there is none. */
  explain(stage: ExplainStage): Promise<string>
  explain(stage?: ExplainStage): string | Promise<string> {
    return stage === undefined ? explainSummary(this.#subject) : explainStage(this.#subject, stage)
  }

  /** What explain says, as plain data. */
  report(): PlanReport {
    return reportPlan(this.#subject)
  }

  /** The optimised plan as a Graphviz graph. */
  graph(): string {
    return graphOf(this.#subject)
  }

  get #subject(): ExplainSubject {
    const { plan, values, wasKept } = this.#compiled
    const hasNative = (): boolean => plan.hasNative('function')
    return { ...this.compilation, logical: sink(this.#stream.node), values, wasKept, hasNative }
  }

  /**
   * Runs the query over an input to its end, and says what every operator did: rows in and out, faults, late rows,
   * state, event time, and nanoseconds per row. Counts are exact; kernels count, in a variant of the plan that runs
   * beside it. Kernels fuse their operators and hold no clock: what an operator takes is the difference between the
   * plan up to it and the plan up to the one before, an estimate, which is not made where sources come together. Hence the costs: about as many runs as the plan has
   * operators, in turn over each batch, each with code and memory of its own, and what is compiled is kept as if the
   * query had run. Batches are read once, none is kept. Rejects with what running the query throws.
   */
  async analyze(
    input: BatchInput | Readonly<Record<string, BatchInput>>,
    options: AnalyzeOptions = {},
  ): Promise<Analysis> {
    const { plan, wasKept } = this.#compiled
    const inputs = this.#sources.map(source => batchesOf(this.#inputOf(input, source), source.input.schema))
    const report = await runAnalysis({ plan, wasKept, params: this.#params, inputs, options })
    return new Analysis(report, this.#subject)
  }

  /**
   * Opens an instance to push into; `onResult` gets each batch of results, valid only during the call. LDB-0001 for an
   * option that is not acceptable, LDB-1201 for a parameter whose value does not fit its type.
   */
  open(onResult: (batch: RecordBatch) => void, options: OpenOptions = {}): LiveQuery {
    const callbacks = new Callbacks(onResult, options)
    const instance = this.#instance(callbacks, options, 'view')
    return new LiveQuery(instance, callbacks, options.warmUp ?? true)
  }

  /**
   * Runs the query over its source, given as it is or under the source's name, or over several under their names; nothing
   * happens before the results are read. Of several sources the one whose watermark is the least is read first, and none that is
   * too far ahead of its alignment group. LDB-5010
   * where a source is not among the inputs; what goes wrong later is thrown where the results are read.
   */
  run(input: BatchInput | Readonly<Record<string, BatchInput>>, options: RunOptions = {}): Run<Out> {
    const { signal, onRefused } = options
    const output: Output<RecordBatch> = new Output(
      () => task.changed.notify(),
      () => task.finish(undefined),
    )
    const callbacks = new Callbacks(batch => output.add(batch), options)
    const instance = this.#instance(callbacks, options, 'copy')
    const feeds = this.#sources.map(source => {
      const batches = batchesOf(this.#inputOf(input, source), source.input.schema)
      const iterator =
        Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]()
      return new Feed(iterator, () => task.changed.notify())
    })
    const task: QueryTask = new QueryTask({
      runner: instance.runner,
      sources: new Sources(feeds, source => instance.runner.isPaused(source)),
      taker: output,
      prepare(shape, source) {
        const preparing = instance.prepare(shape, source)?.then(() => instance.switchTier())
        if (!preparing) instance.switchTier()
        return preparing
      },
      onRefused: onRefused && ((error, batch) => callbacks.guard('onRefused', () => onRefused(error, batch))),
      takeError: () => callbacks.takeError(),
      onEnd(error) {
        callbacks.silence()
        instance.runner.lookups.close()
        signal?.removeEventListener('abort', abort)
        ticker?.stop()
        output.close(error)
      },
    })
    instance.onAnswer = () => task.changed.notify()
    let ticker: Ticker | undefined
    const abort = (): void => {
      output.abort(signal?.reason)
      task.finish(signal?.reason)
    }
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort)
    const begin = (): void => {
      if (task.isDone) return
      instance.runner.stayAwakeAll()
      ticker = instance.ticker(() => task.tick())
    }
    return new Run({ instance, task, output, schema: this.schema, begin })
  }

  /**
   * The code of its plan on each tier.
   * @internal
   */
  tiers(mode: CodeGeneration = 'function'): CompiledTiers {
    return this.#compiled.plan.tiers(mode)
  }

  get #sources(): readonly PipelineProgram[] {
    return sourcePipelines(this.compilation.program)
  }

  get #params(): QueryParams {
    return { declared: paramsOf(this.#stream.node), values: this.#compiled.values }
  }

  /** The input itself, or the one under the name of the source. */
  #inputOf(
    input: BatchInput | Readonly<Record<string, BatchInput>>,
    { input: source }: PipelineProgram,
  ): BatchInput {
    const name = nameOf(source)
    if (!isNamed(input)) {
      if (this.#sources.length === 1) return input
      throw severalSources(this.#sources)
    }
    if (Object.hasOwn(input, name)) return input[name]
    throw new MillraceError('LDB-5010', `there is no input for source '${name}'`, {
      fix: `pass { ${name}: ... }; given were ${Object.keys(input).join(', ') || 'none'}`,
    })
  }

  #instance(callbacks: Callbacks, open: OpenOptions, mode: 'copy' | 'view'): Instance {
    const { plan } = this.#compiled
    const instance = new Instance({ plan, params: this.#params, open, callbacks, mode })
    const error = callbacks.takeError()
    if (error) throw error
    return instance
  }
}

const nameOf = (input: PipelineProgram['input']): string => (input.kind === 'source' ? input.name : '')

function severalSources(sources: readonly PipelineProgram[]): MillraceError {
  const names = sources.map(({ input }) => nameOf(input))
  return new MillraceError('LDB-0001', `the query reads several sources: ${names.join(', ')}`, {
    fix: `pass an input for each: { ${names.map(name => `${name}: ...`).join(', ')} }`,
  })
}

/** A plain object of inputs by source name. */
const isNamed = (input: object): input is Readonly<Record<string, BatchInput>> =>
  Object.getPrototypeOf(input) === Object.prototype &&
  !(Symbol.iterator in input) &&
  !(Symbol.asyncIterator in input)

/** The plans of this process. */
export const sharedPlans = new PlanCache()

/** Compiles a stream, or finds that it was compiled before. Two streams that mean the same have the same hash. */
export function compile<S extends Columns>(stream: Stream<S>, options: QueryOptions = {}): CompiledQuery<S> {
  const cache = options.cache ?? sharedPlans
  return new CompiledQuery(cache.compile(stream.node, stream.params, options), stream)
}

/** Compiles and runs in one go: `for await (const row of run(stream, rows).rows()) ...`. */
export function run<S extends Columns>(
  stream: Stream<S>,
  input: BatchInput | Readonly<Record<string, BatchInput>>,
  options: RunOptions & QueryOptions = {},
): Run<S> {
  return compile(stream, options).run(input, options)
}
