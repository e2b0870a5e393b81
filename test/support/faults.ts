/** What the model's faults are called where the engine reports them: by the operator of the optimised plan. */
import { inputsOf, type LogicalNode, printPlan } from '../../ir/logical/index.ts'
import { type ModelError, type ModelOptions, type ModelRow, runModel } from '../model/model.ts'

export interface ExpectedFault {
  readonly code: string
  readonly operator: string
  /** Number of the row of the source; -1 for a row that an operator emitted. */
  readonly row: number
}

/** The parts of a plan, the source first and the whole last. */
export const chainOf = (plan: LogicalNode): readonly LogicalNode[] => [
  ...inputsOf(plan).flatMap(chainOf),
  plan,
]

const operatorOf = (node: LogicalNode): string => printPlan(node).split('\n')[0]

/** An operator is at fault for what goes wrong in the plan up to it and not in the plan before it. */
export function expectedFaults(
  plan: LogicalNode,
  rows: readonly ModelRow[],
  options: ModelOptions,
): readonly ExpectedFault[] {
  const errorsUpTo = (node: LogicalNode): readonly ModelError[] => runModel(node, rows, options).errors
  return chainOf(plan).flatMap(node => {
    const own = without(errorsUpTo(node), inputsOf(node).flatMap(errorsUpTo))
    return own.map(({ code, row }) => ({ code, operator: operatorOf(node), row }))
  })
}

/** A list less the errors of another, each as often as it is there. */
function without(errors: readonly ModelError[], others: readonly ModelError[]): readonly ModelError[] {
  const left = [...errors]
  for (const other of others) {
    left.splice(
      left.findIndex(({ code, row }) => code === other.code && row === other.row),
      1,
    )
  }
  return left
}
