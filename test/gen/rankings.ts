/** Random rankings: few ranks of many rows, and many of few. */
import fc from 'fast-check'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { withoutCode } from '../../ir/logical/mode.ts'
import type { SortColumn } from '../../ir/logical/ordering.ts'
import type { RankSpec } from '../../ir/logical/rank.ts'
import type { Schema } from '../../ir/schema.ts'

const KEYS_MAX = 2

export function rankings({ relation }: LogicalNode): fc.Arbitrary<RankSpec> {
  const { schema, time } = relation
  const columns = withoutCode(schema)
  const names = columns.map(({ name }) => name)
  const as = ['place', 'place2', 'place3'].find(name => !names.includes(name))
  return fc
    .record({
      by: fc.constantFrom('row_number' as const, 'rank' as const, 'dense_rank' as const),
      partitionBy: fc.subarray(names, { maxLength: Math.min(KEYS_MAX, names.length) }),
      orderBy: ordersOf(columns),
      limit: fc.constantFrom(1, 1, 2, 3, 5, 100),
      offset: fc.constantFrom(0, 0, 0, 1, 3),
      as: fc.constantFrom(as, as, undefined),
      closes: fc.boolean(),
      isBounded: fc.boolean(),
    })
    .map(({ closes, isBounded, limit, ...spec }) => {
      const emit = closes && time?.window ? 'close' : 'update'
      return { ...spec, limit: emit === 'close' && !isBounded ? undefined : limit, emit }
    })
}

const ordersOf = (columns: Schema): fc.Arbitrary<readonly SortColumn[]> =>
  fc
    .shuffledSubarray([...columns], { minLength: 1, maxLength: Math.min(2, columns.length) })
    .chain(chosen =>
      fc.tuple(
        ...chosen.map(({ name }) =>
          fc.record({ descending: fc.boolean(), nullsFirst: fc.boolean() }).map(how => ({ name, ...how })),
        ),
      ),
    )
