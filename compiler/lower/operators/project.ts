/** project: computed columns are computed; columns that the kernel never reads pass by outside of it. */
import type { Project } from '../../../ir/logical/project.ts'
import { projectRule } from '../../../ir/logical/project.ts'
import { lowerExpr } from '../expr/index.ts'
import type { Stage } from '../stage.ts'
import { faultsOf, type Value, withoutFaults } from '../value.ts'

export const lowerProject = (node: Project): Stage => ({
  push(cx, row, next) {
    cx.k.note(projectRule.print(node))
    const columns = new Map<string, Value>()
    for (const { name, expr } of node.columns) {
      if (expr.kind !== 'column') columns.set(name, lowerExpr(cx, row.columns, expr))
      else {
        const value = row.columns.get(expr.name)
        if (value) columns.set(name, value)
      }
    }
    cx.reject(faultsOf([...columns.values()]), row.mask, projectRule.print(node))
    next({ ...row, columns: withoutFaults(columns) })
  },
})
