/** Faults of aggregates that are sketches. */
import type { Room } from '../mutant.ts'

export const distinct: Room = {
  file: 'compiler/lower/accumulators/distinct.ts',
  tests: ['lower/sketches.test', 'property/plans.test'],
  faults: [
    {
      name: 'old-registers-stay',
      find: "k.range('register', first, add(first, i32(REGISTERS)), at => {",
      put: "k.range('register', first, add(first, i32(REGISTERS / 2)), at => {",
      shows: 'a group begins with some of the registers of one that has left',
    },
    {
      name: 'groups-share-registers',
      find: 'mul(entry, i32(REGISTERS))',
      put: 'mul(entry, i32(REGISTERS - 1))',
      shows: 'a group counts values of its neighbour, or misses its own',
    },
    {
      name: 'zeros-are-two-values',
      find: 'if (isFloat(value.type)) return doubleBits(value.value)',
      put: "if (isFloat(value.type)) return op('bits.f64', value.value)",
      shows: '0 and -0 are two distinct values',
    },
    {
      name: 'texts-by-one-hash',
      find: "op('extend.i32', upper), TWO_32",
      put: "op('extend.i32', lower), TWO_32",
      shows: 'texts have hashes of 32 bits only: millions of them are counted short',
    },
    {
      name: 'values-of-nulls',
      find: 'when(cx.k, contributes(contribution), () => {',
      put: 'when(cx.k, contribution.mask, () => {',
      shows: 'what lies under a null is counted as a value',
    },
    {
      name: 'rank-falls',
      find: 'k.if(gt(rank, before), () => {',
      put: 'k.if(ne(rank, before), () => {',
      shows: 'a register knows the last rank, not the largest: many values are counted short',
    },
    {
      name: 'power-of-the-old-rank-stays',
      find: 'sub(powerOf(rank), powerOf(before))',
      put: 'powerOf(rank)',
      shows: 'each register that rises makes the number of values smaller',
    },
    {
      name: 'empty-registers-are-all-alike',
      find: 'toInt(eq(before, i32(0)))',
      put: 'i32(1)',
      shows: 'registers that rise twice are taken for two: few values are counted long',
    },
    {
      name: 'full-registers-unknown',
      find: 'toInt(eq(rank, i32(RANK_MAX)))',
      put: 'i32(0)',
      shows: 'a register that is full is taken for one of the rank below',
    },
    {
      name: 'full-registers-count-twice',
      find: 'sub(sub(this.#held(this.#sum, entry), empty), largest)',
      put: 'sub(this.#held(this.#sum, entry), empty)',
      shows: 'registers that are full tell of fewer values than they should',
    },
    {
      name: 'one-round-of-mixing',
      find: 'mul(joinHalves(k, once), i64(MIXER))',
      put: 'joinHalves(k, once)',
      shows: 'values that are near to each other choose registers that are',
    },
    {
      name: 'parts-are-not-joined',
      find: "load(this.#registers, 'rank', add(placeOf(from), register))",
      put: "load(this.#registers, 'rank', add(placeOf(into), register))",
      shows: 'a window knows the values of its first pane only',
      tests: ['lower/combine.test'],
    },
  ],
}

export const quantile: Room = {
  file: 'compiler/lower/accumulators/quantile.ts',
  tests: ['lower/sketches.test', 'property/plans.test'],
  faults: [
    {
      name: 'old-counts-stay',
      find: "k.store(this.#counts, 'rows', at, f64(0))",
      put: '',
      shows: 'a group begins with the counts of one that has left',
    },
    {
      name: 'cleared-too-far',
      find: 'this.#clear(k, entry, end, to)',
      put: 'this.#clear(k, entry, first, to)',
      shows: 'a value above all others makes the group forget them',
    },
    {
      name: 'old-bounds-stay',
      find: 'this.#put(k, this.#end, entry, from)',
      put: '',
      shows: 'the first value of a group clears the counts of all that are smaller',
      equivalent: 'what is cleared that was not in use is cleared again when it is taken into use',
    },
    {
      name: 'quantile-of-nulls',
      find: 'when(k, contributes(contribution), () =>',
      put: 'when(k, contribution.mask, () =>',
      shows: 'what lies under a null is taken for a value',
    },
    {
      name: 'quantile-of-signed',
      find: 'toDouble(value, this.#argType)',
      put: "toDouble(value, value.type === 'i64' ? 'int64' : this.#argType)",
      shows: 'values of uint64 from 2^63 on count as negative',
    },
    {
      name: 'negative-is-positive',
      find: 'select(lt(word, i32(0)), sub(i32(0), magnitude), magnitude)',
      put: 'magnitude',
      shows: 'the quantile of negative values is positive',
    },
    {
      name: 'nan-is-a-number',
      find: 'select(ne(x, x), i32(NAN_BUCKET), add(i32(ZERO_BUCKET), signed))',
      put: 'add(i32(ZERO_BUCKET), signed)',
      shows: 'NaN is given as a large number',
    },
    {
      name: 'no-end-of-magnitudes',
      find: "min32(k.let('place', place), i32(MAGNITUDES))",
      put: "k.let('place', place)",
      shows: 'values above 2^50 are counted in the buckets of other groups',
    },
    {
      name: 'lower-end-of-the-bucket',
      find: 'add(shl(place, i32(BUCKET_SHIFT)), i32(BUCKET_MIDDLE))',
      put: 'shl(place, i32(BUCKET_SHIFT))',
      shows: 'quantiles are off by up to 3 %',
    },
    {
      name: 'one-value-too-early',
      find: 'k.breakIf(gt(passed, before), label)',
      put: 'k.breakIf(ge(passed, before), label)',
      shows: 'the median of three values is the first of them',
    },
    {
      name: 'fraction-of-one-more',
      find: 'mul(f64(fraction), sub(rows, f64(1)))',
      put: 'mul(f64(fraction), rows)',
      shows: 'the median of two values is the second',
    },
    {
      name: 'joined-rows-are-lost',
      find: 'this.#put(k, this.#rows, into, add(this.#held(this.#rows, into), this.#held(this.#rows, from)))',
      put: '',
      shows: 'the quantile of a window is asked for among the rows of its first pane',
      tests: ['lower/combine.test'],
    },
    {
      name: 'joined-counts-are-one',
      find: 'this.#count(k, into, bucket, this.#countOf(from, bucket))',
      put: 'this.#count(k, into, bucket, f64(1))',
      shows: 'panes are joined as if each of their buckets had one row',
      tests: ['lower/combine.test'],
    },
  ],
}
