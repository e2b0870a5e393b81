/**
 * The kernels of a plan in memory of their own, run through the executor of the runtime, with nothing of the engine
 * around them: no batches come in, and what comes out is counted. Rows are in the arena before anything is timed.
 */
import type { RecordBatch } from 'apache-arrow'
import type { CompiledProgram, Program } from '../../codegen/backend.ts'
import { interpret } from '../../codegen/interp/interpret.ts'
import { compileJs } from '../../codegen/js/link.ts'
import { compileNative } from '../../codegen/llvm/backend.ts'
import { type Columns, type Limits, PlanCache, type Stream, type Tier } from '../../compiler/index.ts'
import type { KernelFunction, Kernels } from '../../ir/abi.ts'
import type { PipelineProgram, PlanProgram } from '../../ir/physical/program.ts'
import type { Schema } from '../../ir/schema.ts'
import { Executor } from '../../runtime/dag/executor.ts'
import { Pipeline } from '../../runtime/dag/pipeline.ts'
import { type AcceptedBatch, BatchDoor } from '../../runtime/io/arrow/door.ts'
import type { BatchMemory, DoorMemory } from '../../runtime/io/arrow/memory.ts'
import { ResultReader } from '../../runtime/io/arrow/result.ts'
import { rowsOf } from '../../runtime/io/rows.ts'
import { type PipelineMemory, reservePlan } from '../../runtime/memory/arena.ts'
import { writeConstants, writeParams } from '../../runtime/memory/params.ts'
import type { Answer, Cell } from './answer.ts'

export interface KernelOptions {
  readonly stream: Stream<Columns>
  readonly tier: Tier
  readonly limits: Partial<Limits>
  /** Its first rows are loaded, as many as `limits.batchRows`. The kernels are specialised to its shape. */
  readonly batch: RecordBatch
}

/** Room for all state of a bench. With the default the system would soon refuse a process with so many instances. */
export const ARENA_BYTES = 2 ** 31

const MAX_TIME = (1n << 63n) - 1n

export class KernelInstance {
  readonly input: PipelineProgram['columns']
  readonly memory: DoorMemory
  readonly #schema: Schema
  readonly #executor: Executor
  readonly #pipeline: Pipeline
  readonly #push: KernelFunction
  readonly #reader: ResultReader
  readonly #accepted: AcceptedBatch
  readonly #collected: (readonly Cell[])[] = []
  #isCollecting = false
  /** Rows that came out since it was last set. */
  rowsOut = 0

  static async open(options: KernelOptions): Promise<KernelInstance> {
    const { node, params } = options.stream
    const compiled = new PlanCache().compile(node, params, { limits: options.limits })
    const { program, limits } = compiled.plan.compilation
    const [pipeline] = program.pipelines
    if (program.pipelines.length !== 1) throw new Error('kernels are timed one pipeline at a time')
    const plan = reservePlan(program, limits)
    writeConstants(plan, program)
    writeParams(plan, program, compiled.values)
    const running = new Pipeline(pipeline, plan, limits)
    const memory = doorMemory(pipeline, running.memory)
    const door = new BatchDoor(pipeline.columns, pipeline.input.schema, memory, limits)
    const accepted = door.accept(options.batch)
    door.load(accepted, 0)
    const push = pipeline.push(accepted.shape)
    const linked = await link(options.tier, { name: 'bench', kernels: [...pipeline.kernels, push] })
    const reader = new ResultReader(pipeline.output, memory, limits.outputRows)
    const kernels = linked.link(running.memory.placement)
    return new KernelInstance({ program, running, memory, kernels, push: push.name, reader, accepted })
  }

  private constructor(parts: Parts) {
    const { program, running, memory, kernels, push, reader, accepted } = parts
    this.input = program.pipelines[0].columns
    this.memory = memory
    this.#schema = program.schema
    this.#pipeline = running
    this.#reader = reader
    this.#accepted = accepted
    this.#executor = new Executor([running], {
      results: rows => this.#take(rows),
      sides: () => refuse('late or faulty'),
      requests: nothing,
      textsSwept: nothing,
    })
    running.install(kernels)
    this.#push = running.kernel(push)
    running.kernel('init')()
  }

  /** Takes rows `from` to `to` of the arena, as a batch. */
  run(from: number, to: number): void {
    const executor = this.#executor
    executor.begin(this.#push, to)
    this.#pipeline.control.set('cursor', from)
    while (executor.step());
    executor.flush()
  }

  /** Everything that waits comes out; afterwards the state is as it was in the beginning. */
  #end(): void {
    const executor = this.#executor
    this.#pipeline.time.setLong('wm', MAX_TIME)
    executor.beginAdvance()
    while (executor.step());
    executor.flush()
    this.#pipeline.kernel('init')()
  }

  /** What comes out while `feed` runs, and what waits then. */
  answer(feed: () => void): Answer {
    this.#isCollecting = true
    feed()
    this.#end()
    this.#isCollecting = false
    return this.#collected.splice(0)
  }

  #take(rows: number): void {
    this.rowsOut += rows
    if (!this.#isCollecting) return
    const batch = this.#reader.take(rows, this.#accepted, 0, 'copy')
    for (const row of rowsOf(this.#schema, batch)) this.#collected.push(Object.values(row) as Cell[])
  }
}

interface Parts {
  readonly program: PlanProgram
  readonly running: Pipeline
  readonly memory: DoorMemory
  readonly kernels: Kernels
  readonly push: string
  readonly reader: ResultReader
  readonly accepted: AcceptedBatch
}

/** Nothing outside of the state remembers ids of texts: no column comes as a dictionary. */
const nothing = (): void => {}

const refuse = (what: string): never => {
  throw new Error(`no row of a bench is ${what}`)
}

async function link(tier: Tier, program: Program): Promise<CompiledProgram> {
  if (tier === 'native') return compileNative(program)
  return tier === 'js' ? compileJs(program) : interpret(program)
}

function doorMemory({ regions }: PipelineProgram, { placement, areas }: PipelineMemory): DoorMemory {
  const memory: BatchMemory = { placement, mems: new Map(regions.map(({ mem }) => [mem.name, mem])) }
  const area = (found: ReturnType<typeof areas.columns.get>) => found ?? refuse('without an area')
  return {
    ...memory,
    columnArea: slot => area(areas.columns.get(slot)),
    dictionaryArea: slot => area(areas.dictionaries.get(slot)),
  }
}
