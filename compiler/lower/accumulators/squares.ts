/**
 * The sum of squared distances from the mean, which variances and standard deviations are made of, with the mean and
 * the number of values: the operations of ir/expr/moments, where the method is named. Nulls are left out.
 */
import { add, div, f64, gt, type KernelBuilder, mul, sub } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { toDouble } from '../expr/cast.ts'
import { FALSE, scalar, scalarOf } from '../value.ts'
import { type AccumulatorFactory, argumentOf, contributes, when } from './accumulator.ts'

export const squares: AccumulatorFactory = (store, name, [argType]) => {
  const [rows, mean] = [`${name}_rows`, `${name}_mean`]
  const held = (field: string, entry: Expr): Expr => store.load(field, entry)
  const put = (k: KernelBuilder, field: string, entry: Expr, value: Expr): void =>
    k.store(store.entries, field, entry, value)
  return {
    fields: { [rows]: 'f64', [mean]: 'f64', [name]: 'f64' },
    init(k, entry) {
      for (const field of [rows, mean, name]) put(k, field, entry, f64(0))
    },
    read: entry => scalar('float64', held(name, entry), FALSE),
    combine(k, into, from) {
      k.if(gt(held(rows, from), f64(0)), () => {
        const all = k.let('rows', add(held(rows, into), held(rows, from)))
        const distance = k.let('distance', sub(held(mean, from), held(mean, into)))
        const share = k.let('share', div(held(rows, from), all))
        const between = mul(distance, mul(distance, mul(held(rows, into), share)))
        put(k, name, into, add(add(held(name, into), held(name, from)), between))
        put(k, mean, into, add(held(mean, into), mul(distance, share)))
        put(k, rows, into, all)
      })
    },
    prepare(contribution) {
      const { cx, args, entry } = contribution
      const { k } = cx
      return {
        faults: [],
        texts: [],
        apply: () =>
          when(k, contributes(contribution), () => {
            const x = k.let('x', toDouble(scalarOf(argumentOf(args)).value, argType))
            const count = k.let('rows', add(held(rows, entry), f64(1)))
            const distance = k.let('distance', sub(x, held(mean, entry)))
            const moved = k.let('mean', add(held(mean, entry), div(distance, count)))
            put(k, rows, entry, count)
            put(k, mean, entry, moved)
            put(k, name, entry, add(held(name, entry), mul(distance, sub(x, moved))))
          }),
      }
    },
  }
}
