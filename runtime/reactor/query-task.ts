/** A running query as a task of the reactor: from its sources, through the runner, to whoever takes the results. */
import type { RecordBatch } from 'apache-arrow'
import type { BatchShape } from '../../ir/physical/program.ts'
import type { Runner } from '../dag/runner.ts'
import type { AcceptedBatch } from '../io/arrow/door.ts'
import { Signal } from '../streaming/signal.ts'
import type { Sources, Taken } from '../streaming/sources.ts'
import type { Budget } from './budget.ts'
import type { Task } from './reactor.ts'

/** Where results go; while it has no room, no more rows are pushed. */
export interface Taker {
  readonly hasRoom: boolean
}

export interface QueryTaskOptions {
  readonly runner: Runner
  readonly sources: Sources<RecordBatch>
  readonly taker: Taker
  /** Brings kernels for a shape that was not seen before; the batch waits for it. */
  readonly prepare: (shape: BatchShape, source: number) => Promise<void> | undefined
  /** Takes a batch that the door refused; without it such a batch ends the query. */
  readonly onRefused: ((error: unknown, batch: RecordBatch) => void) | undefined
  /** What a callback of the user threw since it was last asked for: it ends the query. */
  readonly takeError: () => unknown
  /** Called once, with the error if there was one. */
  readonly onEnd: (error: unknown) => void
}

export class QueryTask implements Task {
  readonly changed = new Signal()
  /** Has the clock struck since the runner last looked at it? */
  #hasStruck = false
  readonly #options: QueryTaskOptions
  #done = false
  #ended = false
  /** A batch that waits for its kernels. */
  #held: Taken<AcceptedBatch> | undefined
  #isHolding = false

  constructor(options: QueryTaskOptions) {
    this.#options = options
  }

  get isDone(): boolean {
    return this.#done
  }

  get isReady(): boolean {
    if (this.#done) return false
    const { runner, sources, taker } = this.#options
    if (!taker.hasRoom || this.#isHolding) return false
    const hasInput = sources.hasBatch || sources.wantsMore || (this.#hasToEnd && !this.#isWaiting)
    return runner.isBusy || hasInput || this.#hasStruck || this.#held !== undefined
  }

  /** The clock passed a time that the query waits for. */
  tick(): void {
    this.#hasStruck = true
    this.changed.notify()
  }

  wait(): Promise<void> {
    return this.changed.wait()
  }

  poll(): void {
    if (!this.#done) this.#options.sources.poll()
  }

  push(budget: Budget): void {
    this.#guard(() => {
      while (this.#mayGoOn(budget)) {
        if (this.#options.runner.isBusy) this.#options.runner.step()
        else if (!this.#beginNext()) return
      }
    })
  }

  /** A source that has ended raises the watermark to the end of time; one that failed or was cancelled does not. */
  advance(): void {
    const { runner, sources } = this.#options
    if (this.#done || this.#ended || this.#held || runner.isBusy || this.#isHolding) return
    if (this.#hasStruck) {
      this.#hasStruck = false
      this.#guard(() => {
        this.#keepAwake()
        runner.tick()
      })
      return
    }
    if (sources.error !== undefined) this.#ended = sources.areDrained
    else {
      const drained = sources.drained.find(source => !runner.hasEndedAt(source))
      if (drained !== undefined) this.#guard(() => runner.end(drained))
      this.#ended = runner.hasEnded
    }
  }

  /** Has a source ended that the runner does not know of yet, or have all? */
  get #hasToEnd(): boolean {
    const { runner, sources } = this.#options
    return sources.areDrained || sources.drained.some(source => !runner.hasEndedAt(source))
  }

  /** Has all come, and waits for nothing but tables? A source that has failed waits for nobody. */
  get #isWaiting(): boolean {
    const { runner, sources } = this.#options
    return this.#ended && sources.error === undefined && runner.lookups.isWaiting
  }

  fire(budget: Budget): void {
    this.#guard(() => {
      while (this.#options.runner.isBusy && this.#mayGoOn(budget)) this.#options.runner.step()
    })
  }

  /** Results wait only for the turn to end. */
  emit(): void {
    const { runner, sources } = this.#options
    if (this.#done) return
    this.#guard(() => runner.flush())
    if (this.#ended && !runner.isBusy && !this.#isWaiting) this.finish(sources.error)
  }

  /** Ends the query, with an error or without. */
  finish(error: unknown): void {
    if (this.#done) return
    this.#done = true
    this.#options.sources.cancel().catch(() => {})
    this.#options.onEnd(error)
    this.changed.notify()
  }

  #mayGoOn(budget: Budget): boolean {
    this.#heedCallbacks()
    return !this.#done && !this.#isHolding && this.#options.taker.hasRoom && budget.spend()
  }

  /** Rows that wait for their turn have come: their source is not idle. */
  #keepAwake(): void {
    const { runner, sources } = this.#options
    for (const source of sources.waiting) runner.stayAwake(source)
  }

  #beginNext(): boolean {
    const { runner, sources, prepare } = this.#options
    this.#keepAwake()
    const held = this.#held
    if (held) {
      this.#held = undefined
      runner.begin(held.batch, held.source)
      return true
    }
    const taken = sources.take(source => runner.watermarkOf(source))
    if (!taken) return false
    const { source } = taken
    const batch = this.#accept(taken)
    if (!batch) return true
    const preparing = prepare(batch.shape, source)
    if (preparing) this.#hold({ source, batch }, preparing)
    else runner.begin(batch, source)
    return !preparing
  }

  /** Nothing of a refused batch was taken: the query can go on without it. */
  #accept({ batch, source }: Taken<RecordBatch>): AcceptedBatch | undefined {
    const { runner, onRefused } = this.#options
    try {
      return runner.accept(batch, source)
    } catch (error) {
      if (!onRefused) throw error
      onRefused(error, batch)
      return undefined
    }
  }

  #hold(taken: Taken<AcceptedBatch>, preparing: Promise<void>): void {
    this.#held = taken
    this.#isHolding = true
    preparing
      .catch(error => this.finish(error))
      .finally(() => {
        this.#isHolding = false
        this.changed.notify()
      })
  }

  #guard(work: () => void): void {
    if (this.#done) return
    try {
      work()
    } catch (error) {
      this.#fail(error)
    }
    this.#heedCallbacks()
  }

  #heedCallbacks(): void {
    const error = this.#options.takeError()
    if (error !== undefined) this.finish(error)
  }

  /** What was finished before a failure comes before it. */
  #fail(error: unknown): void {
    const { runner } = this.#options
    try {
      if (!runner.isBusy) runner.flush()
    } finally {
      this.finish(error)
    }
  }
}
