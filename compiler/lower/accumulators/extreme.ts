/** min and max by the total order of the type; of equal values the first to arrive is kept. */
import { and, eq, i32, ne, not } from '../../../ir/kernel/build.ts'
import { after } from '../expr/compare.ts'
import { bind } from '../value.ts'
import { type AccumulatorFactory, argumentOf, contributes, when } from './accumulator.ts'
import { copyHeld, heldField, initHeld, readHeld, wantFirst, wantText, writeHeld } from './held.ts'

const extreme =
  (largest: boolean): AccumulatorFactory =>
  (store, name, [argType]) => {
    const seen = `${name}_seen`
    return {
      fields: { [name]: heldField(argType), [seen]: 'u8' },
      init(k, entry) {
        k.store(store.entries, seen, entry, i32(0))
        initHeld(k, store, name, argType, entry)
      },
      read: (_k, entry) => ({
        ...readHeld(store, name, argType, entry),
        isNull: eq(store.load(seen, entry), i32(0)),
      }),
      combine(k, into, from) {
        const takes = k.let('takes', ne(store.load(seen, from), i32(0)))
        k.if(and(takes, ne(store.load(seen, into), i32(0))), () => {
          const [held, other] = [into, from].map(one => bind(k, 'held', readHeld(store, name, argType, one)))
          k.set(takes, largest ? after(k, other, held) : after(k, held, other))
        })
        k.if(takes, () => {
          k.store(store.entries, seen, into, i32(1))
          copyHeld(k, store, name, into, from)
        })
      },
      wants: (cx, args) => wantFirst(cx, store, args),
      prepare(contribution) {
        const { cx, args, entry } = contribution
        const { k } = cx
        const value = argumentOf(args)
        const first = k.let('first', eq(store.load(seen, entry), i32(0)))
        const wins = k.let('wins', first)
        k.if(not(first), () => {
          const best = bind(k, 'best', readHeld(store, name, argType, entry))
          k.set(wins, largest ? after(k, value, best) : after(k, best, value))
        })
        const takes = k.let('takes', and(contributes(contribution), wins))
        const texts = wantText(cx, store, value, takes)
        return {
          faults: [],
          texts,
          apply: () =>
            when(k, takes, () => {
              k.store(store.entries, seen, entry, i32(1))
              writeHeld(cx, store, name, entry, value, texts)
            }),
        }
      },
    }
  }

export const min = extreme(false)
export const max = extreme(true)
