/**
 * consolidate: changes that undo each other within a step vanish, what is left of a step comes at its end. A step ends when the
 * watermark passes a multiple of a period since 1970, or where there is none when it moves at all; the row that moves it is
 * the last of the step. Without event time the end of input is the only one. So steps depend on the rows before them alone,
 * and any split into batches makes the same.
 */
import { MillraceError } from '../errors.ts'
import { refuseList } from '../expr/build.ts'
import type { LogicalNode } from './index.ts'
import { refusal } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { EventTime, Relation } from './relation.ts'

export interface Consolidate {
  readonly kind: 'consolidate'
  readonly input: LogicalNode
  /** Ticks of event time from the end of a step to that of the next; undefined where each move of the watermark ends one. */
  readonly everyTicks: bigint | undefined
  readonly relation: Relation
}

const TICKS_MAX = (1n << 63n) - 1n

export function consolidate(input: LogicalNode, everyTicks?: bigint): Consolidate {
  const { relation } = input
  const { schema, time, isChangelog } = relation
  if (!isChangelog) throw refusal('rows that are only added undo nothing', 'leave consolidate out')
  if (time?.window)
    throw refusal(
      'changes of rows that belong to windows, consolidated',
      'consolidate before windows are assigned, or what the rows of each are aggregated to',
    )
  for (const { name, type } of schema) refuseList(`consolidate of '${name}'`, type)
  if (everyTicks !== undefined) checkPeriod(everyTicks, time)
  return { kind: 'consolidate', input, everyTicks, relation }
}

function checkPeriod(ticks: bigint, time: EventTime | undefined): void {
  if (ticks < 1n || ticks > TICKS_MAX)
    throw new MillraceError('LDB-0001', 'the period of a step must be positive')
  if (!time || time.columns.length === 0)
    throw new MillraceError('LDB-2001', 'steps of event time, of which the stream has none', {
      fix: 'leave the period out, which makes one step of all there is, or keep the time of the source',
    })
}

/** Ticks of event time that steps are long: the least there is where each move of the watermark ends one. */
export const stepTicksOf = ({ everyTicks = 1n }: Consolidate): bigint => everyTicks

export const consolidateRule: OperatorRule<Consolidate> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ['changes'],
  print: ({ everyTicks }) => `consolidate${everyTicks === undefined ? '' : ` every ${everyTicks}`}`,
}
