/** filter: by a branch, or by the mask of the row where no branch is needed. */
import { and, isConst } from '../../ir/kernel/build.ts'
import type { Filter } from '../../ir/logical/filter.ts'
import { filterRule } from '../../ir/logical/filter.ts'
import { lowerExpr } from './expr/index.ts'
import { holds } from './expr/logic.ts'
import type { Stage } from './stage.ts'

export const lowerFilter = (node: Filter): Stage => ({
  push(cx, row, next) {
    cx.k.note(filterRule.print(node))
    const predicate = lowerExpr(cx, row.columns, node.predicate)
    cx.reject(predicate.faults, row.mask, filterRule.print(node))
    if (!cx.masked) cx.k.if(holds(predicate), () => next(row))
    else next({ ...row, mask: isConst(row.mask, true) ? holds(predicate) : and(row.mask, holds(predicate)) })
  },
})
