/** Random joins of two plans: by equal columns, and by their times. */
import fc from 'fast-check'
import { asofDirections, asofJoin, asofTypes } from '../../ir/logical/asof-join.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import { intervalJoin, joinTypes } from '../../ir/logical/interval-join.ts'
import { rightNames } from '../../ir/logical/join-columns.ts'
import { withoutCode } from '../../ir/logical/mode.ts'
import type { Schema } from '../../ir/schema.ts'
import { isList, isTimestamp } from '../../ir/types.ts'
import { exprOf, ref } from './exprs.ts'

type NodeArb = fc.Arbitrary<LogicalNode>

const DEPTH = 2

const readable = (input: LogicalNode): Schema => withoutCode(input.relation.schema)

/** Columns of event time, of which joins keep their distance. */
export const timesOf = ({ relation: { schema, time } }: LogicalNode): Schema =>
  schema.filter(({ name, type }) => time?.columns.includes(name) && isTimestamp(type))

export function joinsOf(left: LogicalNode, right: LogicalNode): NodeArb {
  const window = left.relation.time?.window
  const pairs = timesOf(left).flatMap(a =>
    timesOf(right)
      .filter(b => a.type === b.type)
      .map(b => [a, b] as const),
  )
  const isFree =
    (window && !window.isInRows) || left.relation.schema.some(({ name }) => name.startsWith('right_'))
  if (isFree || pairs.length === 0) return fc.constant(left)
  const names = rightNames(left.relation.schema, right.relation.schema)
  const both = [
    ...left.relation.schema,
    ...right.relation.schema.map(one => ({ ...one, name: names.get(one.name) ?? one.name })),
  ]
  const equal = readable(left).flatMap(a =>
    right.relation.schema
      .filter(b => a.type === b.type && !isList(a.type))
      .map(b => ({ left: ref(a), right: ref(b) })),
  )
  const keys = fc.subarray(equal, { maxLength: Math.min(2, equal.length) })
  const residual = fc.option(exprOf('bool', both, DEPTH), { nil: undefined, freq: 2 })
  const ranges = fc
    .tuple(fc.constantFrom(...pairs), fc.array(distances, { minLength: 2, maxLength: 2 }))
    .map(([[a, b], ends]) => {
      const [lower, upper] = ends.toSorted((x, y) => (x < y ? -1 : 1))
      return { left: a.name, right: b.name, lower, upper }
    })
  return fc
    .tuple(fc.constantFrom(...joinTypes), keys, window ? fc.constant(undefined) : ranges, residual)
    .map(([type, keys, range, residual]) =>
      intervalJoin(left, right, { type, condition: { keys, range, residual }, names }),
    )
}

const offsetLists = fc
  .uniqueArray(fc.constantFrom(-10n, -1n, 0n, 1n, 3n, 10n, 1000n), { minLength: 1, maxLength: 3 })
  .map(list => list.toSorted((a, b) => (a < b ? -1 : 1)))

export function asofJoinsOf(left: LogicalNode, right: LogicalNode): NodeArb {
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
    readable(right)
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

const distances = fc.constantFrom(
  -(1n << 62n),
  -1000n,
  -10n,
  -3n,
  -1n,
  0n,
  0n,
  1n,
  2n,
  5n,
  10n,
  1000n,
  1n << 62n,
)
