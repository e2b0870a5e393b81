/** The order of rows by several columns, in the total order of their types. Nulls are the largest, unless it is said where they go. */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import { printName } from '../expr/print.ts'
import { findColumn } from '../schema.ts'
import { CHANGE } from './emit.ts'
import { refusal } from './mode.ts'
import type { Relation } from './relation.ts'

export interface SortColumn {
  readonly name: string
  readonly descending: boolean
  /** Do nulls come before all values? */
  readonly nullsFirst: boolean
}

/** `what` needs the order. */
export function checkOrder({ schema }: Relation, order: readonly SortColumn[], what: string): void {
  if (order.length === 0)
    throw new MillraceError('LDB-0002', `${what} without an order`, { fix: 'name a column to order rows by' })
  for (const { name } of order) {
    const column = findColumn(schema, name)
    if (!column) throw new MillraceError('LDB-1100', `no column '${name}' to order rows by`)
    if (name === CHANGE) throw refusal(`an order by '${CHANGE}'`, 'order by a column of the rows themselves')
    refuseList(`an order by '${name}'`, column.type)
  }
}

export const printOrder = (order: readonly SortColumn[]): string =>
  order.map(one => `${printName(one.name)}${one.descending ? ' desc' : ''}${nullsOf(one)}`).join(', ')

/** Where nulls are the largest it goes without saying. */
const nullsOf = ({ descending, nullsFirst }: SortColumn): string =>
  descending === nullsFirst ? '' : ` nulls ${nullsFirst ? 'first' : 'last'}`
