/**
 * consolidate: changes that undo each other within a step vanish, what is left of a step comes at its end. A step ends when the
 * watermark passes a multiple of a period since 1970, or where there is none when it moves at all; the row that moves it is
 * the last of the step. Without event time the end of input is the only one. So steps depend on the rows before them alone,
 * and any split into batches makes the same. Or the clock on the wall says it, at multiples of a period, and at the end: then rows
 * wait as long as it likes, and have no event time behind.
 */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import type { Early } from './emit.ts'
import type { LogicalNode } from './index.ts'
import { refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { EventTime, Relation } from './relation.ts'

export interface Consolidate {
  readonly kind: 'consolidate'
  readonly input: LogicalNode
  /** What a step is as long as; undefined where each move of the watermark ends one. */
  readonly every: Early | undefined
  readonly relation: Relation
}

const TICKS_MAX = (1n << 63n) - 1n

export function consolidate(input: LogicalNode, every?: Early): Consolidate {
  const { relation } = input
  const { schema, time, isChangelog } = relation
  if (!isChangelog) throw refusal('rows that are only added undo nothing', 'leave consolidate out')
  if (time?.window)
    throw refusal(
      'changes of rows that belong to windows, consolidated',
      'consolidate before windows are assigned, or what the rows of each are aggregated to',
    )
  for (const { name, type } of schema) refuseList(`consolidate of '${name}'`, type)
  if (every) checkPeriod(every, time)
  const isTimed = every?.clock !== 'processing'
  return {
    kind: 'consolidate',
    input,
    every,
    relation: isTimed ? relation : { ...relation, time: undefined },
  }
}

function checkPeriod({ clock, every }: Early, time: EventTime | undefined): void {
  if (every < 1n || every > TICKS_MAX)
    throw new MillraceError('LDB-0001', 'the period of a step must be positive')
  if (clock === 'event' && (!time || time.columns.length === 0))
    throw new MillraceError('LDB-2001', 'steps of event time, of which the stream has none', {
      fix: "leave the period out, which makes one step of all there is, or keep the time of the source, or use the clock 'processing'",
    })
}

/** When steps end: by the clock, or by event time, of which the least there is makes each move of the watermark the end of one. */
export const stepsOf = ({ every, relation }: Consolidate): Early | undefined =>
  every ?? (relation.time && { clock: 'event', every: 1n })

export const consolidateRule: OperatorRule<Consolidate> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['changes'],
  print: ({ every }) => `consolidate${every ? ` every ${every.clock} ${every.every}` : ''}`,
}
