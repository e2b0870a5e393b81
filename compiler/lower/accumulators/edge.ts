/** first and last by event time: of equal times the first to arrive, or the last. Nulls are left out. */
import { and, eq, ge, i32, lt, ne, or } from '../../../ir/kernel/build.ts'
import type { Expr } from '../../../ir/kernel/node.ts'
import { type AccumulatorFactory, argumentOf, contributes, when } from './accumulator.ts'
import { copyHeld, heldField, initHeld, readHeld, wantFirst, wantText, writeHeld } from './held.ts'

const edge =
  (wins: (time: Expr, best: Expr) => Expr): AccumulatorFactory =>
  (store, name, [argType]) => {
    const [seen, at] = [`${name}_seen`, `${name}_time`]
    return {
      fields: { [name]: heldField(argType), [at]: 'i64', [seen]: 'u8' },
      init(k, entry) {
        k.store(store.entries, seen, entry, i32(0))
        initHeld(k, store, name, argType, entry)
      },
      read: (_k, entry) => ({
        ...readHeld(store, name, argType, entry),
        isNull: eq(store.load(seen, entry), i32(0)),
      }),
      combine(k, into, from) {
        const first = eq(store.load(seen, into), i32(0))
        const better = or(first, wins(store.load(at, from), store.load(at, into)))
        k.if(and(ne(store.load(seen, from), i32(0)), better), () => {
          k.store(store.entries, seen, into, i32(1))
          copyHeld(k, store, at, into, from)
          copyHeld(k, store, name, into, from)
        })
      },
      wants: (cx, args) => wantFirst(cx, store, args),
      prepare(contribution) {
        const { cx, args, time, entry } = contribution
        const { k } = cx
        const value = argumentOf(args)
        const first = eq(store.load(seen, entry), i32(0))
        const takes = k.let(
          'takes',
          and(contributes(contribution), or(first, wins(time, store.load(at, entry)))),
        )
        const texts = wantText(cx, store, value, takes)
        return {
          faults: [],
          texts,
          apply: () =>
            when(k, takes, () => {
              k.store(store.entries, seen, entry, i32(1))
              k.store(store.entries, at, entry, time)
              writeHeld(cx, store, name, entry, value, texts)
            }),
        }
      },
    }
  }

export const first = edge(lt)
export const last = edge(ge)
