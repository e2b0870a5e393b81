/** The parameters of a query: what its user set, and what was a literal in it. */
import { MillraceError } from '../../ir/errors.ts'
import { literal, type Param, type Value } from '../../ir/expr/expr.ts'
import { printExpr } from '../../ir/expr/print.ts'
import type { PlanProgram } from '../../ir/physical/program.ts'
import type { RunnerOutlets } from '../../runtime/dag/runner.ts'
import { literalOf } from '../frontend/builder/expression.ts'
import type { ParamValues } from '../frontend/builder/types.ts'

export interface QueryParams {
  /** The parameters that a user can set. */
  readonly declared: readonly Param[]
  /** The values of all there are. */
  readonly values: ReadonlyMap<string, Value>
}

/** The values that a plan was built with, some of them replaced by values of the same types. */
export function overridden(
  { declared, values: built }: QueryParams,
  given: ParamValues = {},
): ReadonlyMap<string, Value> {
  const values = new Map(built)
  for (const [name, value] of Object.entries(given)) {
    const param = declared.find(one => one.name === name)
    if (!param) {
      throw new MillraceError('LDB-0001', `the plan has no parameter '${name}'`, {
        fix: `its parameters are ${declared.map(one => one.name).join(', ') || 'none'}`,
      })
    }
    const expr = literalOf(value, param.type)
    if (expr.kind !== 'literal' || (expr.value === null && !param.nullable)) {
      throw new MillraceError('LDB-1201', `${String(value)} is no value of parameter '${name}'`)
    }
    values.set(name, expr.value)
  }
  return values
}

/** The operators of faults as the query wrote them: with the values of what was a literal in it. */
export function withOperators(
  outlets: RunnerOutlets,
  lifted: readonly Param[],
  values: ReadonlyMap<string, Value>,
): RunnerOutlets {
  const written = lifted.map(param => ({
    param: printExpr(param),
    literal: printExpr(literal(values.get(param.name) ?? null, param.type)),
  }))
  const shown = (operator: string): string =>
    written.reduce((text, one) => text.replaceAll(one.param, () => one.literal), operator)
  return {
    result: batch => outlets.result(batch),
    late: batch => outlets.late(batch),
    diagnostic: what => outlets.diagnostic(what),
    faulty: ({ rows, faults }) =>
      outlets.faulty({ rows, faults: faults.map(fault => ({ ...fault, operator: shown(fault.operator) })) }),
  }
}

/** The parameters of a plan that nobody declared: they were literals. */
export const liftedFrom = ({ params }: PlanProgram, declared: readonly Param[]): readonly Param[] =>
  params.slots
    .filter(({ column }) => !declared.some(({ name }) => name === column.name))
    .map(({ column: { name, type, nullable } }) => ({ kind: 'param', name, type, nullable }))
