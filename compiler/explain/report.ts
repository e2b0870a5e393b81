/** What explain says, as data: for tools, and for JSON. */
import { NATIVE_SIZE_MAX } from '../../codegen/llvm/backend.ts'
import { nativeTarget } from '../../codegen/llvm/target.ts'
import { literal, type Value } from '../../ir/expr/expr.ts'
import { printExpr } from '../../ir/expr/print.ts'
import { sizeOf } from '../../ir/kernel/size.ts'
import { inputsOf, type LogicalNode, languageOf, printOperator } from '../../ir/logical/index.ts'
import type { Limits, PlanProgram } from '../../ir/physical/program.ts'
import { printColumn } from '../../ir/schema.ts'
import type { Compilation } from '../driver.ts'
import { kernelsOf, type PipelineReport, reportPipeline } from './pipelines.ts'

/** What is explained: the plan as this query wrote it, and what was made of it for all that share it. */
export interface ExplainSubject extends Compilation {
  readonly values: ReadonlyMap<string, Value>
  /** Had the plan cache the plan when the query was compiled? */
  readonly wasKept: boolean
  /** Is native code of it there, in this process or on disk? */
  readonly hasNative: () => boolean
}

/** An operator of a plan, with those that it reads from. */
export interface OperatorReport {
  /** What it does: `source`, `filter`, `project`, `window`, `aggregate` or `sink`. */
  readonly kind: LogicalNode['kind']
  /** As explain prints it. */
  readonly text: string
  /** Whose null logic and arithmetic its expressions have. */
  readonly language: 'sql' | 'javascript' | undefined
  /** The columns of its rows. */
  readonly columns: readonly string[]
  /** None for a source. */
  readonly inputs: readonly OperatorReport[]
}

/** What explain says of a query, as plain data. */
export interface PlanReport {
  /** The plan up to the values of its parameters and literals. */
  readonly hash: string
  /** The plan as it was written, from its last operator on. */
  readonly logical: OperatorReport
  /** The plan that was compiled. */
  readonly optimised: OperatorReport
  /** Values that the code does not depend on, those of lifted literals included. */
  readonly parameters: readonly ParameterReport[]
  /** From the source to the result. */
  readonly pipelines: readonly PipelineReport[]
  /** Every limit, with the defaults filled in. */
  readonly limits: Limits
  /** Can it run as native code on this machine? */
  readonly native: NativeChances
  /** What was there before it was asked for. */
  readonly cache: CacheState
}

/** What the caches have of a plan. */
export interface CacheState {
  /** Was the plan in the plan cache when the query was compiled? */
  readonly plan: 'hit' | 'miss'
  /** Is native code there, in this process or on disk? */
  readonly native: 'kept' | 'none'
}

/** A value that reaches the code from outside. */
export interface ParameterReport {
  /** As it stands in the text of the plan. */
  readonly name: string
  /** Its column type. */
  readonly type: string
  /** As explain prints it. */
  readonly value: string
}

/** Whether a plan can run natively, and why not where it cannot. */
export type NativeChances =
  | {
      /** It can. */
      readonly possible: true
    }
  | {
      /** It cannot. */
      readonly possible: false
      /** What is missing, or which function only JavaScript has. */
      readonly reason: string
    }

export function reportPlan(subject: ExplainSubject): PlanReport {
  const { logical, optimised, program, limits } = subject
  return {
    hash: program.hash,
    logical: reportOperator(logical),
    optimised: reportOperator(optimised),
    parameters: parametersOf(subject),
    pipelines: program.pipelines.map(reportPipeline),
    limits,
    native: nativeChances(program),
    cache: cacheState(subject),
  }
}

export const cacheState = ({ wasKept, hasNative }: ExplainSubject): CacheState => ({
  plan: wasKept ? 'hit' : 'miss',
  native: hasNative() ? 'kept' : 'none',
})

function reportOperator(node: LogicalNode): OperatorReport {
  return {
    kind: node.kind,
    text: printOperator(node),
    language: languageOf(node),
    columns: node.relation.schema.map(printColumn),
    inputs: inputsOf(node).map(reportOperator),
  }
}

/** Values stand apart from the plan, because the plan is shared by all that differ only in them. */
export const parametersOf = ({ program, values }: ExplainSubject): readonly ParameterReport[] =>
  program.params.slots.map(({ column: { name, type } }) => ({
    name,
    type,
    value: printExpr(literal(values.get(name) ?? null, type)),
  }))

/** Can the plan run natively here, and if not, why? */
export function nativeChances({ hostOps, pipelines }: PlanProgram): NativeChances {
  if (hostOps.length > 0) {
    const are = hostOps.length > 1 ? 'are' : 'is'
    return { possible: false, reason: `${hostOps.join(', ')} ${are} the host's own, bit for bit` }
  }
  const target = nativeTarget()
  if (!target.available) return { possible: false, reason: target.reason }
  const large = pipelines.flatMap(kernelsOf).find(kernel => sizeOf(kernel) > NATIVE_SIZE_MAX)
  return large
    ? { possible: false, reason: `kernel ${large.name} has more than ${NATIVE_SIZE_MAX} nodes` }
    : { possible: true }
}
