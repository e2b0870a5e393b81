/**
 * bool_and, bool_or, bit_and, bit_or, bit_xor: a field that begins as what changes nothing and is joined with each
 * value. A boolean is one bit. Nulls are left out.
 */
import { and, i32, i64, or, xor } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type DataType, factsOf } from '../../../ir/types.ts'
import { stored } from '../lib/kept.ts'
import { scalarOf } from '../value.ts'
import { type AccumulatorFactory, argumentOf, contributes, when } from './accumulator.ts'
import { heldField, readHeld } from './held.ts'

type Join = (a: Expr, b: Expr) => Expr

/** No bit, or all of them. */
const startOf = (type: DataType, start: 0 | -1): Expr =>
  factsOf(type).value === 'i64' ? i64(BigInt(start)) : i32(start)

const joined =
  (start: 0 | -1, join: Join): AccumulatorFactory =>
  (store, name, [argType]) => ({
    fields: { [name]: heldField(argType) },
    init: (k, entry) => k.store(store.entries, name, entry, startOf(argType, start)),
    read: (_k, entry) => readHeld(store, name, argType, entry),
    combine(k, into, from) {
      const [held, other] = [into, from].map(one => scalarOf(readHeld(store, name, argType, one)).value)
      k.store(store.entries, name, into, stored(join(held, other)))
    },
    prepare(contribution) {
      const { cx, args, entry } = contribution
      return {
        faults: [],
        texts: [],
        apply: () =>
          when(cx.k, contributes(contribution), () => {
            const held = scalarOf(readHeld(store, name, argType, entry)).value
            const value = scalarOf(argumentOf(args)).value
            cx.k.store(store.entries, name, entry, stored(join(held, value)))
          }),
      }
    },
  })

export const bitsOfAll = joined(-1, and)
export const bitsOfAny = joined(0, or)
export const bitsOfOdd = joined(0, xor)
