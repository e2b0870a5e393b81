/** One run of a plan, or of a variant of it, batch by batch with the time of each kernel taken. */
import type { RecordBatch } from 'apache-arrow'
import type { Tier } from '../../ir/abi.ts'
import { MillraceError } from '../../ir/errors.ts'
import type { BatchShape } from '../../ir/physical/program.ts'
import { KernelProfile } from '../../runtime/dag/meter.ts'
import type { Runner } from '../../runtime/dag/runner.ts'
import { systemClock } from '../../runtime/time/clock.ts'
import type { CompiledPlan } from '../compiled-plan.ts'
import { Callbacks } from '../run/callbacks.ts'
import { Instance } from '../run/instance.ts'
import type { Diagnostic, OpenOptions } from '../run/options.ts'
import type { QueryParams } from '../run/params.ts'

export interface ProbeOptions {
  readonly plan: CompiledPlan
  readonly params: QueryParams
  readonly open: OpenOptions
  /** Gets the results, valid during the call. */
  readonly onResult?: ((batch: RecordBatch) => void) | undefined
}

export class Probe {
  readonly plan: CompiledPlan
  readonly profile = new KernelProfile()
  readonly diagnostics: Diagnostic[] = []
  readonly #callbacks: Callbacks
  readonly #instance: Instance
  #ms = 0

  constructor({ plan, params, open, onResult = () => {} }: ProbeOptions) {
    this.plan = plan
    this.#callbacks = new Callbacks(onResult, {
      ...open,
      onDiagnostic: diagnostic => this.diagnostics.push(diagnostic),
    })
    this.#instance = new Instance({ plan, params, open, callbacks: this.#callbacks, mode: 'view' })
  }

  get runner(): Runner {
    return this.#instance.runner
  }

  /** The tier of the last batch. */
  get tier(): Tier {
    return this.#instance.tier
  }

  /** Milliseconds of all that was done with batches: checks, loading, kernels, handing out. */
  get ms(): number {
    return this.#ms
  }

  /** Goes on with another tier from the next batch on. For tests: what is measured stays on one. */
  want(tier: Tier): void {
    this.#instance.want(tier)
  }

  /** Takes a batch, after making what code it needs; resolves to its shape. */
  async push(batch: RecordBatch, source = 0): Promise<BatchShape> {
    const { runner } = this
    const accepted = this.#timed(() => runner.accept(batch, source))
    await this.#instance.prepare(accepted.shape, source)
    this.#work(() => runner.begin(accepted, source))
    return accepted.shape
  }

  /** A source falls silent. For tests: what is analysed has one. */
  idle(source: number): void {
    this.#work(() => this.runner.idle(source))
  }

  /** The input is complete. */
  end(): void {
    for (const source of this.runner.sources.keys()) this.#work(() => this.runner.end(source))
  }

  #work(begin: () => void): void {
    const { runner } = this
    this.#instance.switchTier()
    runner.measure(this.profile)
    this.#timed(() => {
      begin()
      runner.drain()
    })
    const error = this.#callbacks.takeError()
    if (error) throw error
    if (runner.lookups.isWaiting)
      throw new MillraceError('LDB-1001', 'an analysis with a table that answers by promises', {
        fix: 'give it one that answers at once: memoryTable(..)',
      })
  }

  #timed<T>(work: () => T): T {
    const start = systemClock.now()
    const result = work()
    this.#ms += systemClock.now() - start
    return result
  }
}
