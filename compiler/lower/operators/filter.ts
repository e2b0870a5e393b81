/**
 * filter: by the mask of the row where no branch is needed, else by branches: one for what is cheap, and one for each
 * condition on texts, so that no text is looked at of a row that is lost already.
 */

import { canFault } from '../../../ir/expr/can-fault.ts'
import type { Expr as PlanExpr } from '../../../ir/expr/expr.ts'
import { all, and, isConst, not } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import type { Filter } from '../../../ir/logical/filter.ts'
import { filterRule } from '../../../ir/logical/filter.ts'
import { isBytes } from '../../../ir/types.ts'
import { touchesNoBytes } from '../../plan/needed-columns.ts'
import { lowerExpr } from '../expr/index.ts'
import { holds } from '../expr/logic.ts'
import { leaveUnlessFixed } from '../lib/bytes.ts'
import type { Row, RowScope } from '../scope.ts'
import type { Stage } from '../stage.ts'
import { bytesOf, isNever, type Value } from '../value.ts'

export const lowerFilter = (node: Filter): Stage => ({
  push(cx, row, next) {
    cx.k.note(filterRule.print(node))
    if (cx.masked) {
      const held = holds(conditionOf(cx, row, node, node.predicate))
      next({ ...row, mask: isConst(row.mask, true) ? held : and(row.mask, held) })
      return
    }
    dropUnless(cx, row, node)
    next(row)
  },
})

function conditionOf(cx: RowScope, row: Row, node: Filter, predicate: PlanExpr): Value {
  const value = lowerExpr(cx, row.columns, predicate)
  cx.reject(value.faults, row.mask, filterRule.print(node))
  return value
}

function dropUnless(cx: RowScope, row: Row, node: Filter): void {
  const { k } = cx
  let cheap: Expr[] = []
  const flush = (): void => {
    if (cheap.length > 0) k.if(not(all(cheap)), () => cx.drop())
    cheap = []
  }
  for (const part of partsOf(node.predicate)) {
    if (!touchesNoBytes(part)) flush()
    if (dropUnlessSame(cx, row, part)) continue
    cheap.push(holds(conditionOf(cx, row, node, part)))
    if (!touchesNoBytes(part)) flush()
  }
  flush()
}

/** The conditions that must all hold, apart where it makes no difference that a later one is not computed. */
function partsOf(predicate: PlanExpr): readonly PlanExpr[] {
  const isAnd = predicate.kind === 'call' && predicate.fn === 'and'
  return isAnd && !predicate.args.slice(1).some(canFault) ? predicate.args.flatMap(partsOf) : [predicate]
}

/** Equality with a text that is the same for all rows ends the row where the first difference is seen. */
function dropUnlessSame(cx: RowScope, row: Row, part: PlanExpr): boolean {
  if (part.kind !== 'call' || part.fn !== 'eq' || canFault(part)) return false
  const fixed = part.args.find(isFixed)
  const other = part.args.find(arg => arg !== fixed)
  if (!fixed || !other) return false
  const [text, same] = [other, fixed].map(arg => bytesOf(lowerExpr(cx, row.columns, arg)))
  for (const { isNull } of [text, same]) if (!isNever(isNull)) cx.k.if(isNull, () => cx.drop())
  leaveUnlessFixed(cx.k, text, same, () => cx.drop())
  return true
}

const isFixed = ({ kind, type }: PlanExpr): boolean =>
  (kind === 'literal' || kind === 'param') && isBytes(type)
