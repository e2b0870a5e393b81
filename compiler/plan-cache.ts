/**
 * Plans that were compiled before, by the text of what was asked for. Plans that differ only in values share one
 * entry: its kernels, its generated text and its native code. The least recently used goes when there are too many.
 */
import { MillraceError } from '../ir/errors.ts'
import type { Value } from '../ir/expr/expr.ts'
import { type LogicalNode, printPlan } from '../ir/logical/index.ts'
import { resolveLimits } from '../runtime/memory/limits.ts'
import { CompiledPlan } from './compiled-plan.ts'
import { type CompileOptions, compilePlan, type StageTimes } from './driver.ts'
import { foldConstants } from './passes/logical/fold-constants.ts'
import { liftLiterals } from './passes/logical/lift-literals.ts'

/** Options of `compile` and `run`. */
export interface QueryOptions extends CompileOptions {
  /** Where compiled plans are kept; by default all of a process share one cache. */
  readonly cache?: PlanCache
}

/** What a plan cache has done since it was made. */
export interface PlanCacheCounters {
  /** Plans that were there. */
  readonly hits: number
  /** Plans that had to be compiled. */
  readonly misses: number
  /** Plans that went because there were too many. */
  readonly evictions: number
  /** Plans that are kept now. */
  readonly plans: number
  /** Plans that are kept at most. */
  readonly plansMax: number
  /** Milliseconds spent on plans that were not there, by stage. */
  readonly compileMs: StageTimes
}

/** What a cache gives for a stream. */
export interface Compiled {
  readonly plan: CompiledPlan
  /** Of all parameters, those of the stream and those that were literals in it. */
  readonly values: ReadonlyMap<string, Value>
  /** Was it there already? */
  readonly wasKept: boolean
}

/** Plans kept by default. One takes some hundred kilobytes. */
export const PLANS_MAX = 256

/**
 * Plans that were compiled before, found again by what was asked for, whatever the values in it. The least recently used
 * goes when there are too many.
 */
export class PlanCache {
  readonly #plansMax: number
  /** From the least recently used to the most. */
  readonly #plans = new Map<string, CompiledPlan>()
  readonly #counters = { hits: 0, misses: 0, evictions: 0 }
  #compileMs: StageTimes = { optimise: 0, lower: 0 }

  /** A cache of no plans compiles every time. LDB-0001 where the number is not a whole one. */
  constructor(plansMax: number = PLANS_MAX) {
    if (!Number.isSafeInteger(plansMax) || plansMax < 0) {
      throw new MillraceError('LDB-0001', `a plan cache for ${plansMax} plans`, { fix: 'use a whole number' })
    }
    this.#plansMax = plansMax
  }

  /** What it has done so far. */
  get counters(): PlanCacheCounters {
    const plans = this.#plans.size
    return { ...this.#counters, plans, plansMax: this.#plansMax, compileMs: this.#compileMs }
  }

  /**
   * The compiled form of a plan, and the values of all its parameters.
   * @internal
   */
  compile(plan: LogicalNode, params: ReadonlyMap<string, Value>, options: CompileOptions): Compiled {
    const lifted = liftLiterals(foldConstants(plan), new Set(params.keys()))
    const key = `${optionsText(options)}\n${printPlan(lifted.plan)}`
    const kept = this.#take(key)
    const found = kept ?? this.#compile(lifted.plan, options)
    this.#keep(key, found)
    return { plan: found, values: new Map([...params, ...lifted.values]), wasKept: kept !== undefined }
  }

  #take(key: string): CompiledPlan | undefined {
    const known = this.#plans.get(key)
    this.#counters[known ? 'hits' : 'misses']++
    this.#plans.delete(key)
    return known
  }

  #compile(plan: LogicalNode, options: CompileOptions): CompiledPlan {
    const compilation = compilePlan(plan, options)
    const { optimise, lower } = this.#compileMs
    const { times } = compilation
    this.#compileMs = { optimise: optimise + times.optimise, lower: lower + times.lower }
    return new CompiledPlan(compilation)
  }

  #keep(key: string, plan: CompiledPlan): void {
    this.#plans.set(key, plan)
    for (const oldest of this.#plans.keys()) {
      if (this.#plans.size <= this.#plansMax) return
      this.#plans.delete(oldest)
      this.#counters.evictions++
    }
  }
}

/** However they were written, options that mean the same have the same text. */
const optionsText = ({ faults = 'reject', limits }: CompileOptions): string =>
  JSON.stringify([faults, ...Object.values(resolveLimits(limits))])
