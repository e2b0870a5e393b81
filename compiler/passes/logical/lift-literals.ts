/** Makes parameters of literals whose value no code depends on, so that plans that differ in them share their code. */
import { type Expr, isLiteral, type Literal, type Param, rewrite, type Value } from '../../../ir/expr/expr.ts'
import type { FunctionName } from '../../../ir/expr/functions/index.ts'
import type { LogicalNode } from '../../../ir/logical/index.ts'
import { mapPlan } from './rewrite.ts'

export interface Lifted {
  readonly plan: LogicalNode
  /** The values of the new parameters by name. */
  readonly values: ReadonlyMap<string, Value>
}

/** Functions that cost the same whether an operand is known or not. A divisor that is known needs no guard. */
const liftedFrom: ReadonlySet<FunctionName> = new Set([
  ...(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'in', 'is_distinct', 'is_not_distinct'] as const),
  ...(['add', 'sub', 'mul', 'add_wrapping', 'sub_wrapping', 'mul_wrapping'] as const),
])

/** `taken`: names of parameters that the plan has already. */
export function liftLiterals(plan: LogicalNode, taken: ReadonlySet<string>): Lifted {
  const lifter = new Lifter(taken)
  return { plan: mapPlan(plan, expr => rewrite(expr, one => lifter.lift(one))), values: lifter.values }
}

class Lifter {
  readonly values = new Map<string, Value>()
  readonly #taken: ReadonlySet<string>
  readonly #params = new Map<string, Param>()

  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken
  }

  lift(expr: Expr): Expr {
    if (expr.kind !== 'call' || !liftedFrom.has(expr.fn) || expr.args.every(isLiteral)) return expr
    return { ...expr, args: expr.args.map(arg => (isLifted(arg) ? this.#paramOf(arg) : arg)) }
  }

  /** Equal literals are one parameter: what is made of them stays a common subexpression. */
  #paramOf({ value, type }: Literal): Param {
    const key = `${type} ${Object.is(value, -0) ? '-0' : value}`
    const known = this.#params.get(key)
    if (known) return known
    const param: Param = { kind: 'param', name: this.#freshName(), type, nullable: false }
    this.#params.set(key, param)
    this.values.set(param.name, value)
    return param
  }

  #freshName(): string {
    let n = this.#params.size + 1
    while (this.#taken.has(`_${n}`) || this.values.has(`_${n}`)) n++
    return `_${n}`
  }
}

/** Bytes have no text that tells two of them apart. */
const isLifted = (expr: Expr): expr is Literal =>
  isLiteral(expr) && expr.value !== null && expr.type !== 'binary'
