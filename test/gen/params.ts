/** Random values for the parameters of a plan: those it is built with, and others that some of them get when it opens. */
import fc from 'fast-check'
import { paramsOf } from '../../compiler/plan/params.ts'
import type { Value } from '../../ir/expr/expr.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { valuesOf } from './values.ts'

export interface PlanParams {
  readonly built: Readonly<Record<string, Value>>
  readonly given: Readonly<Record<string, Value>>
}

export function paramValues(plan: LogicalNode): fc.Arbitrary<PlanParams> {
  const params = paramsOf(plan)
  const values = params.map(({ name, type, nullable }) => {
    const value = nullable ? fc.option(valuesOf(type), { freq: 3 }) : valuesOf(type)
    return fc.record({ name: fc.constant(name), built: value, given: fc.option(value, { nil: undefined }) })
  })
  return fc.tuple(...values).map(all => ({
    built: Object.fromEntries(all.map(({ name, built }) => [name, built])),
    given: Object.fromEntries(all.flatMap(({ name, given }) => (given === undefined ? [] : [[name, given]]))),
  }))
}
