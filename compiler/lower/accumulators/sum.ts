/**
 * sum: checked 64-bit integers, or doubles in arrival order. A first row can never overflow, hence a refused row
 * leaves no empty group behind.
 */
import { add, and, f64, i64, not, op } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { isFloat, isUnsigned64 } from '../../../ir/types.ts'
import { type ScalarValue, scalarOf } from '../value.ts'
import { type AccumulatorFactory, argumentOf, contributes, when } from './accumulator.ts'

/** An argument at the width of the sum. */
const widened = ({ value, type }: ScalarValue): Expr =>
  value.type === 'i32' && !isFloat(type) ? op('extend.i32', value) : value

export const sum: AccumulatorFactory = (store, name, argType) => {
  const float = isFloat(argType)
  return {
    fields: { [name]: float ? 'f64' : 'i64' },
    init: (k, entry) => k.store(store.entries, name, entry, float ? f64(0) : i64(0n)),
    prepare({ cx: { k }, arg, entry: known, isNew }) {
      const counts = contributes(arg)
      const x = k.let('addend', widened(scalarOf(argumentOf(arg))))
      const overflows = (): Expr =>
        op(isUnsigned64(argType) ? 'addou.i64' : 'addo.i64', store.load(name, known), x)
      return {
        faults: float ? [] : [{ code: 'LDB-9002', when: and(and(counts, not(isNew)), overflows()) }],
        texts: [],
        apply: entry =>
          when(k, counts, () => {
            const total = add(store.load(name, entry), x)
            k.store(store.entries, name, entry, float ? op('canon.f64', total) : total)
          }),
      }
    },
  }
}
