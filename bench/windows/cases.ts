/** The cases of the window benches that are timed kernel against kernel. */
import type { CodedCase } from '../lib/kernel-case.ts'
import { countingCases } from './counting.ts'
import { hoppingCases } from './hopping.ts'
import { keyedWindows } from './keyed.ts'
import { sessionWindows } from './sessions.ts'

export interface WindowCase {
  readonly spec: CodedCase
  /** Rows that every answer is compared over before anything is timed. */
  readonly checkedRows: number
  /** Is it run only where it is named? It takes minutes. */
  readonly isLong: boolean
}

/** The arena of a resident kernel holds so many at the most; more come batch by batch, with a memcpy. */
export const RESIDENT_ROWS = 1 << 20
/** Answers of more rows than this are not compared: the comparison would take longer than the bench. */
const CHECKED_ROWS = 1 << 18

const tumbling = { perWindow: 1, sums: true, onlyTakes: false } as const

const windowCase = (spec: CodedCase): WindowCase => ({
  spec,
  checkedRows: Math.min(CHECKED_ROWS, spec.rows),
  isLong: spec.rows > RESIDENT_ROWS,
})

export const windowCases: readonly WindowCase[] = [
  keyedWindows({ ...tumbling, name: 'tumble-1k', keys: 1000, rows: 1 << 18, slideMs: 10_000 }),
  keyedWindows({ ...tumbling, name: 'tumble-100k', keys: 100_000, rows: 1 << 20, slideMs: 1_000_000 }),
  keyedWindows({ ...tumbling, name: 'tumble-5m', keys: 5_000_000, rows: 1 << 23, slideMs: 10_000_000 }),
  keyedWindows({
    ...tumbling,
    name: 'tumble-count-10k',
    keys: 10_000,
    rows: 1 << 20,
    slideMs: 100_000,
    sums: false,
  }),
  ...hoppingCases,
  sessionWindows,
  ...countingCases,
].map(windowCase)
