/** mode: the column of codes goes on under another name; a code that nobody knows is a fault of its row. */
import { gt, i32, lt } from '../../../ir/kernel/build.ts'
import { changes } from '../../../ir/logical/emit.ts'
import { type ModeChange, modeRule, namesOf } from '../../../ir/logical/mode.ts'
import type { Stage } from '../stage.ts'
import { bind, FALSE, orAll, scalarOf } from '../value.ts'

const CODE_MAX = Math.max(...Object.values(changes))

export const lowerMode = (node: ModeChange): Stage => ({
  push(cx, row, next) {
    const { k } = cx
    const { from, name } = namesOf(node)
    const operator = modeRule.print(node)
    k.note(operator)
    const columns = new Map(row.columns)
    const code = row.columns.get(from)
    columns.delete(from)
    if (code) {
      const bound = bind(k, 'code', code)
      const value = scalarOf(bound).value
      const unknown = orAll([bound.isNull, lt(value, i32(0)), gt(value, i32(CODE_MAX))])
      if (node.to === 'changes') cx.reject([{ code: 'LDB-9006', when: unknown }], row.mask, operator)
      columns.set(name, { ...bound, isNull: FALSE })
    }
    next({ ...row, columns })
  },
})
