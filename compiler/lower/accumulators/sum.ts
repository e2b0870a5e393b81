/**
 * sum: checked 64-bit integers, or doubles. Doubles are added in arrival order; where all rows are one group
 * they are added in lanes by row number, so that no row waits for the one before it.
 */
import { FLOAT_LANES, sumType } from '../../../ir/expr/contributions.ts'
import {
  add,
  and,
  f64,
  i32,
  i64,
  isConst,
  type KernelBuilder,
  load,
  mul,
  ne,
  op,
  or,
  select,
  toInt,
} from '../../../ir/kernel/build.ts'
import type { Expr, Local } from '../../../ir/kernel/node.ts'
import type { OpName } from '../../../ir/kernel/ops.ts'
import { rowLayout } from '../../../ir/layout.ts'
import { type DataType, isDecimal, isFloat, isUnsigned64 } from '../../../ir/types.ts'
import { outsideOf } from '../expr/decimal.ts'
import { FALSE, type ScalarValue, scalar, scalarOf } from '../value.ts'
import {
  type Accumulator,
  type AccumulatorFactory,
  argumentOf,
  type Contribution,
  contributes,
  type GroupStore,
  when,
} from './accumulator.ts'

/** An argument at the width of the sum. */
const widened = ({ value, type }: ScalarValue): Expr =>
  value.type === 'i32' && !isFloat(type) ? op('extend.i32', value) : value

export const addend = ({ cx, args }: Contribution): Expr =>
  cx.k.let('addend', widened(scalarOf(argumentOf(args))))

export const sum: AccumulatorFactory = (...given) => {
  const [store, , [argType]] = given
  if (!isFloat(argType)) return integerSum(...given)
  return store.isUngrouped ? lanedSum(...given) : floatSum(...given)
}

const integerSum: AccumulatorFactory = (store, name, [argType]) => ({
  ...heldSum(store, name, argType),
  masked: true,
  prepare(contribution) {
    const { cx, entry } = contribution
    const x = addend(contribution)
    const counts = contributes(contribution)
    const overflow = breaksSum(argType, store.load(name, entry), x)
    const put = (added: Expr): void =>
      cx.k.store(store.entries, name, entry, add(store.load(name, entry), added))
    return {
      faults: [{ code: 'LDB-9002', when: and(counts, overflow) }],
      texts: [],
      apply() {
        if (isConst(counts, true)) put(x)
        // By a product, not a choice: V8 makes a branch of that, and boxes what it chooses.
        else if (store.isUngrouped) put(mul(x, op('extend.i32', toInt(counts))))
        else cx.k.if(counts, () => put(x))
      },
    }
  },
})

const overflows = (argType: DataType): OpName => (isUnsigned64(argType) ? 'addou.i64' : 'addo.i64')

/** Does a sum leave the range of its type? */
function breaksSum(argType: DataType, held: Expr, x: Expr): Expr {
  const overflow = op(overflows(argType), held, x)
  const type = sumType(argType)
  return isDecimal(type) ? or(overflow, outsideOf(type, add(held, x))) : overflow
}

/** A sum of sums may leave the range though none of them did: that is remembered. */
function heldSum(
  store: GroupStore,
  name: string,
  argType: DataType,
): Pick<Accumulator, 'fields' | 'init' | 'read' | 'combine' | 'combineFaults'> {
  const type = sumType(argType)
  const broken = `${name}_broken`
  const isBroken = (entry: Expr): Expr => ne(store.load(broken, entry), i32(0))
  const breaks = (into: Expr, from: Expr): Expr =>
    breaksSum(argType, store.load(name, into), store.load(name, from))
  return {
    fields: { [name]: 'i64', ...(store.combines && { [broken]: 'u8' }) },
    init(k, entry) {
      k.store(store.entries, name, entry, i64(0n))
      if (store.combines) k.store(store.entries, broken, entry, i32(0))
    },
    read: (_k, entry) =>
      scalar(
        type,
        store.load(name, entry),
        FALSE,
        store.combines ? [{ code: 'LDB-9002', when: isBroken(entry) }] : [],
      ),
    combine(k, into, from) {
      k.store(store.entries, broken, into, toInt(or(isBroken(into), breaks(into, from))))
      k.store(store.entries, name, into, add(store.load(name, into), store.load(name, from)))
    },
    combineFaults: (_k, into, from) => [{ code: 'LDB-9002', when: breaks(into, from) }],
  }
}

const floatSum: AccumulatorFactory = (store, name) => ({
  fields: { [name]: 'f64' },
  init: (k, entry) => k.store(store.entries, name, entry, f64(0)),
  read: (_k, entry) => scalar('float64', store.load(name, entry), FALSE),
  combine: (k, into, from) =>
    k.store(store.entries, name, into, add(store.load(name, into), store.load(name, from))),
  prepare(contribution) {
    const { cx, entry } = contribution
    const x = addend(contribution)
    return {
      faults: [],
      texts: [],
      apply: () =>
        when(cx.k, contributes(contribution), () => {
          cx.k.store(store.entries, name, entry, add(store.load(name, entry), x))
        }),
    }
  },
})

/**
 * Row n is added to lane n mod FLOAT_LANES; the lanes are added as `addLanes` in ir does. A row that does not count
 * adds 0, which changes no sum that began with 0. While rows come in blocks the lanes are locals.
 */
const lanedSum: AccumulatorFactory = (_store, name) => {
  const lanes = rowLayout(`${name}_lanes`, 'state', { sum: 'f64' })
  const laneNumbers = Array.from({ length: FLOAT_LANES }, (_, n) => n)
  let locals: readonly Local[] = []
  const clear = (k: KernelBuilder): void => {
    for (const n of laneNumbers) k.store(lanes, 'sum', i32(n), f64(0))
  }
  const total = (first: number, count: number): Expr =>
    count === 1
      ? load(lanes, 'sum', i32(first))
      : add(total(first, count / 2), total(first + count / 2, count / 2))
  return {
    fields: {},
    regions: [{ mem: lanes, rows: FLOAT_LANES }],
    init: clear,
    read: () => scalar('float64', total(0, FLOAT_LANES), FALSE),
    combine: () => {
      throw new Error('one group is all there is')
    },
    masked: true,
    prepare(contribution) {
      const { cx } = contribution
      const x = addend(contribution)
      const counts = contributes(contribution)
      const added = isConst(counts, true) ? x : select(counts, x, f64(0))
      const lane = op('and.i32', op('low.i64', cx.arrival), i32(FLOAT_LANES - 1))
      const local = cx.lane === undefined ? undefined : locals[cx.lane]
      return {
        faults: [],
        texts: [],
        apply() {
          if (local) cx.k.set(local, add(local, added))
          else cx.k.store(lanes, 'sum', lane, add(load(lanes, 'sum', lane), added))
        },
      }
    },
    blocks: {
      open(k) {
        locals = laneNumbers.map(n => k.let('lane', load(lanes, 'sum', i32(n))))
      },
      close(k) {
        for (const n of laneNumbers) k.store(lanes, 'sum', i32(n), locals[n])
      },
    },
  }
}
