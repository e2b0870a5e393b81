/** Numbers expressions: two have the same number if, and only if, they have the same text. */
import type { Expr } from '../../../ir/kernel/node.ts'

export class ExprNumbers {
  readonly #numbers = new Map<string, number>()
  readonly #known = new WeakMap<Expr, number>()

  of(expr: Expr): number {
    const known = this.#known.get(expr)
    if (known !== undefined) return known
    const key = this.#key(expr)
    const number = this.#numbers.get(key) ?? this.#numbers.size
    this.#numbers.set(key, number)
    this.#known.set(expr, number)
    return number
  }

  #key(expr: Expr): string {
    switch (expr.kind) {
      case 'const':
        return `${expr.type} ${Object.is(expr.value, -0) ? '-0' : expr.value}`
      case 'local':
        return expr.name
      case 'op':
        return `${expr.op} ${expr.args.map(arg => this.of(arg)).join(' ')}`
      case 'load':
        return `${expr.mem.name}.${expr.field} ${this.of(expr.index)}`
      case 'select':
        return `? ${this.of(expr.cond)} ${this.of(expr.then)} ${this.of(expr.else)}`
    }
  }
}
