/**
 * A source as the reactor sees it: batches are asked for ahead of need, up to a named limit, and none beyond. A
 * source that is slower than the engine is waited for; one that is faster is simply not asked.
 */
import { MillraceError } from '../../ir/errors.ts'

/** Batches that wait for the engine at most. */
export const FEED_BATCHES_MAX = 4

export type BatchSource<B> = AsyncIterator<B> | Iterator<B>

export class Feed<B> {
  readonly #source: BatchSource<B>
  readonly #onChange: () => void
  readonly #waiting: B[] = []
  #asked = false
  #ended = false
  /** The source is running right now: it cannot be told anything. */
  #isInside = false
  #isCancelled = false
  #error: unknown

  constructor(source: BatchSource<B>, onChange: () => void) {
    this.#source = source
    this.#onChange = onChange
  }

  /** Asks for one more batch where there is room and nothing is on its way. */
  poll(): void {
    while (this.wantsMore) if (!this.#ask()) return
  }

  /** Would `poll` ask the source? */
  get wantsMore(): boolean {
    return !this.#asked && !this.#ended && this.#waiting.length < FEED_BATCHES_MAX
  }

  /** Asks once; false where the answer comes later. */
  #ask(): boolean {
    try {
      const answer = this.#next()
      if (!(answer instanceof Promise)) {
        this.#take(answer)
        return true
      }
      this.#asked = true
      answer.then(
        result => this.#arrived(() => this.#take(result)),
        error => this.#arrived(() => this.#fail(error)),
      )
    } catch (error) {
      this.#fail(error)
    }
    return false
  }

  /** A source that has its own query cancelled while it is asked is told when it has answered. */
  #next(): ReturnType<BatchSource<B>['next']> {
    this.#isInside = true
    try {
      return this.#source.next()
    } finally {
      this.#isInside = false
      if (this.#isCancelled) this.cancel().catch(() => {})
    }
  }

  #arrived(settle: () => void): void {
    this.#asked = false
    settle()
    this.#onChange()
  }

  #take(result: IteratorResult<B>): void {
    if (result.done || this.#isCancelled) this.#ended = true
    else this.#waiting.push(result.value)
  }

  #fail(error: unknown): void {
    this.#ended = true
    const reason = error instanceof Error ? error.message : String(error)
    this.#error =
      error instanceof MillraceError
        ? error
        : new MillraceError('LDB-5003', `the source failed: ${reason}`, { cause: error })
  }

  take(): B | undefined {
    return this.#waiting.shift()
  }

  get hasBatch(): boolean {
    return this.#waiting.length > 0
  }

  /** Has the source ended, and was everything taken? */
  get isDrained(): boolean {
    return this.#ended && this.#waiting.length === 0
  }

  /** What the source failed with; everything before it is still to be taken. */
  get error(): unknown {
    return this.#error
  }

  /** Tells the source that no more is wanted. */
  async cancel(): Promise<void> {
    this.#ended = true
    this.#isCancelled = true
    this.#waiting.length = 0
    if (!this.#isInside) await this.#source.return?.()
  }
}
