/** Numbers expressions: two have the same number if, and only if, they have the same text. */
import type { Const, Expr } from '../../../ir/kernel/node.ts'

/** More expressions than any kernel has; two numbers make one that is still exact. */
const NUMBERS_MAX = 2 ** 26

export class ExprNumbers {
  readonly #words = new Map<string, number>()
  readonly #pairs = new Map<number, number>()
  readonly #known = new Map<Expr, number>()
  #made = 0

  of(expr: Expr): number {
    const known = this.#known.get(expr)
    if (known !== undefined) return known
    const number = this.#number(expr)
    this.#known.set(expr, number)
    return number
  }

  #number(expr: Expr): number {
    switch (expr.kind) {
      case 'const':
        return this.#word(wordOf(expr))
      case 'local':
        return this.#word(expr.name)
      case 'op': {
        let number = this.#word(expr.op)
        for (const arg of expr.args) number = this.#pair(number, this.of(arg))
        return number
      }
      case 'load': {
        const column = this.#pair(this.#word(expr.mem.name), this.#word(expr.field))
        return this.#pair(column, this.of(expr.index))
      }
      case 'select': {
        const choice = this.#pair(this.of(expr.then), this.of(expr.else))
        return this.#pair(this.#pair(this.#word('?'), this.of(expr.cond)), choice)
      }
    }
  }

  #word(text: string): number {
    const known = this.#words.get(text)
    if (known !== undefined) return known
    this.#words.set(text, this.#made)
    return this.#made++
  }

  #pair(a: number, b: number): number {
    const key = a * NUMBERS_MAX + b
    const known = this.#pairs.get(key)
    if (known !== undefined) return known
    this.#pairs.set(key, this.#made)
    return this.#made++
  }
}

const wordOf = ({ type, value }: Const): string => `${type} ${Object.is(value, -0) ? '-0' : value}`
