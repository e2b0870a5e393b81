/** Rows by key: distinct and upsert are aggregations, and have no code of their own. */
import { aggregate as aggregateCall } from '../expr/aggregates.ts'
import type { Column } from '../schema.ts'
import { type Aggregate, aggregate } from './aggregate.ts'
import type { AnyEmitStrategy, Emit } from './emit.ts'
import type { LogicalNode } from './index.ts'
import { refusal, withoutCode } from './mode.ts'

const emitOn = (strategy: AnyEmitStrategy): Emit => ({ strategy, latenessTicks: 0n })

/** Each row of these columns once; of all columns where none is named. */
export function distinctRows(input: LogicalNode, keys: readonly string[]): Aggregate {
  const all = unbound(input).map(({ name }) => name)
  return aggregate(
    input,
    keys.length === 0 ? all : all.filter(name => keys.includes(name)),
    [],
    emitOn('distinct'),
  )
}

/** The last row of each key to come, as changes. */
export function latestRows(input: LogicalNode, keys: readonly string[], deletes?: string): Aggregate {
  if (input.relation.isChangelog) {
    throw refusal(
      'the latest row by key of changes: changes say themselves what is there',
      'read changes as rows: asAppend(..)',
    )
  }
  const columns = unbound(input)
  const rest = columns.filter(({ name }) => !keys.includes(name) && name !== deletes)
  const calls = rest.map(column => ({
    name: column.name,
    call: aggregateCall('latest', { kind: 'column', ...column }),
  }))
  const inKey = keys.filter(key => columns.some(({ name }) => name === key))
  return aggregate(input, inKey, calls, emitOn('changelog'), undefined, deletes)
}

/** Columns that are neither codes of changes nor bounds of windows: those come by themselves. */
function unbound({ relation }: LogicalNode): readonly Column[] {
  const window = relation.time?.window
  const bounds = window?.isInRows ? [window.start, window.end] : []
  return withoutCode(relation.schema).filter(({ name }) => !bounds.includes(name))
}
