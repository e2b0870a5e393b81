/**
 * Where the keys of one lookup are asked for: some at a time, so many questions at once, each again where it fails, until the
 * breaker opens. Each key is answered once.
 */
import type { WallClock } from '../time/clock.ts'
import { KeepAlive } from '../time/keep-alive.ts'
import { Breaker, type BreakerState } from './breaker.ts'
import { keyText } from './keys.ts'
import type { LookupAnswer, LookupSource, TableRow } from './lookup-source.ts'

/** How tables are asked. */
export interface LookupOptions {
  /** Questions that are under way at once for each lookup. Default: 4. */
  readonly concurrency?: number
  /** Milliseconds after which an answer that has not come is a failure. Default: 5,000. */
  readonly timeoutMs?: number
  /** Milliseconds before the first repetition; each further one waits twice as long. Default: 50. */
  readonly backoffMs?: number
  /**
   * What becomes of rows whose table has failed five times in a row, for 30 seconds: `'fail'` (default) ends the query with
   * LDB-3012; `'null'` takes their keys for ones that are not there, which is counted and not remembered.
   */
  readonly onFailure?: 'fail' | 'null'
}

const MAX_BATCH_DEFAULT = 500
const defaults = { concurrency: 4, timeoutMs: 5000, backoffMs: 50, onFailure: 'fail' } as const
const BACKOFF_DOUBLINGS_MAX = 8

export interface DeskParts {
  readonly source: LookupSource
  /** The columns of its key, and those that are read. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  readonly clock: WallClock
  readonly options: LookupOptions
  /** Takes the answer for some keys; undefined where the table has failed. */
  readonly answered: (keys: readonly TableRow[], answer: LookupAnswer | undefined) => void
  /** The table has failed for good. */
  readonly failed: (error: unknown) => void
}

/** What was asked of a table. */
export interface DeskCounters {
  /** Questions, each for some keys. */
  readonly questions: number
  /** Those that failed. */
  readonly failures: number
  /** Keys that were taken for missing because the table failed. */
  readonly givenUp: number
  /** Is the table left alone because it has failed? */
  readonly breaker: BreakerState
}

interface Question {
  readonly keys: readonly TableRow[]
  readonly abort: AbortController
  attempts: number
  /** Changes when an attempt is over: what it still says is nobody's. */
  run: number
}

export class Desk {
  readonly #parts: DeskParts
  readonly #breaker = new Breaker()
  readonly #waiting: TableRow[] = []
  /** Those that wait to be repeated. */
  readonly #failed: Question[] = []
  readonly #open = new Set<Question>()
  /** Keys under way whose answers do not count any more. */
  readonly #stale = new Set<string>()
  #underWay = 0
  #questions = 0
  #failures = 0
  #givenUp = 0
  readonly #keepAlive = new KeepAlive()
  #isClosed = false
  #isGoingOn = false
  #lastError: unknown

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  get #options(): Required<LookupOptions> {
    return { ...defaults, ...this.#parts.options }
  }

  ask(keys: readonly TableRow[]): void {
    this.#waiting.push(...keys)
    this.#goOn()
  }

  /** Is anything still to be answered? */
  get isBusy(): boolean {
    return this.#waiting.length > 0 || this.#open.size > 0
  }

  /** What is on its way about these keys is out of date: they are asked for again. */
  invalidate(keys: readonly TableRow[]): void {
    for (const key of keys) this.#stale.add(this.#textOf(key))
  }

  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
    for (const { abort } of this.#open) abort.abort()
    this.#open.clear()
    this.#keepAlive.set(false)
  }

  get counters(): DeskCounters {
    const breaker = this.#breaker.stateAt(this.#parts.clock.now())
    const [questions, failures, givenUp] = [this.#questions, this.#failures, this.#givenUp]
    return { questions, failures, givenUp, breaker }
  }

  #textOf(key: TableRow): string {
    return keyText(this.#parts.key, key)
  }

  /** Asks as much as may be under way. */
  #goOn(): void {
    if (this.#isGoingOn) return
    this.#isGoingOn = true
    try {
      while (!this.#isClosed && this.#hasMore && this.#step()) {}
    } finally {
      this.#isGoingOn = false
      this.#keepAlive.set(this.isBusy)
    }
  }

  /** False where nothing more may be under way. */
  #step(): boolean {
    const state = this.#breaker.stateAt(this.#parts.clock.now())
    if (state === 'open') this.#giveUp()
    else if (this.#underWay >= (state === 'closed' ? this.#options.concurrency : 1)) return false
    else this.#put(this.#nextQuestion())
    return true
  }

  get #hasMore(): boolean {
    return this.#waiting.length > 0 || this.#failed.length > 0
  }

  #nextQuestion(): Question {
    const again = this.#failed.shift()
    if (again) return again
    const keys = this.#waiting.splice(0, this.#parts.source.maxBatch ?? MAX_BATCH_DEFAULT)
    const question = { keys, abort: new AbortController(), attempts: 0, run: 0 }
    this.#open.add(question)
    return question
  }

  /** One that answers at once is settled when this returns. */
  #put(question: Question): void {
    const { source, columns } = this.#parts
    this.#underWay++
    this.#questions++
    question.attempts++
    try {
      const answer = source.query(question.keys, { columns, signal: question.abort.signal })
      if (answer instanceof Promise) this.#awaitAnswer(question, answer)
      else this.#settle(question, answer)
    } catch (error) {
      this.#fail(question, error)
    }
  }

  #awaitAnswer(question: Question, answer: Promise<LookupAnswer>): void {
    const { clock } = this.#parts
    const { run } = question
    const isCurrent = (): boolean => question.run === run && this.#open.has(question)
    const late = (): void => {
      if (isCurrent()) this.#fail(question, new Error(`no answer after ${this.#options.timeoutMs} ms`))
    }
    const cancel = clock.at(clock.now() + this.#options.timeoutMs, late)
    answer.then(
      rows => {
        cancel()
        if (isCurrent()) this.#settle(question, rows)
      },
      error => {
        cancel()
        if (isCurrent()) this.#fail(question, error)
      },
    )
  }

  #settle(question: Question, answer: LookupAnswer): void {
    this.#underWay--
    this.#open.delete(question)
    this.#breaker.succeeded()
    const stale = question.keys.filter(key => this.#stale.delete(this.#textOf(key)))
    this.#waiting.push(...stale)
    const keys = stale.length > 0 ? question.keys.filter(key => !stale.includes(key)) : question.keys
    this.#parts.answered(keys, answer)
    this.#goOn()
  }

  #fail(question: Question, error: unknown): void {
    const { clock } = this.#parts
    this.#underWay--
    this.#failures++
    this.#breaker.failed(clock.now())
    this.#lastError = error
    const doublings = Math.min(question.attempts - 1, BACKOFF_DOUBLINGS_MAX)
    const again = (): void => {
      if (!this.#open.has(question)) return
      this.#failed.push(question)
      this.#goOn()
    }
    question.run++
    if (this.#breaker.stateAt(clock.now()) === 'open') again()
    else clock.at(clock.now() + this.#options.backoffMs * 2 ** doublings, again)
  }

  /** The table is left alone: what would be asked is not. */
  #giveUp(): void {
    const questions = this.#failed.splice(0)
    for (const question of questions) this.#open.delete(question)
    const keys = [...questions.flatMap(question => question.keys), ...this.#waiting.splice(0)]
    if (this.#options.onFailure === 'fail') {
      this.close()
      this.#parts.failed(this.#lastError)
      return
    }
    this.#givenUp += keys.length
    this.#parts.answered(keys, undefined)
  }
}
