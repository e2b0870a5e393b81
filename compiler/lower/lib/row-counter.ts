/**
 * Counts the rows of each group: with the one that makes so many its result leaves. Then the group goes on, or begins anew,
 * as the next window. Such windows do not overlap: what a group holds is that of the one under way.
 */
import { add, ge, gt, i32, i64, type KernelBuilder, load } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { FieldSpecs } from '../../../ir/layout.ts'
import type { Firing } from './group-windows.ts'
import type { HashTable } from './table.ts'

/** Rows since the last result; where windows are numbered, which one is under way. */
export const counterFields = ({ startsAnew }: Pick<CountRule, 'startsAnew'>): FieldSpecs => ({
  filled: 'i32',
  ...(startsAnew && { number: 'i64' }),
})

export interface CountRule {
  /** Rows from one result to the next. */
  readonly every: number
  /** Does a group begin anew behind its result? */
  readonly startsAnew: boolean
}

export class RowCounter {
  readonly #groups: HashTable
  readonly #rule: CountRule

  constructor(groups: HashTable, rule: CountRule) {
    this.#groups = groups
    this.#rule = rule
  }

  begin(k: KernelBuilder, group: Expr): void {
    k.store(this.#groups.entries, 'filled', group, i32(0))
    if (this.#rule.startsAnew) k.store(this.#groups.entries, 'number', group, i64(0n))
  }

  count(k: KernelBuilder, group: Expr, { emit, clear }: Firing): void {
    const { entries } = this.#groups
    const filled = k.let('filled', add(load(entries, 'filled', group), i32(1)))
    k.store(entries, 'filled', group, filled)
    const begin = (): void => {
      k.store(entries, 'filled', group, i32(0))
      if (!this.#rule.startsAnew) return
      k.store(entries, 'number', group, add(load(entries, 'number', group), i64(1n)))
      clear(group, group)
    }
    const never = (): never => {
      throw new Error('the row that fills a window would have been refused')
    }
    k.if(ge(filled, i32(this.#rule.every)), () => emit(group, { emitted: begin, refused: never }))
  }

  /** Is the next row of a group the last before its result? */
  fills(group: Expr): Expr {
    return ge(load(this.#groups.entries, 'filled', group), i32(this.#rule.every - 1))
  }

  /** Has a group rows that no result has told of? */
  isOpen(group: Expr): Expr {
    return gt(load(this.#groups.entries, 'filled', group), i32(0))
  }
}
