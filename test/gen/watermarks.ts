/** Random watermarks of a source: by its rows, by its partitions, by the clock. */
import fc from 'fast-check'
import type { AlignmentSpec } from '../../ir/logical/alignment.ts'
import type { PartitionSpec } from '../../ir/logical/partition.ts'
import type { WatermarkSpec } from '../../ir/logical/source.ts'
import type { Schema } from '../../ir/schema.ts'
import { TIME } from './streams.ts'

export function watermarksOf(schema: Schema): fc.Arbitrary<WatermarkSpec> {
  const flags = schema.flatMap(({ name, type }) => (type === 'bool' ? [{ marker: name }] : []))
  return fc
    .record({
      delayTicks: fc.constantFrom(0n, 1n, 7n, 1000n),
      marker: fc.constantFrom({}, ...flags),
      moves: fc.constantFrom({}, {}, {}, { moves: 'batch' as const }),
      ahead: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: aheads }),
      isByClock: fc.integer({ min: 0, max: 7 }).map(n => n === 0),
      partition: fc.option(partitionsOf(schema), { nil: undefined, freq: 4 }),
      idle: fc.constantFrom({}, {}, {}, { idleMs: 1n }, { idleMs: 7n }, { idleMs: 50n }),
    })
    .map(({ delayTicks, marker, moves, ahead, isByClock, partition, idle }) => ({
      column: TIME,
      delayTicks,
      ...(ahead && { ahead }),
      ...(isByClock
        ? { follows: 'clock' }
        : {
            ...marker,
            ...moves,
            ...(partition
              ? { partition: 'moves' in moves ? { ...partition, lateBy: 'source' } : partition }
              : idle),
          }),
    }))
}

const aheads = fc.record(
  {
    ticks: fc.constantFrom(0n, 5n, 100n),
    policy: fc.constantFrom('keep' as const, 'refuse' as const),
  },
  { noNullPrototype: true },
)

/** By any column, so that there are few partitions or nearly as many as rows. */
const partitionsOf = (schema: Schema): fc.Arbitrary<PartitionSpec> =>
  fc
    .record({
      column: fc.constantFrom(...schema.filter(({ name }) => name !== TIME).map(({ name }) => name)),
      expected: fc.constantFrom(undefined, undefined, undefined, 2),
      idleMs: fc.constantFrom(undefined, 1n, 7n, 50n),
      max: fc.constantFrom(3, 1 << 10, 1 << 10),
      forgets: fc.boolean(),
      lateBy: fc.constantFrom('source' as const, 'partition' as const, 'partition' as const),
    })
    .map(({ expected, idleMs, forgets, ...rest }) => {
      const canForget = forgets && idleMs !== undefined
      return {
        ...rest,
        ...(expected !== undefined && !canForget && { expected }),
        ...(idleMs !== undefined && { idleMs }),
        whenFull: canForget ? 'forget' : 'fail',
      }
    })

/** None that pauses: what is pushed in the order of a trial would be refused. */
export const alignments: fc.Arbitrary<AlignmentSpec> = fc.record(
  {
    group: fc.constant('feeds'),
    driftTicks: fc.constantFrom(0n, 3n, 20n, 1000n),
    policy: fc.constantFrom('drop' as const, 'drop' as const, 'warn' as const),
  },
  { noNullPrototype: true },
)
