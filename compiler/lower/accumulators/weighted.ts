/** Accumulators over changes: a row that is taken back undoes what it did when it came. */
import { sumType } from '../../../ir/expr/contributions.ts'
import { add, and, eq, gt, i64, le, mul, not, op, or, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, isDecimal, isUnsigned64 } from '../../../ir/types.ts'
import { outsideOf } from '../expr/decimal.ts'
import { FALSE, type Fault, scalar, scalarOf } from '../value.ts'
import { type AccumulatorFactory, argumentOf, type Contribution, contributes, when } from './accumulator.ts'
import { addend } from './sum.ts'

const PLUS = i64(1n)
const NOTHING = i64(0n)

/** +1, or -1 where a condition holds. */
export const signOf = (isMinus: Expr): Expr =>
  sub(PLUS, mul(i64(2n), op('extend.i32', op('int.bool', isMinus))))

/** What is taken back must be there. */
const missing = (counts: Expr, { removes }: Contribution, held: Expr): Fault => ({
  code: 'LDB-9005',
  when: and(and(counts, removes), le(held, NOTHING)),
})

export const weightedCount: AccumulatorFactory = (store, name) => ({
  fields: { [name]: 'i64' },
  init: (k, entry) => k.store(store.entries, name, entry, NOTHING),
  read: (_k, entry) => scalar('int64', store.load(name, entry), FALSE),
  combine: neverCombined,
  prepare(contribution) {
    const { cx, entry, removes } = contribution
    const counts = contributes(contribution)
    const held = store.load(name, entry)
    return {
      faults: [missing(counts, contribution, held)],
      texts: [],
      apply: () =>
        when(cx.k, counts, () => cx.k.store(store.entries, name, entry, add(held, signOf(removes)))),
    }
  },
})

export const weightedSum: AccumulatorFactory = (store, name, [argType]) => ({
  fields: { [name]: 'i64' },
  init: (k, entry) => k.store(store.entries, name, entry, NOTHING),
  read: (_k, entry) => scalar(sumType(argType), store.load(name, entry), FALSE),
  combine: neverCombined,
  prepare(contribution) {
    const { cx, entry, removes } = contribution
    const x = addend(contribution)
    const counts = contributes(contribution)
    const held = store.load(name, entry)
    const [above, below] = limitsOf(argType, held, x)
    const overflow = or(and(removes, below), and(not(removes), above))
    return {
      faults: [{ code: 'LDB-9002', when: and(counts, overflow) }],
      texts: [],
      apply: () =>
        when(cx.k, counts, () => {
          cx.k.store(store.entries, name, entry, add(held, mul(x, signOf(removes))))
        }),
    }
  },
})

/** Whether a sum with a term more leaves its range, and with one less. */
function limitsOf(argType: DataType, held: Expr, x: Expr): readonly [Expr, Expr] {
  if (isUnsigned64(argType)) return [op('addou.i64', held, x), op('ltu.i64', held, x)]
  const type = sumType(argType)
  const [above, below] = [op('addo.i64', held, x), op('subo.i64', held, x)]
  if (!isDecimal(type)) return [above, below]
  return [or(above, outsideOf(type, add(held, x))), or(below, outsideOf(type, sub(held, x)))]
}

/** How many rows have a certain boolean. */
const rowsThat =
  (wanted: boolean): AccumulatorFactory =>
  (store, name, argTypes, call) => {
    const counted = weightedCount(store, name, argTypes, call)
    return {
      ...counted,
      prepare(contribution) {
        const { value } = scalarOf(argumentOf(contribution.args))
        const mask = and(contribution.mask, wanted ? value : not(value))
        return counted.prepare({ ...contribution, mask })
      },
    }
  }

export const trues = rowsThat(true)
export const falses = rowsThat(false)

export const isPositive = (count: Expr): Expr => gt(count, NOTHING)
export const isZero = (count: Expr): Expr => eq(count, NOTHING)

/** What is combined are panes, and those take nothing back. */
export function neverCombined(): never {
  throw new Error('groups over changes are never combined')
}
