/** Random values for the parameters of a plan: those it is built with, and others that some of them get when it opens. */
import fc from 'fast-check'
import { type Param, type Value, visit } from '../../ir/expr/expr.ts'
import { exprsOf, inputsOf, type LogicalNode } from '../../ir/logical/index.ts'
import { valuesOf } from './values.ts'

export interface PlanParams {
  readonly built: Readonly<Record<string, Value>>
  readonly given: Readonly<Record<string, Value>>
}

/** The parameters of a plan, each once. */
export function paramsOf(plan: LogicalNode): readonly Param[] {
  const found = new Map<string, Param>()
  const collect = (node: LogicalNode): void => {
    for (const expr of exprsOf(node)) visit(expr, one => one.kind === 'param' && found.set(one.name, one))
    for (const input of inputsOf(node)) collect(input)
  }
  collect(plan)
  return [...found.values()]
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
