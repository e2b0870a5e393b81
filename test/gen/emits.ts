/** Random ways to hand out results. */
import fc from 'fast-check'
import { type Aggregate, aggregateRow } from '../../ir/expr/aggregates.ts'
import { type Early, type Emit, isEager, ON_CLOSE, takesBack } from '../../ir/logical/emit.ts'
import type { AssignedWindow, EventTime } from '../../ir/logical/relation.ts'
import { MAX64 } from './values.ts'

/** What is taken back must have been kept, which is so of fields only: other aggregates are left out, where any stay. */
export const fitting = (
  calls: readonly Aggregate[],
  emit: Emit,
  window: AssignedWindow | undefined,
): readonly [readonly Aggregate[], Emit] => {
  const joins = window?.spec.kind === 'session' && isEager(emit)
  if (!takesBack(emit) && !joins) return [calls, emit]
  const kept = calls.filter(({ fn }) => !aggregateRow(fn).outgrowsEntry)
  if (joins) return kept.length > 0 ? [kept, emit] : [calls, ON_CLOSE]
  const { changes, ...once } = emit
  return kept.length > 0 ? [kept, emit] : [calls, once]
}

export function emitsOf(time: EventTime | undefined): fc.Arbitrary<Emit> {
  const window = time?.window
  return fc.oneof({ weight: 3, arbitrary: emitsOnce(window) }, { weight: 3, arbitrary: emitsRefined(time) })
}

/** How often, and by which clock. */
export function periodsOf(time: EventTime | undefined): fc.Arbitrary<Early> {
  const clocks =
    time && time.columns.length > 0 ? (['event', 'event', 'processing'] as const) : (['processing'] as const)
  return fc.record(
    { clock: fc.constantFrom(...clocks), every: fc.constantFrom(1n, 3n, 10n, MAX64) },
    { noNullPrototype: true },
  )
}

/** Results that later ones replace. */
function emitsRefined(time: EventTime | undefined): fc.Arbitrary<Emit> {
  const isWindowed = time?.window !== undefined
  return fc
    .record({
      strategy: fc.constantFrom(
        'watermark' as const,
        'watermark' as const,
        'close' as const,
        'final' as const,
      ),
      latenessTicks: isWindowed ? fc.constantFrom(0n, 5n, 1000n, MAX64) : fc.constant(0n),
      early: fc.option(periodsOf(time), { nil: undefined, freq: 2 }),
      changes: fc.boolean(),
    })
    .map(({ early, ...emit }) => ({ ...emit, ...(early && { early }) }))
}

export function emitsOnce(window: AssignedWindow | undefined, isChangelog = false): fc.Arbitrary<Emit> {
  const eager = isChangelog
    ? fc.constant('changelog' as const)
    : fc.constantFrom('update' as const, 'changelog' as const)
  const strategy = fc.oneof(
    { weight: 4, arbitrary: fc.constant('close' as const) },
    { weight: 1, arbitrary: fc.constant('final' as const) },
    { weight: 2, arbitrary: eager },
  )
  const latenessTicks = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0n) },
    { weight: window ? 2 : 0, arbitrary: fc.constantFrom(1n, 5n, 1000n, MAX64) },
  )
  return fc.record({ strategy, latenessTicks }, { noNullPrototype: true })
}
