/** A query that is pushed into: rows in, results out before the call returns. The lowest latency there is. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { Counters } from '../../runtime/dag/runner.ts'
import { Signal } from '../../runtime/streaming/signal.ts'
import type { Ticker } from '../../runtime/time/ticker.ts'
import { didYouMean } from '../frontend/builder/did-you-mean.ts'
import type { Callbacks } from './callbacks.ts'
import type { Instance } from './instance.ts'
import { LiveSource, type Pushable } from './live-source.ts'
import type { QueryMetrics } from './metrics.ts'
import { warmQueue } from './warm-queue.ts'
import type { SourceBatch, WarmUp } from './warm-up.ts'
import type { SourceWatermark } from './watermarks.ts'

/** An open query: rows are pushed in, results reach the callback before the push returns. */
export class LiveQuery {
  readonly #instance: Instance
  readonly #callbacks: Callbacks
  readonly #sources: readonly LiveSource[]
  readonly #changed = new Signal()
  #closed = false
  /** Has nothing happened to it yet? */
  #isFresh = true
  /** Waits for its turn while the query stands idle. */
  readonly #warmUp: WarmUp | undefined
  /** Wakes the query while nothing is pushed, where it has to do with processing time. */
  readonly #ticker: Ticker | undefined
  /** What went wrong when the clock woke it, where nobody is there to be told: the next call throws it. */
  #untold: unknown
  #isWorking = false

  /** @internal */
  constructor(instance: Instance, callbacks: Callbacks, warmsUp: boolean) {
    this.#instance = instance
    this.#callbacks = callbacks
    this.#sources = instance.sources.map((_, number) => this.#sourceAt(number))
    this.#warmUp = warmsUp ? instance.warmUp() : undefined
    if (this.#warmUp) warmQueue.add(this.#warmUp)
    this.#ticker = instance.ticker(() => this.#alarm())
    instance.onAnswer = () => this.#answered()
  }

  #sourceAt(number: number): LiveSource {
    return new LiveSource({
      instance: this.#instance,
      number,
      ...this.#instance.sources[number],
      check: () => this.#checkOpen(),
      changed: this.#changed,
      warm: batches => this.#warm(batches),
      work: what => {
        this.#begin()
        this.#work(what)
      },
    })
  }

  /** What was warmed is warm: the rest will be by real rows. */
  #begin(): void {
    if (!this.#isFresh) return
    this.#isFresh = false
    if (this.#warmUp) warmQueue.delete(this.#warmUp)
  }

  /**
   * Takes rows and hands out all results that they make due. Throws where they are not acceptable (none of them was
   * taken) or a limit is reached (`counters.rowsIn` says how far it came); the next good batch is welcome. What a
   * callback throws comes out as LDB-5004 when all is done: the rows were taken.
   */
  push(input: Pushable): void {
    this.#only.push(input)
  }

  /** A source by its name, of a query that may read several. LDB-5010 where there is none of that name. */
  source(name: string): LiveSource {
    const found = this.#sources.find(one => one.name === name)
    if (found) return found
    const names = this.#sources.map(one => one.name)
    throw new MillraceError('LDB-5010', `the query reads no source '${name}'`, {
      fix: didYouMean(name, names),
    })
  }

  /** The source of a query that reads one. */
  get #only(): LiveSource {
    const [first, ...others] = this.#sources
    if (others.length === 0) return first
    const names = this.#sources.map(({ name }) => `'${name}'`)
    throw new MillraceError('LDB-0001', `the query reads several sources: ${names.join(', ')}`, {
      fix: `say which: live.source(${names[0]}).push(...)`,
    })
  }

  /**
   * Makes ready for the first rows: native code where that is wanted, else the best that V8 makes of the generated
   * code. Rows like those to come make it sure that just what they need is ready; none of them is taken. A query
   * that has taken rows is as warm as they made it: only native code for rows like these is waited for.
   */
  async warm(input?: Pushable): Promise<Tier> {
    return input ? this.#only.warm(input) : this.#warm([])
  }

  async #warm(batches: readonly SourceBatch[]): Promise<Tier> {
    this.#checkOpen()
    for (const { batch, source } of batches) {
      await this.#instance.prepare(this.#instance.runner.accept(batch, source).shape, source)
    }
    this.#instance.switchTier()
    const warmUp = this.#isFresh ? this.#instance.warmUp(batches) : undefined
    while (warmUp && this.#isFresh && warmUp.step()) await nextTurn()
    return this.#instance.tier
  }

  /**
   * Goes on with another engine from the next call on, the state where it is. Native code that is not there yet is
   * made while JavaScript runs; `warm` waits for it. Returns the tier that is next. For tests, benches and policies.
   */
  switchTo(tier: Tier): Tier {
    this.#checkOpen()
    this.#work(() => this.#instance.want(tier))
    return this.#instance.tier
  }

  /** Promises that no row before this time is still to come, in ticks of the time column. */
  advanceTo(time: bigint): void {
    this.#only.advanceTo(time)
  }

  /**
   * Looks at the clock, and hands out what is due by processing time. An open query does so by itself, at every multiple of
   * its periods and before each push; what goes wrong on such an occasion is thrown by the next call.
   */
  tick(): void {
    this.#checkOpen()
    this.#begin()
    this.#work(() => {
      this.#instance.runner.tick()
      this.#instance.runner.drain()
    })
  }

  /** The clock may not interrupt a callback, which is in the middle of a step: another alarm comes. */
  #alarm(): void {
    if (this.#instance.runner.hasEnded) this.#ticker?.stop()
    if (this.#instance.runner.hasEnded || this.#callbacks.isRunning) return
    try {
      this.tick()
    } catch (error) {
      this.#untold ??= error
    }
  }

  /** A table has answered: hands out what waited for it. What goes wrong then is thrown by the next call. */
  #answered(): void {
    if (this.#isWorking || this.#closed) return
    try {
      this.#work(() => this.#instance.runner.drain())
    } catch (error) {
      this.#untold ??= error
    }
  }

  /** Resolves when no row waits for the answer of a table any more. Rejects with what went wrong meanwhile. */
  async settled(): Promise<void> {
    while (!this.#closed && this.#instance.runner.lookups.isWaiting) await this.#changed.wait()
    this.#tellWhatWentWrong()
  }

  /**
   * Rows of a table have changed, or there are others: rows that are pushed from now on ask again for these keys, which are objects
   * with the columns of its key. LDB-1101 where nothing is looked up in a table of that name.
   */
  invalidate(table: string, keys: readonly object[]): void {
    this.#checkOpen()
    this.#work(() => {
      this.#instance.runner.lookups.invalidate(table, keys)
      this.#instance.runner.drain()
    })
  }

  /** The input is complete: everything that waits is emitted; what waits for tables when they have answered: see `settled`. LDB-0005 for what is pushed afterwards. */
  end(): void {
    for (const source of this.#sources) source.end()
    this.#ticker?.stop()
  }

  /** A limit that was reached outweighs what a callback threw on the way. */
  #work(work: () => void): void {
    this.#tellWhatWentWrong()
    this.#isWorking = true
    try {
      this.#instance.switchTier()
      work()
    } catch (error) {
      this.#callbacks.takeError()
      throw error
    } finally {
      this.#isWorking = false
      this.#changed.notify()
    }
    const error = this.#callbacks.takeError()
    if (error) throw error
  }

  #tellWhatWentWrong(): void {
    const error = this.#untold
    this.#untold = undefined
    if (error !== undefined) throw error
  }

  /** The engine that runs the kernels now. */
  get tier(): Tier {
    return this.#instance.tier
  }

  /** Rows so far. */
  get counters(): Counters {
    return this.#instance.runner.counters
  }

  /** How far each source has come, and which of its partitions holds it back. */
  watermarks(): readonly SourceWatermark[] {
    return this.#instance.watermarks
  }

  /** Why it is not emitting: what each operator waits for, who holds its time back and since when, and what it keeps. */
  metrics(): QueryMetrics {
    return this.#instance.metrics
  }

  /** Forgets all state; what waits is not emitted. LDB-0004 for what is pushed afterwards. */
  close(): void {
    this.#closed = true
    this.#ticker?.stop()
    this.#begin()
    this.#callbacks.silence()
    this.#instance.runner.lookups.close()
    this.#changed.notify()
  }

  /** As `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close()
  }

  #checkOpen(): void {
    if (this.#closed) throw new MillraceError('LDB-0004', 'the query is closed')
    if (this.#callbacks.isRunning || this.#isWorking) {
      throw new MillraceError('LDB-0005', 'a callback may not call into its own query', {
        fix: 'wait until the call that is under way has returned',
      })
    }
  }
}
