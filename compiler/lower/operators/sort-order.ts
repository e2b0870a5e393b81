/** Compares rows by several columns: in the total order of each, with nulls where they belong. */
import { and, i32, type KernelBuilder, ne, not, sub, toInt } from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { SortColumn } from '../../../ir/logical/ordering.ts'
import { orderOf } from '../expr/compare.ts'
import { columnOf, type RowColumns } from '../expr/index.ts'
import { when } from '../lib/control.ts'
import { bind, isNever, type Value } from '../value.ts'

export class SortOrder {
  readonly #columns: readonly SortColumn[]

  constructor(columns: readonly SortColumn[]) {
    this.#columns = columns
  }

  /** The columns of a row, those that it is compared by in locals. */
  bind(k: KernelBuilder, row: RowColumns): RowColumns {
    const bound = this.#columns.map(({ name }): [string, Value] => [name, bind(k, name, columnOf(row, name))])
    return new Map([...row, ...bound])
  }

  /** Below, at or above zero, as the first row comes before, with or behind the second. */
  compare(k: KernelBuilder, row: RowColumns, other: RowColumns): Local {
    const order = k.let('order', i32(0))
    k.block('compare_rows', label => {
      for (const [i, column] of this.#columns.entries()) {
        const { name } = column
        if (i > 0) k.breakIf(ne(order, i32(0)), label)
        k.set(order, this.#by(k, column, columnOf(row, name), bind(k, 'held', columnOf(other, name))))
      }
    })
    return order
  }

  #by(k: KernelBuilder, { descending, nullsFirst }: SortColumn, a: Value, b: Value): Expr {
    const [x, y] = descending ? [b, a] : [a, b]
    if (isNever(a.isNull) && isNever(b.isNull)) return orderOf(k, x, y)
    const [first, second] = nullsFirst ? [b, a] : [a, b]
    const order = k.let('by_nulls', sub(toInt(first.isNull), toInt(second.isNull)))
    when(k, and(not(a.isNull), not(b.isNull)), () => k.set(order, orderOf(k, x, y)))
    return order
  }
}
