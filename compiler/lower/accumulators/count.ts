/** count: rows, or rows whose argument is not null. */
import { add, i64 } from '../../../ir/kernel/build.ts'
import { FALSE, scalar } from '../value.ts'
import { type AccumulatorFactory, contributes, when } from './accumulator.ts'

export const count: AccumulatorFactory = (store, name) => ({
  fields: { [name]: 'i64' },
  init: (k, entry) => k.store(store.entries, name, entry, i64(0n)),
  read: entry => scalar('int64', store.load(name, entry), FALSE),
  prepare: ({ cx: { k }, arg }) => ({
    faults: [],
    texts: [],
    apply: entry =>
      when(k, contributes(arg), () => {
        k.store(store.entries, name, entry, add(store.load(name, entry), i64(1n)))
      }),
  }),
})
