/** Random windows: of event time, and of rows. */
import fc from 'fast-check'
import type { RowWindow } from '../../ir/logical/row-window.ts'
import type { TumblingWindow, WindowSpec } from '../../ir/logical/window.ts'
import { MAX64, MIN64 } from './values.ts'

/** Mostly windows that close in the stream; now and then ones that leave the range of time. */
export const sizesAndOffsets = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(1n, 5n, 10n, 1000n), fc.constantFrom(0n, 3n, -2n)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(7n, (1n << 62n) + 1n, MAX64),
      fc.constantFrom(MIN64, MAX64, -(1n << 40n)),
    ),
  },
)

/** Side by side, overlapping, or sessions: slides and steps that do and do not divide the size. */
export const specsOn = (grid: Omit<TumblingWindow, 'kind'>): fc.Arbitrary<WindowSpec> => {
  const { column, sizeTicks } = grid
  const parts = [1n, 2n, 3n, 5n, 10n].filter(n => n <= sizeTicks)
  const slides = parts.map(n => sizeTicks / n + (sizeTicks % n === 0n ? 0n : 1n))
  const steps = parts.filter(n => sizeTicks % n === 0n).map(n => sizeTicks / n)
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<WindowSpec>({ kind: 'tumble', ...grid }) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(...slides, ...(sizeTicks > 7n ? [sizeTicks - 1n, 3n + sizeTicks / 9n] : []))
        .map((slideTicks): WindowSpec => ({ kind: 'hop', ...grid, slideTicks })),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom(1n, 2n, 5n, 50n, 1000n, MAX64 - 1n), fc.boolean())
        .map(([gapTicks, isInclusive]): WindowSpec => ({ kind: 'session', column, gapTicks, isInclusive })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...steps)
        .map((stepTicks): WindowSpec => ({ kind: 'cumulate', ...grid, stepTicks })),
    },
  )
}

/** Of few rows, so that they fill up: side by side, overlapping in panes of one row and of more, or without an end. */
export const rowWindows: fc.Arbitrary<RowWindow> = fc.oneof(
  fc.constantFrom(1, 2, 3, 7).map(rows => ({ sizeRows: rows, slideRows: rows })),
  fc.constantFrom(1, 2, 5).map(slideRows => ({ slideRows })),
  fc
    .constantFrom([2, 1], [3, 2], [5, 1], [6, 2], [6, 4], [12, 9], [40, 1])
    .map(([sizeRows, slideRows]) => ({ sizeRows, slideRows })),
)
