/** Faults of what stands beside the way of a row: counts for explain analyze, the end of lowering, comparisons with what is fixed. */
import type { Room } from '../mutant.ts'

export const rowCounts: Room = {
  file: 'compiler/lower/row-counts.ts',
  tests: ['property/counts.test', 'explain/analyze.test'],
  faults: [
    {
      name: 'dropped-rows-pass',
      find: 'add(this.#passed, toInt(mask))',
      put: 'add(this.#passed, i32(1))',
      shows: 'explain analyze says that a filter keeps every row',
    },
    {
      name: 'rows-not-settled',
      find: 'this.#add(ROWS)',
      put: '',
      shows: 'explain analyze knows of no rows',
    },
    {
      name: 'any-fault-but-its-own',
      find: 'eq(set, i32(bit))',
      put: 'eq(eq(set, i32(bit)), eq(set, i32(0)))',
      shows: 'explain analyze counts a row under the faults that it does not have',
    },
    {
      name: 'one-operator-too-few',
      find: 'tail.length + 1\n',
      put: 'tail.length\n',
      shows: 'rows of the last operator are counted behind the region',
    },
  ],
}

export const finish: Room = {
  file: 'compiler/lower/finish.ts',
  tests: ['lower/finish.test', 'explain/explain.test'],
  faults: [
    {
      name: 'not-verified',
      find: 'verifyKernel(optimiseKernel(raw)).body',
      put: 'optimiseKernel(raw).body',
      shows: 'an operator that breaks a law is not found out',
    },
    {
      name: 'not-optimised',
      find: 'verifyKernel(optimiseKernel(raw)).body',
      put: 'verifyKernel(raw).body',
      shows: 'plans are several times slower',
    },
    {
      name: 'finished-again-and-again',
      find: 'finished ??=',
      put: 'finished =',
      shows: 'each look at a kernel costs what it costs to make it',
    },
  ],
}

export const comparisons: Room = {
  file: 'compiler/lower/expr/compare.ts',
  tests: ['lower/streams.test', 'frontend/functions.test', 'property/plans.test'],
  faults: [
    {
      name: 'column-for-fixed',
      find: 'a.isFixed ? equalFixed(cx.k, b, a) : equalBytes(cx.k, a, b)',
      put: 'equalFixed(cx.k, a, b)',
      shows: 'some plans do not compile: a text is compared before there is a row',
    },
    {
      name: 'fixed-side-mistaken',
      find: 'if (b.isFixed) return equalFixed(cx.k, a, b)',
      put: 'if (b.isFixed) return equalFixed(cx.k, b, a)',
      shows: 'some plans do not compile: a text is compared before there is a row',
    },
  ],
}
