/** latest: the value of the last row to come, null or not. */
import { and, i32, ne, not, select } from '../../../ir/kernel/build.ts'
import { anyNull, isNever } from '../value.ts'
import { type AccumulatorFactory, argumentOf, when } from './accumulator.ts'
import { copyHeld, heldField, initHeld, readHeld, wantFirst, wantText, writeHeld } from './held.ts'

/** What an entry has seen: no row, null last, or a value last. */
const NO_ROW = 0
const NULL = 1
const VALUE = 2

export const latest: AccumulatorFactory = (store, name, [argType]) => {
  const seen = `${name}_seen`
  return {
    fields: { [name]: heldField(argType), [seen]: 'u8' },
    init(k, entry) {
      k.store(store.entries, seen, entry, i32(NO_ROW))
      initHeld(k, store, name, argType, entry)
    },
    read: (_k, entry) => ({
      ...readHeld(store, name, argType, entry),
      isNull: ne(store.load(seen, entry), i32(VALUE)),
    }),
    combine(k, into, from) {
      k.if(ne(store.load(seen, from), i32(NO_ROW)), () => {
        copyHeld(k, store, seen, into, from)
        copyHeld(k, store, name, into, from)
      })
    },
    wants: (cx, args) => wantFirst(cx, store, args),
    prepare({ cx, args, mask, entry }) {
      const { k } = cx
      const value = argumentOf(args)
      const isNull = anyNull(args)
      const isGiven = isNever(isNull) ? mask : k.let('given', and(mask, not(isNull)))
      const texts = wantText(cx, store, value, isGiven)
      return {
        faults: [],
        texts,
        apply() {
          when(k, mask, () => k.store(store.entries, seen, entry, select(isGiven, i32(VALUE), i32(NULL))))
          when(k, isGiven, () => writeHeld(cx, store, name, entry, value, texts))
        },
      }
    },
  }
}
