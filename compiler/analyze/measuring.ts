/** The runs of an analysis, side by side over the same batches: the plan itself, counted, and up to each operator. */
import type { RecordBatch } from 'apache-arrow'
import type { Tier } from '../../ir/abi.ts'
import { inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { findColumn } from '../../ir/schema.ts'
import type { DataType } from '../../ir/types.ts'
import type { KernelTime } from '../../runtime/dag/meter.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { pushName } from '../lower/push.ts'
import { operatorsOf, type PipelineSpec, splitPipelines } from '../plan/split-pipelines.ts'
import type { OpenOptions } from '../run/options.ts'
import type { QueryParams } from '../run/params.ts'
import { countRows, type OperatorRows } from './counts.ts'
import { Probe } from './probe.ts'
import { type PipelineFacts, readPipeline } from './state.ts'
import { variantsOf } from './variants.ts'

/** Rows after which code is taken to be warm: times per row are taken from then on, where as many follow. */
const WARM_ROWS = 1 << 16

export interface MeasuringOptions {
  readonly plan: CompiledPlan
  readonly params: QueryParams
  readonly open: OpenOptions & { readonly tier: Tier }
  readonly onResult: ((batch: RecordBatch) => void) | undefined
}

/** What was counted and measured up to some moment. */
export interface Reading {
  /** Of each operator. */
  readonly rows: readonly OperatorRows[]
  /** Milliseconds of all kernels of the plan up to each operator; undefined where it has no run, or another tier. */
  readonly upTo: readonly (number | undefined)[]
  /** Of each pipeline, by kernel. */
  readonly kernels: readonly ReadonlyMap<string, KernelTime>[]
}

export class Measuring {
  readonly plain: Probe
  readonly specs: readonly PipelineSpec[]
  /** With the number of the pipeline that each is in. */
  readonly operators: readonly { readonly node: LogicalNode; readonly pipeline: number }[]
  /** Of each pipeline: batches by the push kernel of their shape. */
  readonly shapes: readonly Map<string, number>[]
  readonly #counted: Probe
  readonly #prefixes: readonly Probe[]
  readonly #begin: Reading
  #warm: Reading | undefined

  constructor({ plan, params, open, onResult }: MeasuringOptions) {
    this.specs = splitPipelines(plan.compilation.optimised)
    this.shapes = this.specs.map(() => new Map())
    this.operators = this.specs.flatMap(spec => operatorsOf(spec).map(node => ({ node, pipeline: spec.id })))
    const { counted, prefixes } = variantsOf(plan, this.#timed)
    this.plain = new Probe({ plan, params, open, onResult })
    this.#counted = new Probe({ plan: counted, params, open })
    this.#prefixes = prefixes.map(prefix => new Probe({ plan: prefix, params, open }))
    this.#begin = this.read()
  }

  /** What several sources come to is no chain: what its operators take is not told apart. */
  get #timed(): readonly LogicalNode[] {
    return this.specs.some(({ from }) => from.length > 1) ? [] : this.operators.map(({ node }) => node)
  }

  watermarkOf(source: number): bigint {
    return this.plain.runner.watermarkOf(source)
  }

  get rowsIn(): number {
    return Number(this.plain.runner.counters.rowsIn)
  }

  /** No source is idle by the time that an analysis takes: what waits to be read is there. */
  async push(batch: RecordBatch, source: number): Promise<void> {
    if (!this.#warm && this.rowsIn >= WARM_ROWS) this.#warm = this.read()
    for (const { runner } of [this.plain, ...this.#others]) runner.stayAwakeAll()
    const name = pushName(await this.plain.push(batch, source))
    const { id } = this.specs.filter(spec => spec.source)[source]
    const shapes = this.shapes[id]
    shapes.set(name, (shapes.get(name) ?? 0) + 1)
    for (const probe of this.#others) await probe.push(batch, source)
  }

  end(): void {
    for (const probe of [this.plain, ...this.#others]) probe.end()
  }

  get #others(): readonly Probe[] {
    return [this.#counted, ...this.#prefixes]
  }

  read(): Reading {
    const { plan, runner } = this.#counted
    return {
      rows: countRows(plan.compilation.program, this.specs, runner.placements),
      upTo: this.operators.map((_, i) => this.#upTo(i)),
      kernels: this.specs.map(({ id }) => this.plain.profile.of(id)),
    }
  }

  /** What the pipelines of the plan itself keep right now. */
  facts(): readonly PipelineFacts[] {
    const { plan, runner } = this.plain
    const { pipelines } = plan.compilation.program
    return this.specs.map((spec, i) => readPipeline(pipelines[i], runner.placements[i], timeTypeOf(spec)))
  }

  #upTo(operator: number): number | undefined {
    if (operator === this.operators.length - 1) return this.plain.profile.ms
    const probe = this.#prefixes.at(operator)
    return probe?.tier === this.plain.tier ? probe.profile.ms : undefined
  }

  /** Rows that had come from all sources. */
  rowsInAt({ rows }: Reading): number {
    return this.operators.reduce((sum, { node }, i) => sum + (node.kind === 'source' ? rows[i].rowsIn : 0), 0)
  }

  /** Where the times per row are to be taken from. */
  get start(): Reading {
    return this.isWarm && this.#warm ? this.#warm : this.#begin
  }

  get isWarm(): boolean {
    const before = this.#warm && this.rowsInAt(this.#warm)
    return before !== undefined && this.rowsIn - before >= WARM_ROWS
  }
}

/** The type of the column that the watermark of a pipeline is about. */
function timeTypeOf({ source, union, stateful }: PipelineSpec): DataType | undefined {
  const relation = (source ?? union)?.relation ?? (stateful && inputsOf(stateful)[0].relation)
  const [name] = relation?.time?.columns ?? []
  return relation && name !== undefined ? findColumn(relation.schema, name)?.type : undefined
}
