/**
 * The sources of a query as the reactor sees them. Of those that have a batch ready the one whose watermark is the least
 * comes first: no source runs ahead of another that could be read. Equal ones come in the order of the plan. One that is
 * paused is neither asked nor read, unless a source has failed: then what the others have is read to its end.
 */
import type { Feed } from './feed.ts'
import { furthestBehind } from './furthest-behind.ts'

/** A batch and the number of its source. */
export interface Taken<B> {
  readonly source: number
  readonly batch: B
}

export class Sources<B> {
  readonly #feeds: readonly Feed<B>[]
  readonly #isHeldBack: (source: number) => boolean

  /** `isHeldBack`: is a source too far ahead of others to be read? */
  constructor(feeds: readonly Feed<B>[], isHeldBack: (source: number) => boolean = () => false) {
    this.#feeds = feeds
    this.#isHeldBack = isHeldBack
  }

  #isPaused(source: number): boolean {
    return this.#isHeldBack(source) && this.error === undefined
  }

  get #open(): readonly Feed<B>[] {
    return this.#feeds.filter((_, source) => !this.#isPaused(source))
  }

  /** Asks each source for one more batch where there is room and nothing is on its way. */
  poll(): void {
    for (const feed of this.#open) feed.poll()
  }

  get wantsMore(): boolean {
    return this.#open.some(feed => feed.wantsMore)
  }

  /** Is there a batch that may be taken now? */
  get hasBatch(): boolean {
    return this.#open.some(feed => feed.hasBatch)
  }

  /** The sources whose rows wait to be taken. */
  get waiting(): readonly number[] {
    return this.#feeds.flatMap((feed, source) => (feed.hasBatch ? [source] : []))
  }

  /** The next batch, if there is one; `watermarkOf` tells how far a source has come. */
  take(watermarkOf: (source: number) => bigint): Taken<B> | undefined {
    const ready = this.waiting.filter(one => !this.#isPaused(one))
    const source = furthestBehind(ready, watermarkOf)
    const batch = source === undefined ? undefined : this.#feeds[source].take()
    return source === undefined || batch === undefined ? undefined : { source, batch }
  }

  /** The sources that have ended, and of which everything was taken. */
  get drained(): readonly number[] {
    return this.#feeds.flatMap((feed, source) => (feed.isDrained ? [source] : []))
  }

  get areDrained(): boolean {
    return this.#feeds.every(feed => feed.isDrained)
  }

  /** What the first source that failed did so with; everything before it is still to be taken. */
  get error(): unknown {
    return this.#feeds.find(({ error }) => error !== undefined)?.error
  }

  /** Tells all sources that no more is wanted. */
  async cancel(): Promise<void> {
    await Promise.all(this.#feeds.map(feed => feed.cancel()))
  }
}
