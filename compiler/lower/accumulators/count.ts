/**
 * count: rows, or rows whose argument is not null. Where one group is all there is, those of a call are counted in a
 * local.
 */
import { add, i32, i64, type KernelBuilder, op, toInt } from '../../../ir/kernel/build.ts'
import type { Local } from '../../../ir/kernel/node.ts'
import { FALSE, scalar } from '../value.ts'
import { type Accumulator, type AccumulatorFactory, contributes, when } from './accumulator.ts'

export const count: AccumulatorFactory = (store, ...given) =>
  store.isUngrouped ? runningCount(store, ...given) : groupCount(store, ...given)

const counter: AccumulatorFactory = (store, name) => ({
  fields: { [name]: 'i64' },
  init: (k, entry) => k.store(store.entries, name, entry, i64(0n)),
  read: (_k, entry) => scalar('int64', store.load(name, entry), FALSE),
  combine: (k, into, from) =>
    k.store(store.entries, name, into, add(store.load(name, into), store.load(name, from))),
  prepare: () => ({ faults: [], texts: [], apply: () => {} }),
})

const groupCount: AccumulatorFactory = (store, name, ...given) => ({
  ...counter(store, name, ...given),
  prepare: contribution => ({
    faults: [],
    texts: [],
    apply() {
      const { entry, cx } = contribution
      when(cx.k, contributes(contribution), () => {
        cx.k.store(store.entries, name, entry, add(store.load(name, entry), i64(1n)))
      })
    },
  }),
})

function runningCount(...given: Parameters<AccumulatorFactory>): Accumulator {
  const [store, name] = given
  let counted: Local | undefined
  const local = (): Local => {
    if (!counted) throw new Error('a count that was not opened')
    return counted
  }
  return {
    ...counter(...given),
    masked: true,
    open(k: KernelBuilder) {
      counted = k.let('counted', i32(0))
    },
    prepare: contribution => ({
      faults: [],
      texts: [],
      apply: () => contribution.cx.k.set(local(), add(local(), toInt(contributes(contribution)))),
    }),
    close(k: KernelBuilder) {
      const before = store.load(name, i32(0))
      k.store(store.entries, name, i32(0), add(before, op('extend.i32', local())))
    },
  }
}
