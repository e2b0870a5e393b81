/**
 * Warms the kernels of an instance before its first row: compiles them, and runs them on rows that nobody sent, a
 * little at a time, until V8 has made its best code of them. Each piece of work leaves the instance as it found it.
 */
import type { RecordBatch } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import type { Kernel } from '../../ir/kernel/node.ts'
import {
  type BatchShape,
  type Limits,
  type PipelineProgram,
  type PlanProgram,
  sourcePipelines,
} from '../../ir/physical/program.ts'
import type { Runner } from '../../runtime/dag/runner.ts'
import type { Part } from '../tiers.ts'

/** A batch for a source, by its number. */
export interface SourceBatch {
  readonly source: number
  readonly batch: RecordBatch
}

/** What a warm-up may do with an instance. */
export interface WarmUpParts {
  readonly program: PlanProgram
  /** Links a core kernel, or the one that takes a shape of batch. */
  readonly link: (pipeline: PipelineProgram, part: Part) => void
  /** Runs the work on a runner of its own, whose traces are wiped afterwards. */
  readonly apart: (work: (runner: Runner) => void) => void
  /** Makes the instance ready again for rows that count; done at the latest when they come. */
  readonly restore: () => void
  /** What is pushed in each round. */
  readonly batches: () => readonly SourceBatch[]
}

/** Rows of a batch of a warm-up: few enough for a millisecond in code that is not compiled yet. */
export const WARM_ROWS = 128
/** Rounds of a warm-up: enough for V8 to compile the kernels of one. */
const ROUNDS = 64

/**
 * The part of its memory that a warm-up may touch. A dictionary comes whole, however few the rows: with no room for it
 * the rows would be of another shape.
 */
export const narrowLimits = (limits: Limits): Limits => ({
  ...limits,
  batchRows: Math.min(limits.batchRows, WARM_ROWS),
  outputRows: Math.min(limits.outputRows, WARM_ROWS),
  dictionaryRows: Math.min(limits.dictionaryRows, 1 << 12),
  columnBytes: Math.min(limits.columnBytes, 1 << 16),
  scratchBytes: Math.min(limits.scratchBytes, 1 << 14),
  stateRows: Math.min(limits.stateRows, 1 << 9),
  stateBytes: Math.min(limits.stateBytes, 1 << 14),
})

export class WarmUp {
  readonly #parts: WarmUpParts
  readonly #steps: Iterator<void>

  constructor(parts: WarmUpParts) {
    this.#parts = parts
    this.#steps = this.#all()
  }

  /** Does a piece of work of about a millisecond; false when all is done. */
  step(): boolean {
    return !this.#steps.next().done
  }

  *#all(): Generator<void, void> {
    const { program, batches, apart, restore } = this.#parts
    const samples = batches()
    yield
    const shapes: { readonly source: number; readonly shape: BatchShape }[] = []
    const accept = (runner: Runner): void => {
      for (const { source, batch } of samples)
        shapes.push({ source, shape: runner.accept(batch, source).shape })
    }
    if (!this.#try(() => apart(accept))) return
    const sources = sourcePipelines(program)
    for (const pipeline of program.pipelines) {
      const own = shapes.filter(({ source }) => sources[source] === pipeline)
      yield* this.#compile(
        pipeline,
        own.map(({ shape }) => shape),
      )
    }
    for (let round = 0; round < ROUNDS; round++) {
      yield
      if (!this.#try(() => apart(runner => runRound(runner, samples)))) return
    }
    yield
    restore()
  }

  /** One kernel after the other, in two pieces: the kernel itself, and code for it. */
  *#compile(pipeline: PipelineProgram, shapes: readonly BatchShape[]): Generator<void, void> {
    const core = pipeline.kernels.map((kernel): [Kernel, Part] => [kernel, kernel.name])
    const pushes = shapes.map(shape => [pipeline.push(shape), shape] as const)
    for (const [kernel, part] of [...core, ...pushes]) {
      yield lookAt(kernel)
      yield this.#parts.link(pipeline, part)
    }
  }

  /** The rows of a user may be too many or too long for the room there is: then they have been warm-up enough. */
  #try(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      if (error instanceof MillraceError) return false
      throw error
    }
  }
}

/** A kernel is finished when its body is asked for. */
const lookAt = ({ body }: Kernel): void => void body

function runRound(runner: Runner, batches: readonly SourceBatch[]): void {
  for (const { source, batch } of batches) {
    runner.begin(runner.accept(batch, source), source)
    runner.drain()
  }
  runner.sources.forEach((_, source) => {
    runner.end(source)
    runner.drain()
  })
}
