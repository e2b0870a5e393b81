/** The parameters of a plan: values that are not part of its code. */
import { MillraceError } from '../../ir/errors.ts'
import { type Param, visit } from '../../ir/expr/expr.ts'
import { exprsOf, inputsOf, type LogicalNode } from '../../ir/logical/index.ts'

/** In order of first use, each once; throws LDB-1200 where two uses of a name differ in type. */
export function paramsOf(plan: LogicalNode): readonly Param[] {
  const found = new Map<string, Param>()
  const collect = (node: LogicalNode): void => {
    for (const input of inputsOf(node)) collect(input)
    for (const expr of exprsOf(node)) {
      visit(expr, one => {
        if (one.kind === 'param') found.set(one.name, sameParam(found.get(one.name), one))
      })
    }
  }
  collect(plan)
  return [...found.values()]
}

function sameParam(known: Param | undefined, param: Param): Param {
  if (known && (known.type !== param.type || known.nullable !== param.nullable)) {
    throw new MillraceError('LDB-1200', `parameter '${param.name}' is both ${known.type} and ${param.type}`)
  }
  return param
}
