/**
 * The callbacks of a user, around an engine that must not be left half way through a step: what a callback throws is
 * kept until the engine stands still, and then reaches the caller. It must not know what the batches hold.
 */
import type { RecordBatch } from 'apache-arrow'
import { MillraceError } from '../../ir/errors.ts'
import type { FaultyRows } from '../../runtime/dag/faulty-rows.ts'
import type { RunnerOutlets } from '../../runtime/dag/runner.ts'
import type { Diagnostic, OutputOptions } from './options.ts'

export class Callbacks implements RunnerOutlets {
  readonly #onResult: (batch: RecordBatch) => void
  readonly #options: OutputOptions
  #error: MillraceError | undefined
  #isRunning = false
  #isSilent = false

  constructor(onResult: (batch: RecordBatch) => void, options: OutputOptions) {
    this.#onResult = onResult
    this.#options = options
  }

  /** Is the user's code running right now? The engine is in the middle of a step then. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  result(batch: RecordBatch): void {
    this.guard('the callback for results', () => this.#onResult(batch))
  }

  late(batch: RecordBatch): void {
    this.guard('onLate', () => this.#options.onLate?.(batch))
  }

  faulty(rows: FaultyRows): void {
    this.guard('onFaulty', () => this.#options.onFaulty?.(rows))
  }

  diagnostic(diagnostic: Diagnostic): void {
    this.guard('onDiagnostic', () => this.#options.onDiagnostic?.(diagnostic))
  }

  /** Calls a callback of the user. */
  guard(name: string, call: () => void): void {
    if (this.#isSilent) return
    this.#isRunning = true
    try {
      call()
    } catch (cause) {
      this.#failed(name, cause)
    } finally {
      this.#isRunning = false
    }
  }

  #failed(name: string, cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause)
    this.#error ??= new MillraceError('LDB-5004', `${name} threw: ${reason}`, { cause })
  }

  /** The first error since it was last asked for. */
  takeError(): MillraceError | undefined {
    const error = this.#error
    this.#error = undefined
    return error
  }

  /** Calls nobody any more. */
  silence(): void {
    this.#isSilent = true
  }
}
