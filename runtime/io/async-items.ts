/**
 * An asynchronous source read item by item. It can be asked whether it is idle, and given up at any time, even
 * while its next item is awaited: a stream that never yields again would else hold its reader for ever.
 */
import { MillraceError } from '../../ir/errors.ts'

type Step = IteratorResult<unknown, unknown>

/** What an asynchronous source must be able to do. */
export interface AsyncSource {
  next(): Promise<Step>
  /** Releases the source; it will not be asked again. */
  release(): unknown
}

/** The source has no item ready in this turn of the event loop. */
export const IDLE = Symbol('idle')

const END: Step = { done: true, value: undefined }

export const readError = (cause: unknown): MillraceError =>
  cause instanceof MillraceError
    ? cause
    : new MillraceError('LDB-5003', `the source failed: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      })

export class AsyncItems {
  readonly #source: AsyncSource
  /** The item that was asked for and not handed on yet. */
  #pending: Promise<Step> | undefined
  #isEnded = false
  #isCancelled = false
  #giveUp: () => void = () => {}

  constructor(source: AsyncSource) {
    this.#source = source
  }

  /** Was it given up before its end? */
  get isCancelled(): boolean {
    return this.#isCancelled
  }

  async next(): Promise<Step> {
    const step = await this.#await(false)
    if (step === IDLE) throw new Error('an item was awaited and the source called idle')
    return step
  }

  /** The next item, or IDLE where it did not come before the event loop turned; it is not lost then. */
  nextOrIdle(): Promise<Step | typeof IDLE> {
    return this.#await(true)
  }

  async #await(mayBeIdle: boolean): Promise<Step | typeof IDLE> {
    if (this.#isEnded) return END
    this.#pending ??= this.#pull()
    const step = await this.#race(this.#pending, mayBeIdle)
    if (step === IDLE) return IDLE
    this.#pending = undefined
    if (step.done) this.#isEnded = true
    return step
  }

  #race(pending: Promise<Step>, mayBeIdle: boolean): Promise<Step | typeof IDLE> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => resolve(END)
      const turn = mayBeIdle ? setImmediate(() => resolve(IDLE)) : undefined
      pending.then(resolve, reject).finally(() => clearImmediate(turn))
    })
  }

  async #pull(): Promise<Step> {
    try {
      return await this.#source.next()
    } catch (error) {
      this.#isEnded = true
      throw readError(error)
    }
  }

  /** Ends the items and releases the source. What is awaited ends; errors of the release are the source's own. */
  async cancel(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#isCancelled = true
    const isAsked = this.#pending !== undefined
    const released = (async () => this.#source.release())().catch(() => {})
    this.#giveUp()
    if (!isAsked) await released
  }
}
