/** Rows that are changes: what their codes say. */
import { eq, i32, type KernelBuilder, or } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { CHANGE, changes } from '../../../ir/logical/emit.ts'
import type { RowColumns } from '../expr/index.ts'
import { FALSE, local, scalar, scalarOf } from '../value.ts'

/** A result as a change of that code. */
export const asChange = (columns: RowColumns, code: number | Expr): RowColumns =>
  new Map(columns).set(CHANGE, scalar('int8', typeof code === 'number' ? i32(code) : code, FALSE))

/** A local that says whether a change takes a row back. */
export function takesBack(k: KernelBuilder, columns: RowColumns): Expr {
  const value = columns.get(CHANGE)
  if (!value) throw new Error('a change without its code')
  const code = local(k, 'code', scalarOf(value).value)
  return k.let('takes_back', or(eq(code, i32(changes.delete)), eq(code, i32(changes.updateBefore))))
}
