/** Keys as texts, by which rows are found. */

import type { Value } from '../../ir/expr/expr.ts'
import { groupKey } from '../../ir/expr/order.ts'
import type { TableRow } from './lookup-source.ts'

/** The same text for two keys exactly when they are equal; the values are of the types of their columns. */
export const keyText = (columns: readonly string[], row: TableRow): string =>
  JSON.stringify(columns.map(name => groupKey(row[name] as Value)))
