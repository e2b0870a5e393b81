/** The rows of the window benches: a row a millisecond, up to a second out of order, of any of so many keys. */
import { type Duration, source, t } from '../../compiler/index.ts'
import { ints, longs } from '../lib/data.ts'
import type { CodedCase } from '../lib/kernel-case.ts'

export const START_MS = 1_700_000_000_000
export const LAG_MS = 1000

/** Spreads the numbers of keys over all integers, so that they say nothing about their place in a table. */
const SPREAD = 0x2c1b3c6d

export const paymentsWith = (outOfOrderness: Duration) =>
  source('payments', { ts: t.timestamp('ms'), key: t.int32, amount: t.int64 }, { time: 'ts', outOfOrderness })

/** None is late: a row is less than the lag behind any before it. */
export const paymentsData =
  (keys: number): CodedCase['data'] =>
  (rows, random) => ({
    rows,
    columns: [
      longs('ts', rows, i => START_MS + i + LAG_MS - random(LAG_MS), 'timestamp[ms]'),
      ints('key', rows, () => Math.imul(random(keys), SPREAD)),
      longs('amount', rows, () => random(100_000)),
    ],
  })
