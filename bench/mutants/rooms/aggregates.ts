/** Faults of aggregates: accumulators, and what results are made of them. */
import type { Room } from '../mutant.ts'

const tests = ['lower/streams.test', 'property/corpus.test', 'property/plans.test']

export const sum: Room = {
  file: 'compiler/lower/accumulators/sum.ts',
  tests,
  faults: [
    {
      name: 'null-overflows',
      find: 'when: and(counts, overflow)',
      put: 'when: overflow',
      shows: 'a null is refused for what lies under it',
    },
    {
      name: 'unsigned-overflow-signed',
      find: "isUnsigned64(argType) ? 'addou.i64' : 'addo.i64'",
      put: "'addo.i64'",
      shows: 'a sum of uint64 is refused at 2^63',
    },
    {
      name: 'old-sum-stays',
      find: 'init: (k, entry) => k.store(store.entries, name, entry, f64(0))',
      put: 'init: () => {}',
      shows: 'a group begins with the sum of one that has left',
    },
    {
      name: 'lanes-of-odd-rows',
      find: 'i32(FLOAT_LANES - 1)',
      put: 'i32(FLOAT_LANES - 2)',
      shows: 'the last bit of a float sum differs from what is documented',
      tests: ['lower/streams.test'],
    },
    {
      name: 'last-lane-not-cleared',
      find: "for (const n of laneNumbers) k.store(lanes, 'sum', i32(n), f64(0))",
      put: "for (const n of laneNumbers.slice(1)) k.store(lanes, 'sum', i32(n), f64(0))",
      shows: 'a plan that is used again begins with the sum from before',
      equivalent:
        'the one group comes once, with its memory still zero, and leaves with the end of the input',
    },
    {
      name: 'masked-rows-are-added',
      find: "put(mul(x, op('extend.i32', toInt(counts))))",
      put: 'put(x)',
      shows: 'the sum over all rows has those that a filter drops',
    },
    {
      name: 'masked-rows-in-lanes',
      find: 'select(counts, x, f64(0))',
      put: 'x',
      shows: 'the float sum over all rows has those that a filter drops',
    },
  ],
}

export const accumulators: Room = {
  file: 'compiler/lower/accumulators/accumulator.ts',
  tests,
  faults: [
    {
      name: 'nulls-count',
      find: 'isNever(isMissing) ? bool(true) : not(isMissing)',
      put: 'bool(true)',
      shows: 'count, sum and avg take nulls for what lies under them',
    },
    {
      name: 'only-nulls-count',
      find: 'bool(true) : not(isMissing)',
      put: 'bool(true) : isMissing',
      shows: 'count counts the nulls',
    },
  ],
}

export const count: Room = {
  file: 'compiler/lower/accumulators/count.ts',
  tests,
  faults: [
    {
      name: 'old-count-stays',
      find: 'init: (k, entry) => k.store(store.entries, name, entry, i64(0n))',
      put: 'init: () => {}',
      shows: 'a group begins with the count of one that has left',
    },
    {
      name: 'count-of-the-last-call',
      find: "add(before, op('extend.i32', local()))",
      put: "op('extend.i32', local())",
      shows: 'the count of all rows is that of the last batch',
    },
    {
      name: 'masked-rows-are-counted',
      find: 'toInt(contributes(contribution))',
      put: 'i32(1)',
      shows: 'the count of all rows has those that a filter drops',
    },
  ],
}

export const extremes: Room = {
  file: 'compiler/lower/accumulators/extreme.ts',
  tests,
  faults: [
    {
      name: 'min-is-max',
      find: 'largest ? after(k, value, best) : after(k, best, value)',
      put: 'largest ? after(k, best, value) : after(k, value, best)',
      shows: 'min is max',
    },
    {
      name: 'seen-not-kept',
      find: 'k.store(store.entries, seen, entry, i32(1))',
      put: '',
      shows: 'min and max are null',
    },
    {
      name: 'old-extreme-stays',
      find: 'k.store(store.entries, seen, entry, i32(0))',
      put: '',
      shows: 'a group begins with the extreme of one that has left',
    },
  ],
}

export const edges: Room = {
  file: 'compiler/lower/accumulators/edge.ts',
  tests,
  faults: [
    {
      name: 'last-is-the-first-of-equals',
      find: 'export const last = edge(ge)',
      put: 'export const last = edge((time, best) => lt(best, time))',
      shows: 'of rows at one time the first to arrive is the last',
    },
    {
      name: 'time-not-kept',
      find: 'k.store(store.entries, at, entry, time)',
      put: '',
      shows: 'first and last go by arrival, or by a group that has left',
    },
  ],
}

export const bits: Room = {
  file: 'compiler/lower/accumulators/bits.ts',
  tests: ['lower/aggregates.test', 'property/plans.test'],
  faults: [
    {
      name: 'all-begin-as-none',
      find: 'joined(-1, and)',
      put: 'joined(0, and)',
      shows: 'bool_and is false and bit_and is 0',
    },
    {
      name: 'any-begin-as-all',
      find: 'joined(0, or)',
      put: 'joined(-1, or)',
      shows: 'bool_or is true and bit_or has all bits',
    },
    {
      name: 'odd-is-any',
      find: 'joined(0, xor)',
      put: 'joined(0, or)',
      shows: 'a bit that two values have stays',
    },
    {
      name: 'old-bits-stay',
      find: 'init: (k, entry) => k.store(store.entries, name, entry, startOf(argType, start))',
      put: 'init: () => {}',
      shows: 'a group begins with the bits of one that has left',
    },
    {
      name: 'bits-of-nulls',
      find: 'when(cx.k, contributes(contribution), () => {',
      put: 'when(cx.k, contribution.mask, () => {',
      shows: 'what lies under a null is joined to the rest',
    },
  ],
}

export const products: Room = {
  file: 'compiler/lower/accumulators/products.ts',
  tests: ['lower/aggregates.test', 'property/plans.test'],
  faults: [
    {
      name: 'distance-from-the-old-mean',
      find: 'sub(values[second], moved[second])',
      put: 'distances[second]',
      shows: 'variances are too large',
    },
    {
      name: 'old-moments-stay',
      find: 'for (const field of Object.keys(this.fields)) this.#put(k, field, entry, f64(0))',
      put: '',
      shows: 'a group begins with the means of one that has left',
    },
    {
      name: 'variance-of-nulls',
      find: 'when(k, contributes(contribution), () =>',
      put: 'when(k, contribution.mask, () =>',
      shows: 'what lies under a null is taken for a value',
    },
    {
      name: 'variance-of-signed',
      find: 'toDouble(value, this.#argTypes[number])',
      put: "toDouble(value, value.type === 'i64' ? 'int64' : this.#argTypes[number])",
      shows: 'values of uint64 from 2^63 on count as negative',
    },
    {
      name: 'covariance-is-variance',
      find: 'products(0, 1)',
      put: 'products(0, 0)',
      shows: 'a covariance does not look at its second argument',
    },
    {
      name: 'joined-with-nothing',
      find: 'k.if(gt(added, f64(0)), () => {',
      put: 'k.if(gt(added, f64(-1)), () => {',
      shows: 'a group that is joined with an empty part has no variance',
      tests: ['lower/combine.test'],
    },
    {
      name: 'joined-without-distance',
      find: 'this.#sum, into, add(within, between)',
      put: 'this.#sum, into, within',
      shows: 'the variance of parts that are joined lacks the distance between them',
      tests: ['lower/combine.test'],
    },
    {
      name: 'joined-mean-stays',
      find: 'this.#put(k, mean, into, add(',
      put: 'this.#put(k, mean, from, add(',
      shows: 'the third part of a group is joined at the mean of the first',
      tests: ['lower/combine.test'],
    },
  ],
}

export const aggregateTable: Room = {
  file: 'compiler/lower/accumulators/index.ts',
  tests: ['lower/aggregates.test', ...tests],
  faults: [
    {
      name: 'count-of-anything',
      find: "kind === 'count' ? args.filter(arg => arg.nullable) : args",
      put: "kind === 'count' ? [] : args",
      shows: 'count(x) is the number of rows where count(*) stands beside it',
    },
    {
      name: 'empty-sum-is-zero',
      find: '({ ...held(kind), isNull: isEmpty(held) })',
      put: 'held(kind)',
      shows: 'the sum of nulls is 0 and not null',
    },
    {
      name: 'sample-of-one',
      find: 'lt(rowsOf(held), i64(2n))',
      put: 'lt(rowsOf(held), i64(1n))',
      shows: 'the variance of a sample of one row is NaN and not null',
    },
    {
      name: 'sample-is-all',
      find: "sub(double(held, 'count'), f64(1))",
      put: "double(held, 'count')",
      shows: 'var_samp is var_pop',
    },
    {
      name: 'correlation-beyond-one',
      find: 'select(lt(ratio, f64(-1)), f64(-1), atMost)',
      put: 'select(lt(ratio, f64(-1)), f64(-1), ratio)',
      shows: 'the correlation of what is nearly proportional is more than 1',
    },
    {
      name: 'correlation-out-of-range',
      find: 'select(isInRange, root(square), mul(root(x), root(y)))',
      put: 'root(square)',
      shows: 'the correlation of large values is 0',
    },
    {
      name: 'correlation-of-one-side',
      find: 'or(eq(x, f64(0)), eq(y, f64(0)))',
      put: 'eq(x, f64(0))',
      shows: 'the correlation with what does not vary is NaN and not null',
    },
    {
      name: 'average-of-unsigned',
      find: 'return toDouble(value, type)',
      put: "return toDouble(value, 'int64')",
      shows: 'the average of uint64 from 2^63 on is negative',
    },
  ],
}
