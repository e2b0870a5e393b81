/** Faults of decimals: in kernels, in what they mean, and where they enter and leave. */
import type { Room } from '../mutant.ts'

export const decimalKernels: Room = {
  file: 'compiler/lower/expr/decimal.ts',
  tests: ['frontend/functions.test', 'lower/decimals.test'],
  faults: [
    {
      name: 'upper-limit-alone',
      find: 'or(lt(units, i64(-max)), gt(units, i64(max)))',
      put: 'gt(units, i64(max))',
      shows: 'a negative sum has more digits than its type',
    },
    {
      name: 'half-toward-zero',
      find: 'select(ge(rest, up), i64(1n)',
      put: 'select(gt(rest, up), i64(1n)',
      shows: '0.005 rounds to 0.00',
    },
    {
      name: 'product-wraps',
      find: "faults: [misfit(op('mulo.i64', units, by))]",
      put: 'faults: []',
      shows: 'a large integer becomes a small decimal',
    },
    {
      name: 'no-zero-before-the-point',
      find: 'and(eq(carry, ZERO), gt(digits, i32(scale)))',
      put: 'eq(carry, ZERO)',
      shows: '0.05 reads 5',
    },
    {
      name: 'digits-not-padded',
      find: 'padded(cx, point, scale, bad)',
      put: '',
      shows: 'the text 1.5 is 0.15',
    },
  ],
}

export const decimalDoor: Room = {
  file: 'runtime/io/arrow/decimals.ts',
  tests: ['io/load.test', 'io/result.test', 'io/rows.test', 'lower/decimals.test', 'io/reject.test'],
  faults: [
    {
      name: 'upper-words-not-looked-at',
      find: 'isNarrow(values, i) && units[i] <= max',
      put: 'units[i] <= max',
      shows: 'an amount that is too large comes in as a small one',
    },
    {
      name: 'sign-not-spread',
      find: 'words[WORDS * i + 3] = high >> 31',
      put: 'words[WORDS * i + 3] = 0',
      shows: 'negative results are huge',
    },
  ],
}

export const decimalTypes: Room = {
  file: 'ir/expr/decimal.ts',
  tests: ['lower/decimals.test', 'types/builder.test'],
  faults: [
    {
      name: 'product-scale-of-one',
      find: 'const scale = p.scale + q.scale',
      put: 'const scale = Math.max(p.scale, q.scale)',
      shows: 'products are off by powers of ten',
    },
    {
      name: 'sum-without-carry',
      find: 'Math.min(precision + 1, DIGITS_MAX)',
      put: 'precision',
      shows: 'a sum of two amounts overflows though there is room',
    },
  ],
}
