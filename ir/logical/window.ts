/**
 * window: assigns each row to the windows that hold its event time. Where each row belongs to one, that is two more
 * columns; else the windows are told apart where their rows are aggregated.
 */
import { MillraceError } from '../errors.ts'
import { printName } from '../expr/print.ts'
import { checkSchema, findColumn } from '../schema.ts'
import { isTimestamp } from '../types.ts'
import type { LogicalNode } from './index.ts'
import { ANY_MODE } from './mode.ts'
import type { OperatorRule } from './operator.ts'
import type { Relation } from './relation.ts'

interface OverTime {
  /** The column of event time; all that follows is in its ticks. */
  readonly column: string
}

interface OnGrid extends OverTime {
  readonly sizeTicks: bigint
  readonly offsetTicks: bigint
}

/** start = floor((time - offset) / size) * size + offset; end = start + size, exclusive. */
export interface TumblingWindow extends OnGrid {
  readonly kind: 'tumble'
}

/** Windows of one size that start at every slide: at offset + n * slide. */
export interface HoppingWindow extends OnGrid {
  readonly kind: 'hop'
  readonly slideTicks: bigint
}

/** Within each tumbling window one for every step: from its start to the end of the step. */
export interface CumulatingWindow extends OnGrid {
  readonly kind: 'cumulate'
  readonly stepTicks: bigint
}

/** From the first row of a key to the gap behind the last, as long as rows come less than a gap apart. */
export interface SessionWindow extends OverTime {
  readonly kind: 'session'
  readonly gapTicks: bigint
  /** Does a row that comes a gap behind the last one join it? */
  readonly isInclusive: boolean
}

export type WindowSpec = TumblingWindow | HoppingWindow | CumulatingWindow | SessionWindow

/** Rows of a session are less than this many ticks apart. */
export const reachOf = ({ gapTicks, isInclusive }: SessionWindow): bigint =>
  gapTicks + (isInclusive ? 1n : 0n)

export interface Window {
  readonly kind: 'window'
  readonly input: LogicalNode
  readonly spec: WindowSpec
  readonly relation: Relation
}

export const WINDOW_START = 'window_start'
export const WINDOW_END = 'window_end'

/** Windows that one row may belong to: what a window costs when it closes grows with their number. */
export const WINDOWS_PER_ROW_MAX = 8192n

export function window(input: LogicalNode, spec: WindowSpec): Window {
  const { schema, time } = input.relation
  const column = findColumn(schema, spec.column)
  if (!column) throw new MillraceError('LDB-1100', `no column '${spec.column}' to window by`)
  if (!isTimestamp(column.type)) {
    throw new MillraceError('LDB-2002', `'${spec.column}' is ${column.type}; a window needs a timestamp`)
  }
  if (!time?.columns.includes(spec.column)) {
    throw new MillraceError('LDB-2001', `'${spec.column}' has no watermark, so its windows would never close`)
  }
  if (time.window)
    throw new MillraceError('LDB-1001', 'rows that belong to windows are assigned to others', aggregateFirst)
  checkTicks(spec)
  const isInRows = spec.kind === 'tumble'
  const names = [WINDOW_START, WINDOW_END]
  const added = isInRows ? names.map(name => ({ name, type: column.type, nullable: false })) : []
  return {
    kind: 'window',
    input,
    spec,
    relation: {
      isChangelog: input.relation.isChangelog,
      schema: checkSchema([...schema, ...added]),
      time: {
        columns: [...time.columns, ...added.map(({ name }) => name)],
        window: { spec, type: column.type, isInRows, start: WINDOW_START, end: WINDOW_END },
      },
    },
  }
}

const aggregateFirst = { fix: 'aggregate the rows of each window first' }

function checkTicks(spec: WindowSpec): void {
  const refuse = (what: string): never => {
    throw new MillraceError('LDB-2003', what)
  }
  if (spec.kind === 'session') {
    if (spec.gapTicks <= 0n || reachOf(spec) >= 1n << 63n) refuse(`a gap of ${spec.gapTicks} ticks`)
    return
  }
  const { sizeTicks } = spec
  if (sizeTicks <= 0n) refuse(`a window of ${sizeTicks} ticks`)
  if (spec.kind === 'tumble') return
  const [name, ticks] = spec.kind === 'hop' ? ['slide', spec.slideTicks] : ['step', spec.stepTicks]
  if (ticks <= 0n) refuse(`a ${name} of ${ticks} ticks`)
  if (ticks > sizeTicks) refuse(`a ${name} of ${ticks} ticks is longer than the window of ${sizeTicks}`)
  if (spec.kind === 'cumulate' && sizeTicks % ticks !== 0n)
    refuse(`a window of ${sizeTicks} ticks is no whole number of steps of ${ticks}`)
  if (sizeTicks / ticks > WINDOWS_PER_ROW_MAX)
    refuse(`a row would belong to ${sizeTicks / ticks} windows; ${WINDOWS_PER_ROW_MAX} is the most`)
}

export const windowRule: OperatorRule<Window> = {
  inputs: node => [node.input],
  exprs: () => [],
  accepts: ANY_MODE,
  print: ({ spec }) => `window ${spec.kind} ${printName(spec.column)}${lengthsOf(spec)}`,
}

function lengthsOf(spec: WindowSpec): string {
  if (spec.kind === 'session') return ` gap ${spec.gapTicks}${spec.isInclusive ? ' inclusive' : ''}`
  const { sizeTicks, offsetTicks } = spec
  const step =
    spec.kind === 'hop'
      ? ` slide ${spec.slideTicks}`
      : spec.kind === 'cumulate'
        ? ` step ${spec.stepTicks}`
        : ''
  return ` size ${sizeTicks}${step}${offsetTicks === 0n ? '' : ` offset ${offsetTicks}`}`
}
