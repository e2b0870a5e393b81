/**
 * Results on their way to an asynchronous reader: a bounded queue. While it is full the reactor pushes nothing, so
 * that a slow reader slows the sources down; a reader that waits is woken by the next batch.
 */
import { Signal } from '../streaming/signal.ts'

/** Batches that wait for the reader; a kernel may add the few that one step makes. */
export const OUTPUT_BATCHES_MAX = 16

export class Output<B> implements AsyncIterableIterator<B> {
  readonly #waiting: B[] = []
  readonly #arrived = new Signal()
  readonly #onTaken: () => void
  readonly #onCancel: () => void
  #closed = false
  #error: unknown

  constructor(onTaken: () => void, onCancel: () => void) {
    this.#onTaken = onTaken
    this.#onCancel = onCancel
  }

  get hasRoom(): boolean {
    return this.#waiting.length < OUTPUT_BATCHES_MAX
  }

  add(batch: B): void {
    if (this.#closed) return
    this.#waiting.push(batch)
    this.#arrived.notify()
  }

  /** No more batches come; an error is thrown to the reader behind the last of them. */
  close(error?: unknown): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#arrived.notify()
  }

  async next(): Promise<IteratorResult<B>> {
    while (this.#waiting.length === 0 && !this.#closed) await this.#arrived.wait()
    const batch = this.#waiting.shift()
    if (batch !== undefined) {
      this.#onTaken()
      return { done: false, value: batch }
    }
    if (this.#error === undefined) return { done: true, value: undefined }
    const error = this.#error
    this.#error = undefined
    throw error
  }

  /** Ends at once: batches that wait are dropped. */
  abort(error?: unknown): void {
    this.#waiting.length = 0
    this.close(error)
  }

  /** The reader stops: so does the query. */
  async return(): Promise<IteratorResult<B>> {
    this.abort()
    this.#onCancel()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
