/**
 * A plan that runs: its memory, its pipelines, and the way of a batch through them. Work is done in steps, each
 * bounded: a chunk of rows is loaded, or one kernel is called once. Nothing is awaited here.
 */
import type { RecordBatch } from 'apache-arrow'
import type { Placement } from '../../ir/abi.ts'
import { type LdbCode, MillraceError } from '../../ir/errors.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { Limits, PlanProgram } from '../../ir/physical/program.ts'
import { MAX_TIME } from '../../ir/times.ts'
import type { AcceptedBatch } from '../io/arrow/door.ts'
import { type BatchMemory, viewField } from '../io/arrow/memory.ts'
import { gatherRows } from '../io/arrow/passed.ts'
import { pickRows } from '../io/arrow/pick.ts'
import { type ResultMode, ResultReader } from '../io/arrow/result.ts'
import type { PlanMemory } from '../memory/arena.ts'
import { writeConstants, writeParams } from '../memory/params.ts'
import { type AlignmentState, Alignments } from '../streaming/alignment.ts'
import type { WallClock } from '../time/clock.ts'
import { NONE } from './edges.ts'
import { Entrance } from './entrance.ts'
import { Executor } from './executor.ts'
import { type FaultyRows, readFaults } from './faulty-rows.ts'
import type { KernelSource } from './kernel-source.ts'
import type { Lookups, Tables } from './lookups.ts'
import type { Meter } from './meter.ts'
import { Pipeline } from './pipeline.ts'
import { Rounds } from './rounds.ts'
import { TableAnswers } from './table-answers.ts'

/** Who takes what comes out. A callback must not call back into the plan. */
export interface RunnerOutlets {
  result(batch: RecordBatch): void
  late(batch: RecordBatch): void
  faulty(rows: FaultyRows): void
  /** Something worth knowing happened. */
  diagnostic(what: { readonly code: LdbCode; readonly message: string }): void
}

export interface RunnerOptions {
  readonly program: PlanProgram
  readonly limits: Limits
  /** All zero, apart from constants and parameters. */
  readonly memory: PlanMemory
  readonly kernels: KernelSource
  readonly params: ReadonlyMap<string, Value>
  readonly clock: WallClock
  readonly outlets: RunnerOutlets
  /** Are batches the taker's to keep, or valid only while it is called? */
  readonly mode: ResultMode
  /** What rows are looked up in. */
  readonly tables: Tables
}

/** Rows of a running query, from its start. */
export interface Counters {
  /** Rows that were taken. */
  readonly rowsIn: bigint
  /** Rows of results that were handed out. */
  readonly rowsOut: bigint
  /** Rows whose window was closed already. */
  readonly late: bigint
  /** Rows that have no event time, and were dropped. */
  readonly nullTime: bigint
  /** Rows that were too far ahead of the other sources of their group, and were dropped. */
  readonly drifted: bigint
  /** Rows that an overflow, a division by zero or a failed cast kept out. */
  readonly faulty: bigint
}

export class Runner {
  readonly #options: RunnerOptions
  readonly #memory: PlanMemory
  readonly #pipelines: readonly Pipeline[]
  readonly #executor: Executor
  readonly #entrances: readonly Entrance[]
  readonly #alignments: Alignments
  readonly #readers: readonly ResultReader[]
  /** The batch under way and the first of its rows that is not loaded yet; the chunk in memory starts at `#from`. */
  #batch: AcceptedBatch | undefined
  /** Where it came in. */
  #entrance: Entrance
  #next = 0
  #from = 0
  #rowsOut = 0
  readonly #rounds: Rounds
  readonly #answers: TableAnswers

  constructor(options: RunnerOptions) {
    const { program, limits, memory } = options
    this.#options = options
    this.#memory = memory
    writeConstants(this.#memory, program)
    writeParams(this.#memory, program, options.params)
    this.#pipelines = program.pipelines.map(pipeline => new Pipeline(pipeline, this.#memory, limits))
    const memories = this.#pipelines.map(batchMemory)
    const nowMs = options.clock.now()
    // One more than their limit: two results may leave together.
    this.#readers = this.#pipelines.map(
      (one, i) => new ResultReader(one.program.output, memories[i], limits.outputRows + 1),
    )
    const entrancesOf = (kind: 'source' | 'answers'): readonly Entrance[] =>
      this.#pipelines.flatMap(one => {
        const { id, input } = one.program
        if (input.kind === 'edge' || input.kind !== kind) return []
        return [new Entrance(one, { input, memory: memories[id], kernels: options.kernels, limits, nowMs })]
      })
    this.#entrances = entrancesOf('source')
    this.#entrance = this.#entrances[0]
    this.#alignments = new Alignments(this.#entrances, (source, group) => {
      const { code, message } = sourceDrifts(source, group)
      options.outlets.diagnostic({ code, message })
    })
    this.#rounds = this.#makeRounds()
    const parts = { ...options, pipelines: this.#pipelines, memoryOf: batchMemory }
    this.#answers = new TableAnswers(parts, entrancesOf('answers'))
    this.#executor = new Executor(this.#pipelines, {
      results: rows => this.#handOut(rows),
      sides: (pipeline, late, errors) => this.#handOutSides(pipeline, late, errors),
      requests: (pipeline, keys) => this.lookups.ask(pipeline, keys),
      textsSwept: pipeline => this.#entrances.find(({ id }) => id === pipeline)?.forgetTexts(),
    })
    this.install()
    for (const pipeline of this.#pipelines) pipeline.kernel('init')()
    this.#look()
  }

  /** The sources of the plan, in its order. */
  get sources(): readonly string[] {
    return this.#entrances.map(({ name }) => name)
  }

  /** Takes the time of kernels from now on; undefined: no more. */
  measure(meter: Meter | undefined): void {
    this.#executor.meter = meter
  }

  /** Where the regions of each pipeline lie. */
  get placements(): readonly Placement[] {
    return this.#memory.pipelines.map(({ placement }) => placement)
  }

  /** Takes the kernels that the source has now; state stays where it is. Between two steps only. */
  install(): void {
    const { kernels } = this.#options
    for (const pipeline of this.#pipelines) {
      pipeline.install(kernels.core(pipeline.program, pipeline.memory.placement))
    }
    for (const entrance of this.#entrances) entrance.forgetKernels()
    this.#answers.forgetKernels()
  }

  /** Checks a batch for a source, by its number; throws where it is not acceptable, and nothing has changed. */
  accept(batch: RecordBatch, source = 0): AcceptedBatch {
    const entrance = this.#entrances[source]
    if (entrance.hasEnded) throw new MillraceError('LDB-0005', 'the input of this query has ended')
    return entrance.accept(batch)
  }

  /** Makes an accepted batch the one under way. */
  begin(batch: AcceptedBatch, source = 0): void {
    if (this.#isAtWork) throw new MillraceError('LDB-0005', 'a batch is still under way')
    this.#entrance = this.#entrances[source]
    // Rows that are there keep their source awake, also where the clock has not been looked at for long.
    if (batch.rows > 0) this.stayAwake(source)
    this.tick()
    this.#batch = batch
    this.#next = 0
  }

  /**
   * Tells kernels that read the clock what time it is; what that makes due is emitted by the next steps, source by source,
   * each with all that follows it.
   */
  tick(): void {
    if (this.#options.program.ticksEveryMs !== undefined && !this.hasEnded) this.#rounds.tick()
  }

  #makeRounds(): Rounds {
    return new Rounds({
      clock: this.#options.clock,
      pipelines: this.#pipelines,
      entrances: this.#entrances,
      advance: ({ id }) => {
        this.#look()
        this.#executor.beginAdvance(id)
      },
      isPaused: source => this.isPaused(source),
      leaveOut: entrance => this.#leaveOut(entrance),
      align: () => this.#align(),
    })
  }

  get isBusy(): boolean {
    return this.#isAtWork || this.#answers.isReady
  }

  get #isAtWork(): boolean {
    const hasRows = this.#batch !== undefined || this.#answers.isUnderWay
    return hasRows || this.#rounds.isUnderWay || this.#executor.isBusy
  }

  /** The tables that it asks. */
  get lookups(): Lookups {
    return this.#answers.lookups
  }

  /** Does one piece of work; returns whether more is to be done. */
  step(): boolean {
    try {
      if (this.#executor.isBusy) this.#executor.step()
      else if (this.#answers.isReady) this.#answers.step(this.#executor)
      else if (this.#rounds.isUnderWay) this.#rounds.step()
      else if (this.#batch) this.#loadChunk(this.#batch)
    } catch (error) {
      this.#batch = undefined
      this.#answers.abandon()
      this.#rounds.abandon()
      this.#align()
      throw error
    }
    return this.isBusy
  }

  /** Does all work that is under way, and hands out what came of it. */
  drain(): void {
    while (this.isBusy) this.step()
    this.flush()
  }

  #loadChunk(batch: AcceptedBatch): void {
    this.#flushPassed()
    if (this.#next >= batch.rows) {
      this.#batch = undefined
      this.#look()
      this.#raise(this.#entrance, this.#entrance.pipeline.time.getLong('next_wm'))
      this.#align()
      return
    }
    this.#from = this.#next
    const { id, pipeline } = this.#entrance
    pipeline.drift?.setLong('max', this.#alignments.rowMax(this.#entrances.indexOf(this.#entrance)))
    const rows = this.#entrance.load(batch, this.#from)
    this.#entrance.isIdle = false
    this.#next += rows
    this.#executor.begin(this.#entrance.pushFor(batch.shape), rows, id)
  }

  /** Results that refer to the chunk in memory, and rows that did not go on, leave before the next chunk comes. */
  #flushPassed(): void {
    if (this.#batch) this.#executor.flushChunk(this.#entrance.id, this.#entrance.resultsRefer)
  }

  /**
   * Raises the watermark of a source to a time, in ticks; what it makes due is emitted by the next steps. The last
   * tick of all is left to the end of the input.
   */
  raiseWatermark(time: bigint, source = 0): void {
    this.#raise(this.#entrances[source], time)
    this.#align()
  }

  #raise({ id, pipeline }: Entrance, time: bigint): void {
    const until = time === MAX_TIME ? time - 1n : time
    if (until <= pipeline.time.getLong('wm')) return
    pipeline.time.setLong('wm', until)
    this.#look()
    this.#executor.beginAdvance(id)
  }

  /** Nothing comes from a source for now: until rows do, it holds no watermark back. */
  idle(source: number): void {
    this.#leaveOut(this.#entrances[source])
    this.#align()
  }

  #leaveOut(entrance: Entrance): void {
    if (entrance.hasEnded) return
    entrance.isIdle = true
    this.#executor.beginIdle(entrance.id)
  }

  isIdle(source: number): boolean {
    return this.#entrances[source].isIdle
  }

  /** Nobody could have come before now. */
  stayAwakeAll(): void {
    for (const source of this.#entrances.keys()) this.stayAwake(source)
  }

  /** Is a source not to be read: is it too far ahead of its group, or do too many rows wait for tables? */
  isPaused(source: number): boolean {
    return this.lookups.isFull || this.#alignments.isPaused(source)
  }

  /** How far ahead of its group a source is, if it belongs to one. */
  alignmentOf(source: number): AlignmentState | undefined {
    return this.#alignments.stateOf(source)
  }

  #align(): void {
    this.#alignments.look(() => this.#options.clock.now())
  }

  /** Rows of a source come or wait to be taken: it is not idle, however long they do. */
  stayAwake(source: number): void {
    this.#entrances[source].stayAwake(this.#options.clock.now())
  }

  /** The input of a source is complete: everything that waits for it becomes due. */
  end(source = 0): void {
    const entrance = this.#entrances[source]
    if (entrance.hasEnded) return
    entrance.pipeline.time.setLong('wm', MAX_TIME)
    this.#executor.beginAdvance(entrance.id)
    entrance.hasEnded = true
    this.#rounds.ended()
    this.#align()
  }

  /** Has the input of all sources ended? */
  get hasEnded(): boolean {
    return this.#entrances.every(({ hasEnded }) => hasEnded)
  }

  hasEndedAt(source: number): boolean {
    return this.#entrances[source].hasEnded
  }

  /** The watermark of a source. */
  watermarkOf(source: number): bigint {
    return this.#entrances[source].watermark
  }

  /** When that was last seen to move, in milliseconds since 1970. */
  movedMs(source: number): number {
    return this.#entrances[source].movedMs
  }

  #look(): void {
    const now = this.#options.clock.now()
    for (const entrance of this.#entrances) entrance.look(now)
  }

  /** Hands out all results that wait. */
  flush(): void {
    this.#executor.flush()
  }

  get counters(): Counters {
    const sum = (field: string): bigint =>
      this.#pipelines.reduce((all, one) => all + one.control.getLong(field), 0n)
    return {
      rowsIn: this.#entrances.reduce((all, { pipeline }) => all + pipeline.control.getLong('first_row'), 0n),
      rowsOut: BigInt(this.#rowsOut),
      late: sum('late_dropped'),
      nullTime: sum('null_time_dropped'),
      drifted: this.#pipelines.reduce((all, { drift }) => all + (drift?.getLong('dropped') ?? 0n), 0n),
      faulty: sum('error_dropped'),
    }
  }

  #handOut(rows: number): void {
    this.#rowsOut += rows
    const reader = this.#readers[this.#readers.length - 1]
    this.#options.outlets.result(reader.take(rows, this.#batch, this.#from, this.#options.mode))
  }

  #handOutSides(pipeline: number, late: number, errors: number): void {
    const { outlets } = this.#options
    const memory = batchMemory(this.#pipelines[pipeline])
    const { operators } = this.#pipelines[pipeline].program
    const rowsOf = (rows: Int32Array): RecordBatch => this.#inputRows(pipeline, rows)
    if (late > 0) outlets.late(rowsOf(viewField(memory, 'late', 'row', 'i32', late).slice()))
    if (errors > 0) outlets.faulty(readFaults({ memory, errors, operators, rowsOf }))
  }

  /** Picks rows of what a pipeline reads: the batch under way, or the output of the pipeline before. */
  #inputRows(pipeline: number, rows: Int32Array): RecordBatch {
    const from = this.#executor.readBy(pipeline)
    if (from === NONE) {
      const batch = this.#batch
      if (!batch) throw new Error('rows of a batch that is gone')
      return gatherRows(batch, rows, this.#from)
    }
    const rowsThere = this.#pipelines[from].control.get('out_rows')
    return pickRows(this.#readers[from].take(rowsThere, undefined, 0, 'copy'), rows)
  }
}

const batchMemory = ({ memory, program }: Pipeline): BatchMemory => ({
  placement: memory.placement,
  mems: new Map(program.regions.map(({ mem }) => [mem.name, mem])),
})

const sourceDrifts = (source: string, group: string): MillraceError =>
  new MillraceError('LDB-2009', `source '${source}' is too far ahead of the others of group '${group}'`)
