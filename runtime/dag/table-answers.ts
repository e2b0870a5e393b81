/** Where the answers of tables enter a plan: a batch goes in when all that came before it has gone through. */
import type { AcceptedBatch } from '../io/arrow/door.ts'
import type { Entrance } from './entrance.ts'
import type { Executor } from './executor.ts'
import { Lookups, type LookupsParts } from './lookups.ts'

/** Answers on their way in: the first that is not loaded yet. */
interface Loaded {
  readonly door: Entrance
  readonly batch: AcceptedBatch
  next: number
}

export class TableAnswers {
  readonly lookups: Lookups
  /** By the number of the pipeline that takes them. */
  readonly #doors: ReadonlyMap<number, Entrance>
  #loaded: Loaded | undefined

  constructor(parts: LookupsParts, doors: readonly Entrance[]) {
    this.lookups = new Lookups(parts)
    this.#doors = new Map(doors.map(one => [one.id, one]))
  }

  get isUnderWay(): boolean {
    return this.#loaded !== undefined
  }

  /** Is there anything to do? */
  get isReady(): boolean {
    return this.isUnderWay || this.lookups.isReady
  }

  /** Brings some answers in; throws where a table has failed, which ends the query. */
  step(executor: Executor): void {
    this.#loaded ??= this.#next(executor)
    const loaded = this.#loaded
    if (!loaded) return
    const { door, batch, next } = loaded
    if (next >= batch.rows) {
      this.#loaded = undefined
      return
    }
    const rows = door.load(batch, next)
    loaded.next += rows
    executor.begin(door.pushFor(batch.shape), rows, door.id)
  }

  #next(executor: Executor): Loaded | undefined {
    try {
      const answers = this.lookups.take()
      const door = answers && this.#doors.get(answers.pipeline)
      return door && { door, batch: door.accept(answers.batch), next: 0 }
    } catch (error) {
      executor.fail(error)
      throw error
    }
  }

  abandon(): void {
    this.#loaded = undefined
  }

  forgetKernels(): void {
    for (const door of this.#doors.values()) door.forgetKernels()
  }
}
