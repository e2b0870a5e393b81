/** Random joins of two plans by the nearest time. */
import fc from 'fast-check'
import { asofDirections, asofJoin, asofTypes } from '../../ir/logical/asof-join.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { withoutCode } from '../../ir/logical/mode.ts'
import { isList } from '../../ir/types.ts'
import { ref } from './exprs.ts'
import { timesOf } from './joins.ts'

const offsetLists = fc
  .uniqueArray(fc.constantFrom(-10n, -1n, 0n, 1n, 3n, 10n, 1000n), { minLength: 1, maxLength: 3 })
  .map(list => list.toSorted((a, b) => (a < b ? -1 : 1)))

export function asofJoinsOf(left: LogicalNode, right: LogicalNode): fc.Arbitrary<LogicalNode> {
  const pairs = timesOf(left).flatMap(a =>
    timesOf(right)
      .filter(b => a.type === b.type)
      .map(b => ({ left: a.name, right: b.name })),
  )
  const columns = [...left.relation.schema, ...right.relation.schema]
  const isFree =
    columns.some(({ type }) => isList(type)) ||
    left.relation.schema.some(({ name }) => name.startsWith('right_') || name === 'offset')
  if (isFree || pairs.length === 0 || right.relation.time?.window) return fc.constant(left)
  const equal = left.relation.schema.flatMap(a =>
    withoutCode(right.relation.schema)
      .filter(b => a.type === b.type)
      .map(b => ({ left: ref(a), right: ref(b) })),
  )
  const directions = right.relation.isChangelog ? (['backward'] as const) : asofDirections
  return fc
    .record({
      type: fc.constantFrom(...asofTypes),
      direction: fc.constantFrom(...directions),
      keys: fc.subarray(equal, { maxLength: Math.min(2, equal.length) }),
      times: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...pairs) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      tolerance: fc.constantFrom(undefined, 0n, 1n, 3n, 10n, 1000n),
      waits: fc.constantFrom(true, true, true, false),
      offsets: fc.option(offsetLists, { nil: undefined, freq: 4 }),
    })
    .map(({ tolerance, offsets, waits, direction, times, ...parts }) =>
      asofJoin(left, right, {
        ...parts,
        times,
        direction: times ? direction : 'backward',
        waits: times !== undefined && waits,
        toleranceTicks: times && waits && direction !== 'backward' ? (tolerance ?? 5n) : times && tolerance,
        probes: times && direction === 'backward' && offsets ? { offsets, name: 'offset' } : undefined,
      }),
    )
}
