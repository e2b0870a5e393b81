/**
 * What is run beside a plan to analyse it: the plan with kernels that count rows, and the plan cut off after each of
 * its operators, to learn what each adds to the time. Made once for each plan.
 */
import type { LogicalNode } from '../../ir/logical/index.ts'
import { project } from '../../ir/logical/project.ts'
import { sink } from '../../ir/logical/sink.ts'
import { CompiledPlan } from '../compiled-plan.ts'
import type { Compilation } from '../driver.ts'
import { lowerProgram } from '../lower/program.ts'
import { outputColumns } from '../plan/needed-columns.ts'
import { splitPipelines } from '../plan/split-pipelines.ts'

/** Operators whose time is taken; each of them takes a run of its own, with memory of its own. */
export const TIMED_MAX = 16

export interface Variants {
  readonly counted: CompiledPlan
  /** The plan up to each operator but the last, from the source on; no more than TIMED_MAX of them. */
  readonly prefixes: readonly CompiledPlan[]
}

const known = new WeakMap<CompiledPlan, Variants>()

export function variantsOf(plan: CompiledPlan, operators: readonly LogicalNode[]): Variants {
  const variants = known.get(plan) ?? {
    counted: countedPlan(plan),
    prefixes: operators
      .slice(0, -1)
      .slice(0, TIMED_MAX)
      .map(node => prefixPlan(plan, node)),
  }
  known.set(plan, variants)
  return variants
}

/** The same plan with kernels that count. */
export const countedPlan = ({ compilation }: CompiledPlan): CompiledPlan =>
  variantOf(compilation, compilation.optimised, true)

const prefixPlan = ({ compilation }: CompiledPlan, node: LogicalNode): CompiledPlan =>
  variantOf(compilation, sink(handingOut(node)), false)

function variantOf(compilation: Compilation, optimised: LogicalNode, counts: boolean): CompiledPlan {
  const program = lowerProgram(optimised, { ...compilation, counts })
  return new CompiledPlan({ ...compilation, optimised, program })
}

/** What kernels compute must be written, or they would not compute it; what merely passes by costs nothing here. */
function handingOut(node: LogicalNode): LogicalNode {
  const pipelines = splitPipelines(sink(node))
  const output = outputColumns(pipelines[pipelines.length - 1], false)
  const computed = output.filter(({ kind }) => kind === 'computed')
  const kept = computed.length > 0 ? computed : output.slice(0, 1)
  return project(
    node,
    kept.map(({ column: { name, type, nullable } }) => ({
      name,
      expr: { kind: 'column', name, type, nullable },
    })),
  )
}
