/**
 * The sum of the integers of a frame: rows come and leave one by one, and what the others come to in between may be out of the
 * range of the sum though no frame is. So how often it has left the range upward is counted, less how often downward.
 */

import { sumType } from '../../../ir/expr/contributions.ts'
import { add, and, i32, i64, lt, mul, ne, op, or, select, sub, toInt } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isDecimal, isUnsigned64 } from '../../../ir/types.ts'
import { outsideOf } from '../expr/decimal.ts'
import { FALSE, scalar } from '../value.ts'
import { type AccumulatorFactory, contributes, when } from './accumulator.ts'
import { addend } from './sum.ts'
import { neverCombined, signOf } from './weighted.ts'

export const wideSum: AccumulatorFactory = (store, name, [argType]) => {
  const type = sumType(argType)
  const wraps = `${name}_wraps`
  const isOut = (count: Expr, sum: Expr): Expr => {
    const hasLeft = ne(count, i32(0))
    return isDecimal(type) ? or(hasLeft, outsideOf(type, sum)) : hasLeft
  }
  return {
    fields: { [name]: 'i64', [wraps]: 'i32' },
    init(k, entry) {
      k.store(store.entries, name, entry, i64(0n))
      k.store(store.entries, wraps, entry, i32(0))
    },
    read: (_k, entry) =>
      scalar(type, store.load(name, entry), FALSE, [
        { code: 'LDB-9002', when: isOut(store.load(wraps, entry), store.load(name, entry)) },
      ]),
    combine: neverCombined,
    prepare(contribution) {
      const { cx, entry, removes } = contribution
      const { k } = cx
      const counts = contributes(contribution)
      const x = addend(contribution)
      const held = store.load(name, entry)
      const leaves = select(removes, leavesDown(argType, held, x), leavesUp(argType, held, x))
      const after = k.let('wraps', add(store.load(wraps, entry), leaves))
      const sum = k.let('sum', add(held, mul(x, signOf(removes))))
      return {
        faults: [{ code: 'LDB-9002', when: and(counts, isOut(after, sum)) }],
        texts: [],
        apply: () =>
          when(k, counts, () => {
            k.store(store.entries, name, entry, sum)
            k.store(store.entries, wraps, entry, after)
          }),
      }
    },
  }
}

/** Where an addend takes the sum out of its range, or back into it: +1 upward, -1 downward. */
function leavesUp(type: DataType, held: Expr, x: Expr): Expr {
  return isUnsigned64(type)
    ? toInt(op('addou.i64', held, x))
    : mul(toInt(op('addo.i64', held, x)), directionOf(x))
}

/** The same where it is taken back. */
function leavesDown(type: DataType, held: Expr, x: Expr): Expr {
  return isUnsigned64(type)
    ? sub(i32(0), toInt(op('ltu.i64', held, x)))
    : sub(i32(0), mul(toInt(op('subo.i64', held, x)), directionOf(x)))
}

/** +1, or -1 below zero. */
const directionOf = (x: Expr): Expr => sub(i32(1), mul(i32(2), toInt(lt(x, i64(0n)))))
