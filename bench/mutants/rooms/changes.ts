/** Faults of what takes rows back. */
import type { Room } from '../mutant.ts'

export const weighted: Room = {
  file: 'compiler/lower/accumulators/weighted.ts',
  tests: ['lower/changes.test', 'property/plans.test'],
  faults: [
    {
      name: 'taken-back-is-added',
      find: 'mul(x, signOf(removes))',
      put: 'x',
      shows: 'a sum over changes grows by what is taken back',
    },
    {
      name: 'less-than-none',
      find: 'when: and(and(counts, removes), le(held, NOTHING)),',
      put: 'when: and(and(counts, removes), le(held, i64(-1n))),',
      shows: 'a value is taken back that is not there, and the count is -1',
    },
    {
      name: 'sum-may-leave-its-range',
      find: 'or(and(removes, below), and(not(removes), above))',
      put: 'and(not(removes), above)',
      shows: 'a sum from which a row is taken leaves its range, and wraps around',
    },
    {
      name: 'unsigned-as-signed',
      find: "[op('addou.i64', held, x), op('ltu.i64', held, x)]",
      put: "[op('addou.i64', held, x), op('lt.i64', held, x)]",
      shows: 'rows are not taken from unsigned sums of 2^63 and more',
    },
  ],
}

export const exactSum: Room = {
  file: 'compiler/lower/accumulators/exact-sum.ts',
  tests: ['lower/changes.test', 'property/plans.test'],
  faults: [
    {
      name: 'old-limbs-stay',
      find: "k.range('limb', first, add(first, i32(LIMBS)), at => {",
      put: "k.range('limb', first, add(first, i32(LIMBS / 2)), at => {",
      shows: 'a group begins with some of the sum of one that has left',
    },
    {
      name: 'groups-share-limbs',
      find: 'mul(entry, i32(LIMBS))',
      put: 'mul(entry, i32(LIMBS - 8))',
      shows: 'large sums of a group are part of those of its neighbour',
    },
    {
      name: 'hidden-bit-unknown',
      find: 'add(and(bits, i64(HIDDEN_BIT - 1n)), hidden)',
      put: 'and(bits, i64(HIDDEN_BIT - 1n))',
      shows: 'powers of two add nothing',
    },
    {
      name: 'tiny-numbers-one-place-off',
      find: 'sub(exponent, toInt(isNormal))',
      put: 'exponent',
      shows: 'normal numbers count twice',
    },
    {
      name: 'back-counts-as-there',
      find: 'signOf(ne(lt(high(bits), i32(0)), removes))',
      put: 'signOf(lt(high(bits), i32(0)))',
      shows: 'what is taken back is added',
    },
    {
      name: 'lowest-limb-forgotten',
      find: "this.#put(k, 'from', entry, min32(this.#held('from', entry), first))",
      put: "this.#put(k, 'from', entry, first)",
      shows: 'small numbers are lost where a large one came behind them',
    },
    {
      name: 'carries-never-move',
      find: "k.store(this.#limbs, 'limb', next, carried)",
      put: "k.store(this.#limbs, 'limb', next, load(this.#limbs, 'limb', next))",
      shows: 'sums of many rows lose their upper digits',
    },
    {
      name: 'rest-forgotten',
      find: "or(ne(op('remu.i64', below, unit), i64(0n)), ne(isRest, i32(0)))",
      put: "ne(op('remu.i64', below, unit), i64(0n))",
      shows: 'a sum just above the middle of two doubles is rounded to the even one',
    },
    {
      name: 'half-forgotten',
      find: "or(ne(op('remu.i64', below, unit), i64(0n)), ne(isRest, i32(0)))",
      put: 'ne(isRest, i32(0))',
      shows: 'a sum just above the middle of two doubles is rounded to the even one',
    },
    {
      name: 'negative-sums-are-positive',
      find: "select(isNegative, op('neg.f64', scaled), scaled)",
      put: 'scaled',
      shows: 'sums have no sign',
    },
    {
      name: 'infinity-and-its-opposite',
      find: "or(gt(this.#held('nan', entry), i64(0n)), and(rises, falls))",
      put: "gt(this.#held('nan', entry), i64(0n))",
      shows: 'the sum of both infinities is one of them',
    },
  ],
}

export const latest: Room = {
  file: 'compiler/lower/accumulators/latest.ts',
  tests: ['lower/changes.test', 'lower/combine.test', 'property/plans.test'],
  faults: [
    {
      name: 'nulls-keep-the-value',
      find: 'select(isGiven, i32(VALUE), i32(NULL))',
      put: 'i32(VALUE)',
      shows: 'a null does not replace the value before it',
    },
    {
      name: 'empty-parts-count',
      find: 'k.if(ne(store.load(seen, from), i32(NO_ROW)), () => {',
      put: 'k.if(ne(store.load(seen, from), i32(VALUE)), () => {',
      shows: 'the latest value is that of a part before the last',
    },
  ],
}

export const mode: Room = {
  file: 'compiler/lower/operators/mode.ts',
  tests: ['lower/changes.test', 'property/plans.test'],
  faults: [
    {
      name: 'codes-above',
      find: 'gt(value, i32(CODE_MAX))',
      put: 'gt(value, i32(CODE_MAX + 1))',
      shows: 'a code that no change has is taken for one',
    },
    {
      name: 'null-codes',
      find: 'orAll([bound.isNull, lt',
      put: 'orAll([lt',
      shows: 'a row without code is taken for an insert',
    },
  ],
}
