/** One source of an open query: where its rows come in, and what it says of its time. */
import type { RecordBatch, Table } from 'apache-arrow'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Schema } from '../../ir/schema.ts'
import { batchesOf } from '../../runtime/io/inputs.ts'
import type { Signal } from '../../runtime/streaming/signal.ts'
import type { Instance } from './instance.ts'
import type { SourceBatch } from './warm-up.ts'

/** What can be pushed at once: rows are objects that have the columns of the source. */
export type Pushable = RecordBatch | Table | readonly object[]

/** What a source may do with the query that it belongs to. */
export interface SourceParts {
  readonly instance: Instance
  /** Its number among the sources of the plan. */
  readonly number: number
  readonly name: string
  readonly schema: Schema
  /** Does work that hands out results. */
  readonly work: (what: () => void) => void
  /** Makes ready for batches like these. */
  readonly warm: (batches: readonly SourceBatch[]) => Promise<Tier>
  /** Throws where the query takes nothing. */
  readonly check: () => void
  /** Wakes whoever waits for something to happen to the query. */
  readonly changed: Signal
}

/** A source of a query that reads several: each has rows, a watermark and an end of its own. */
export class LiveSource {
  readonly #parts: SourceParts
  #isWaiting = false

  /** @internal */
  constructor(parts: SourceParts) {
    this.#parts = parts
  }

  /** Its name. */
  get name(): string {
    return this.#parts.name
  }

  /** As `push` of the query. LDB-2008 while it is paused, LDB-3013 while too many rows wait for tables: nothing was taken. */
  push(input: Pushable): void {
    const { instance, number, name, work } = this.#parts
    this.#checkTaking()
    if (instance.runner.lookups.isFull)
      throw new MillraceError('LDB-3013', `source '${name}' is held: too many rows wait for tables`)
    if (this.isPaused)
      throw new MillraceError(
        'LDB-2008',
        `source '${name}' is paused: others of its group are too far behind`,
      )
    const accepted = Array.from(this.#batches(input), batch => instance.runner.accept(batch, number))
    work(() => {
      for (const batch of accepted) {
        instance.prepare(batch.shape, number)
        instance.switchTier()
        instance.runner.begin(batch, number)
        instance.runner.drain()
      }
    })
  }

  /**
   * Does it take no more for now? It is too far ahead of the other sources of its group, where those are not to run ahead of each
   * other; or too many rows wait for tables.
   */
  get isPaused(): boolean {
    return this.#parts.instance.runner.isPaused(this.#parts.number)
  }

  /** As `push`, but waits while it is paused. One call at a time: LDB-0005 where another one waits. */
  async pushInTurn(input: Pushable): Promise<void> {
    const { name, changed } = this.#parts
    if (this.#isWaiting)
      throw new MillraceError('LDB-0005', `a push of source '${name}' waits already`, {
        fix: 'await each pushInTurn before the next',
      })
    this.#isWaiting = true
    try {
      for (this.#checkTaking(); this.isPaused; this.#checkTaking()) await changed.wait()
    } finally {
      this.#isWaiting = false
    }
    this.push(input)
  }

  /** Promises that no row of it before this time is still to come, in ticks of its time column. */
  advanceTo(time: bigint): void {
    const { instance, number, work } = this.#parts
    this.#checkTaking()
    if (typeof time !== 'bigint' || time !== BigInt.asIntN(64, time)) {
      throw new MillraceError('LDB-0001', `${String(time)} is no time to advance to`, {
        fix: 'pass a bigint of 64 bits, in ticks of the time column',
      })
    }
    work(() => {
      instance.runner.raiseWatermark(time, number)
      instance.runner.drain()
    })
  }

  /**
   * Nothing comes from it for now: it does not hold back the watermark of what it comes together with, until rows do come
   * from it; those may be late by then. Where all sources are idle, the one that is the furthest counts.
   */
  idle(): void {
    const { instance, number, work } = this.#parts
    this.#checkTaking()
    work(() => {
      instance.runner.idle(number)
      instance.runner.drain()
    })
  }

  /** Its input is complete. LDB-0005 for what is pushed afterwards. */
  end(): void {
    const { instance, number, check, work } = this.#parts
    check()
    work(() => {
      instance.runner.end(number)
      instance.runner.drain()
    })
  }

  /** Makes ready for rows like these, none of which is taken: as `warm` of the query. */
  warm(input: Pushable): Promise<Tier> {
    return this.#parts.warm(
      Array.from(this.#batches(input), batch => ({ source: this.#parts.number, batch })),
    )
  }

  #batches(input: Pushable): Iterable<RecordBatch> {
    const batches = batchesOf(input, this.#parts.schema)
    if (Symbol.iterator in batches) return batches
    throw new MillraceError('LDB-0001', 'a live query takes batches, tables and arrays of rows', {
      fix: 'use run() for streams',
    })
  }

  #checkTaking(): void {
    const { instance, number, name, check } = this.#parts
    check()
    if (!instance.runner.hasEndedAt(number)) return
    const what = instance.sources.length > 1 ? `source '${name}'` : 'this query'
    throw new MillraceError('LDB-0005', `the input of ${what} has ended`, { fix: 'open the query again' })
  }
}
