/** Small streams of one schema. */
import { type Columns, type Stream, source, t } from '../../compiler/index.ts'
import type { LogicalNode } from '../../ir/logical/index.ts'
import type { ModelRow } from '../model/model.ts'

const columns = { at: t.timestamp('ms'), n: t.int64, u: t.uint64, x: t.float64, key: t.utf8 }
export const events = source('events', columns, { time: 'at' })
export const slow = source('events', columns, { time: 'at', outOfOrderness: '1s' })
export const timeless = source('events', columns)

export const row = (at: number | bigint, given: ModelRow = {}): ModelRow => ({
  at: BigInt(at),
  n: 1n,
  u: 1n,
  x: 1,
  key: 'a',
  ...given,
})

export const nodeOf = (stream: unknown): LogicalNode => (stream as Stream<Columns>).node
