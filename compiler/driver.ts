/** From a stream to a program: a list of stages. Explain shows what each of them made. */
import { MillraceError } from '../ir/errors.ts'
import type { LogicalNode } from '../ir/logical/index.ts'
import { checkHandedOut, sink } from '../ir/logical/sink.ts'
import { checkAlignments, checkPartitions, checkSources } from '../ir/logical/sources.ts'
import type { Limits, PlanProgram } from '../ir/physical/program.ts'
import { resolveLimits } from '../runtime/memory/limits.ts'
import { systemClock } from '../runtime/time/clock.ts'
import { lowerProgram } from './lower/program.ts'
import { optimisePlan } from './passes/logical/index.ts'
import { makeLenient } from './passes/logical/lenient.ts'

/** What decides the code of a plan. */
export interface CompileOptions {
  /**
   * What an overflow, a division by zero or a failed cast does: `reject` sends the row to the error output (the
   * default), `null` makes the value null; the columns it may happen in are then nullable at run time.
   */
  readonly faults?: 'reject' | 'null'
  /** Limits other than the default ones; a value out of its range is LDB-0001. */
  readonly limits?: Partial<Limits>
}

/** Milliseconds of each stage. */
export interface StageTimes {
  /** From the plan as it was written to the optimised one. */
  readonly optimise: number
  /** From there to kernels. */
  readonly lower: number
}

/** What every stage made of a plan. */
export interface Compilation {
  readonly logical: LogicalNode
  readonly optimised: LogicalNode
  readonly program: PlanProgram
  readonly limits: Limits
  /** Do faults make values null? */
  readonly lenient: boolean
  readonly times: StageTimes
}

export function compilePlan(stream: LogicalNode, options: CompileOptions = {}): Compilation {
  const limits = resolveLimits(options.limits)
  const lenient = lenientOf(options)
  checkHandedOut(stream)
  checkSources(stream)
  checkPartitions(stream)
  checkAlignments(stream)
  const logical = sink(stream)
  const begin = systemClock.now()
  const optimised = optimisePlan(lenient ? makeLenient(logical) : logical)
  const middle = systemClock.now()
  const program = lowerProgram(optimised, { limits, lenient })
  const times = { optimise: middle - begin, lower: systemClock.now() - middle }
  return { logical, optimised, program, limits, lenient, times }
}

function lenientOf({ faults = 'reject' }: CompileOptions): boolean {
  if (faults === 'reject' || faults === 'null') return faults === 'null'
  throw new MillraceError('LDB-0001', `faults is '${String(faults)}'`, { fix: "use 'reject' or 'null'" })
}
